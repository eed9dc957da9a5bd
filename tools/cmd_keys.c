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

#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PASSPHRASE_SIZE = 1024 };

static view
read_passphrase(char text[static PASSPHRASE_SIZE])
{
    struct termios before, silent;
    const bool terminal =
        isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;

    if (terminal) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        fputs("passphrase: ", stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    if (fgets(text, PASSPHRASE_SIZE, stdin) == NULL)
        text[0] = '\0';
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    text[strcspn(text, "\r\n")] = '\0';
    return view_of(text);
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
    enum err err = keyring_export(command_operand(arguments, 0),
                                  read_passphrase(text), &out, &complaint);
    crypto_wipe(text, sizeof text);
    if (err == OK && !text_ok(&out))
        err = ERR_MEMORY;
    if (err == OK)
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
    view line;

    enum command_status status = look_at_ledger(arguments);
    if (status != COMMAND_DONE)
        return status;
    if (strcmp(path, "-") == 0)
        return command_misuse(arguments, "FILE can't be -: standard input is "
                                         "for the passphrase");
    if (!arena_open(&arena, 4 * KEYRING_LINE_SIZE))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    enum err err =
        file_read(path, KEYRING_LINE_SIZE, &arena, &line, &complaint);
    if (err != OK) {
        status = command_fail(arguments, err, "%s", complaint.text);
    } else {
        err = keyring_import(command_operand(arguments, 0),
                             read_passphrase(text), line, &complaint);
        crypto_wipe(text, sizeof text);
        if (err != OK)
            status =
                command_fail(arguments, err, "%s: %s", path, complaint.text);
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
               "more.  Keep what is\nprinted apart from backups: both together "
               "are the hub.\n",
      .examples = "leima keys export hq > hq.keys\n" },
    { .name = "keys import",
      .run = keys_import,
      .line = "bring sealed keys to a restored ledger",
      .usage = "LEDGER FILE",
      .operands_min = 2,
      .operands_max = 2,
      .about = "Keys that are there are not replaced.\n",
      .examples = "leima keys import hq hq.keys\n" },
    { 0 },
};
