/*
 * cmd_keys.c - the keys of a ledger in a safe, and out of it again
 *
 * The passphrase comes from standard input, without echo where that is a
 * terminal; it is never an argument.
 */
#include "tools/cmd_keys.h"

#include "core/crypto.h"
#include "nodes/keyring.h"
#include "tools/file.h"
#include "tools/query.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { PASSPHRASE_SIZE = 1024 }; /* with the end */

/* Who breaks off at the prompt gets a terminal back that shows what is typed:
 * the signals wait, and take effect when all is as it was. */
struct prompt {
    struct termios before;
    sigset_t mask;
    int signals; /* tells that one waits */
};

static void
prompt_open(struct prompt *prompt, const char *words)
{
    static const int ENDS[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
    struct termios silent = prompt->before;
    sigset_t ends;

    sigemptyset(&ends);
    for (uint32_t i = 0; i < COUNT_OF(ENDS); i++)
        sigaddset(&ends, ENDS[i]);
    sigprocmask(SIG_BLOCK, &ends, &prompt->mask);
    prompt->signals = signalfd(-1, &ends, SFD_CLOEXEC);
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fputs(words, stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
}

static void
prompt_close(struct prompt *prompt)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &prompt->before);
    fputc('\n', stderr);
    if (prompt->signals >= 0)
        close(prompt->signals);
    sigprocmask(SIG_SETMASK, &prompt->mask, NULL);
}

/* Byte by byte: a buffer of stdio's would keep a copy.  0: a signal waits
 * (`signals` is -1 where nobody cares), or there is no more.  Below 0: errno
 * says why it can't be read. */
static ssize_t
read_byte(int signals, char *ret_byte)
{
    struct pollfd ready[] = { { .fd = STDIN_FILENO, .events = POLLIN },
                              { .fd = signals, .events = POLLIN } };
    ssize_t size = -1;

    do {
        if (signals >= 0 && poll(ready, COUNT_OF(ready), -1) > 0 &&
            ready[1].revents != 0)
            return 0;
        size = read(STDIN_FILENO, ret_byte, 1);
    } while (size < 0 && errno == EINTR);
    return size;
}

/* ERR_INPUT: it is not text, or too long.  ERR_IO: half a passphrase is none.
 */
static enum err
read_secret(int signals, char text[static PASSPHRASE_SIZE],
            struct complaint *complaint)
{
    uint32_t size = 0;
    bool good = true;
    ssize_t got;
    char byte;

    while (good && (got = read_byte(signals, &byte)) > 0 && byte != '\n') {
        good = byte != '\0' && size < PASSPHRASE_SIZE - 1;
        if (good)
            text[size++] = byte;
    }
    if (!good)
        return complain(complaint,
                        "the passphrase: expected a line of text of less than "
                        "%d bytes",
                        PASSPHRASE_SIZE);
    if (got < 0)
        return file_fault("the passphrase", complaint);
    text[size] = '\0';
    text[strcspn(text, "\r")] = '\0';
    return OK;
}

/* One line of standard input, without echo where that is a terminal. */
static enum err
read_passphrase(const char *words, char text[static PASSPHRASE_SIZE],
                struct complaint *complaint)
{
    struct prompt prompt = { .signals = -1 };
    const bool terminal =
        isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &prompt.before) == 0;

    if (terminal)
        prompt_open(&prompt, words);
    enum err err = read_secret(prompt.signals, text, complaint);
    if (terminal)
        prompt_close(&prompt);
    return err;
}

/* A typing mistake would show when the keys are needed: at a terminal it is
 * asked for twice. */
static enum err
read_new_passphrase(char text[static PASSPHRASE_SIZE],
                    struct complaint *complaint)
{
    char again[PASSPHRASE_SIZE];

    enum err err = read_passphrase("new passphrase: ", text, complaint);
    if (err != OK || !isatty(STDIN_FILENO))
        return err;
    err = read_passphrase("again: ", again, complaint);
    if (err == OK && strcmp(text, again) != 0)
        err = complain(complaint, "the two passphrases differ");
    crypto_wipe(again, sizeof again);
    return err;
}

/* Both commands want a ledger there. */
static enum command_status
look_at_ledger(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    enum command_status status = query_ledger(arguments, LEDGER_READ, &ledger);

    if (status == COMMAND_DONE)
        ledger_close(ledger);
    return status;
}

static enum command_status
keys_export(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    char text[PASSPHRASE_SIZE];
    struct text out = { 0 };

    enum command_status status = look_at_ledger(arguments);
    if (status != COMMAND_DONE)
        return status;
    enum err err = read_new_passphrase(text, &complaint);
    if (err == OK)
        err = keyring_export(command_operand(arguments, 0), view_of(text), &out,
                             &complaint);
    crypto_wipe(text, sizeof text);
    if (err == OK && !text_ok(&out))
        err = ERR_MEMORY;
    if (err == OK && command_flag(arguments, "json"))
        printf("{\"keys\": \"%.*s\"}\n", (int)out.size - 1,
               (const char *)out.bytes); /* without the end of its line */
    else if (err == OK)
        fwrite(out.bytes, 1, out.size, stdout);
    text_close(&out);
    return err == OK ? COMMAND_DONE
                     : command_fail(arguments, err, "%s", complaint.text);
}

static enum command_status
keys_import(const struct arguments *arguments)
{
    const char *path = command_operand(arguments, 1);
    struct complaint complaint = { 0 };
    char text[PASSPHRASE_SIZE];
    struct arena arena = { 0 };
    view file;

    enum command_status status = look_at_ledger(arguments);
    if (status != COMMAND_DONE)
        return status;
    if (strcmp(path, "-") == 0)
        return command_misuse(arguments, "FILE can't be -: standard input is "
                                         "for the passphrase");
    if (!arena_open(&arena, 4 * KEYRING_LINE_SIZE))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    enum err err =
        file_read(path, KEYRING_LINE_SIZE, &arena, &file, &complaint);
    if (err != OK) {
        status = command_fail(arguments, err, "%s", complaint.text);
    } else {
        err = read_passphrase("passphrase: ", text, &complaint);
        if (err == OK)
            err = keyring_import(command_operand(arguments, 0), view_of(text),
                                 file_unwrap(file, "keys", &arena), &complaint);
        crypto_wipe(text, sizeof text);
        if (err != OK)
            status =
                command_fail(arguments, err, "%s: %s", path, complaint.text);
        else if (command_flag(arguments, "json"))
            puts("{\"imported\": true}");
    }
    arena_close(&arena);
    return status;
}

const struct command cmd_keys_table[] = {
    { .name = "keys export",
      .run = keys_export,
      .line = "print the keys, sealed with a passphrase",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .about = "The passphrase is one line of standard input, of 12 bytes or "
               "more; a terminal\ndoes not show it and asks for it twice.  "
               "Keep what is printed apart from\nbackups: both together are "
               "the hub.\n",
      .examples = "leima keys export hq > hq.keys\n" },
    { .name = "keys import",
      .run = keys_import,
      .line = "bring sealed keys to a restored ledger",
      .usage = "LEDGER FILE",
      .operands_min = 2,
      .operands_max = 2,
      .about = "FILE is what keys export printed, with --json or without; the "
               "passphrase is one\nline of standard input.  Keys that are "
               "there are not replaced.\n",
      .examples = "leima keys import hq hq.keys\n" },
    { 0 },
};
