/*
 * cmd_seal.c - statements checked without a ledger, and the key they bear
 */
#include "tools/cmd_seal.h"

#include "core/closing.h"
#include "core/limits.h"
#include "core/seal.h"
#include "core/statement.h"
#include "tools/file.h"
#include "tools/inlet.h"
#include "tools/query.h"
#include "tools/statement_words.h"

#include <string.h>

enum { SEAL_SIZE_MAX = 4096, PATH_SIZE = 4096 };

/* --- settle verify --- */

/* One check: what is checked against what. */
struct check {
    const struct arguments *arguments;
    struct arena arena;
    struct complaint complaint;
    view bytes;
    struct seal seal;
    crypto_public_key key;
};

static enum command_status
read_statement(struct check *check, const char *path)
{
    enum err err = file_read_statement(path, &check->arena, &check->bytes,
                                       &check->complaint);

    if (err == OK)
        return COMMAND_DONE;
    return command_fail(check->arguments, err, "%s", check->complaint.text);
}

/* The key as 64 digits, or the name of a file that holds them. */
static enum command_status
read_key(struct check *check)
{
    const char *given = command_option(check->arguments, "key");
    view text = { 0 };

    if (given == NULL)
        return command_misuse(check->arguments, "--key PUB is needed");
    if (seal_parse_key(view_of(given), &check->key))
        return COMMAND_DONE;
    enum err err = file_read(given, SEAL_SIZE_MAX, &check->arena, &text,
                             &check->complaint);
    if (err != OK)
        return command_fail(check->arguments, err,
                            "--key: expected 64 hexadecimal digits, or a file "
                            "of them: %s",
                            check->complaint.text);
    text = file_unwrap(text, "key", &check->arena);
    while (text.size > 0 && strchr(" \r\n", text.bytes[text.size - 1]) != NULL)
        text.size--;
    if (seal_parse_key(text, &check->key))
        return COMMAND_DONE;
    return command_fail(check->arguments, ERR_INPUT,
                        "--key %s: expected 64 hexadecimal digits, or a file "
                        "of them",
                        given);
}

static enum command_status
read_seal(struct check *check, const char *file)
{
    const char *given = command_option(check->arguments, "signature");
    char path[PATH_SIZE];
    view text;

    snprintf(path, sizeof path, "%s%s", given != NULL ? given : file,
             given != NULL ? "" : ".sig");
    enum err err =
        file_read(path, SEAL_SIZE_MAX, &check->arena, &text, &check->complaint);
    if (err != OK)
        return command_fail(
            check->arguments, err, "%s%s", check->complaint.text,
            given != NULL ? ""
                          : "; expected the seal of the statement beside "
                            "it, or elsewhere by --signature SIG");
    err = seal_read(text, &check->seal, &check->complaint);
    return err == OK ? COMMAND_DONE
                     : command_fail(check->arguments, err, "%s: %s", path,
                                    check->complaint.text);
}

/* Whether the file is of the period and the partner that its seal names. */
static bool
is_named(struct check *check, money *ret_net)
{
    const view partner = check->seal.partner;
    struct statement statement;

    enum err err = partner.size == 0
                       ? statement_read(check->bytes, &check->arena, &statement,
                                        &check->complaint)
                       : statement_partner_read(check->bytes, &check->arena,
                                                &statement, &check->complaint);
    if (err != OK || statement.period != check->seal.period)
        return false;
    *ret_net = partner.size == 0 ? statement.program_net
                                 : statement.partners[0].line.net;
    return partner.size == 0 ||
           view_equal(statement.partners[0].partner, partner);
}

static void
say_good(const struct check *check, money net)
{
    bool is_part = check->seal.partner.size > 0;
    struct text text = { 0 };
    char month[8];

    calendar_format_month(check->seal.period, month);
    if (command_flag(check->arguments, "json")) {
        text_string(&text, "{\"valid\": true");
        text_json_view(&text, "period", view_of(month));
        if (is_part)
            text_json_view(&text, "partner", check->seal.partner);
        text_json_integer(&text, "net", net.minor);
        text_string(&text, "}\n");
    } else {
        text_format(&text, "%s %s", month, is_part ? "" : "program");
        text_view_append(&text, check->seal.partner);
        text_string(&text, " net ");
        statement_words_money(&text, net, '.');
        text_string(&text, ": signed by this key, unchanged\n");
    }
    fwrite(text.bytes, 1, text.size, stdout);
    text_close(&text);
}

/* Which of the two is wrong, the statement or the key. */
static enum command_status
tell_bad(const struct check *check, const char *file)
{
    struct text other = { 0 };

    enum err err = seal_check(&check->seal, check->seal.key, check->bytes);
    if (err == OK)
        seal_format_key(check->seal.key, &other);
    if (err == ERR_INPUT)
        return command_fail(check->arguments, err,
                            "%s: not what was signed by this key: it was "
                            "changed, or is not byte for byte what was sent",
                            file);
    enum command_status status = command_fail(
        check->arguments, err == OK ? ERR_INPUT : err,
        "%s: not signed by this key, but by %.*s; whose that is only the hub "
        "can tell (leima settle key)",
        file, (int)other.size, (const char *)other.bytes);
    text_close(&other);
    return status;
}

static enum command_status
run_check(struct check *check)
{
    static const char *const INLETS[] = { "key", "signature", NULL };
    const char *file = command_operand(check->arguments, 0);
    money net = { 0 };

    if (!inlet_is_single(check->arguments, 0, INLETS))
        return COMMAND_MISUSE;
    if (strcmp(file, "-") == 0 &&
        command_option(check->arguments, "signature") == NULL)
        return command_misuse(check->arguments,
                              "standard input has no seal beside it: "
                              "--signature SIG is needed");
    enum command_status status = read_key(check);
    if (status == COMMAND_DONE)
        status = read_statement(check, file);
    if (status == COMMAND_DONE)
        status = read_seal(check, file);
    if (status != COMMAND_DONE)
        return status;
    enum err err = seal_check(&check->seal, check->key, check->bytes);
    if (err == ERR_INPUT)
        return tell_bad(check, file);
    if (err != OK)
        return command_fail(check->arguments, err, "%s", file);
    if (!is_named(check, &net))
        return command_fail(check->arguments, ERR_INPUT,
                            "%s: signed, but not for this period and partner",
                            file);
    say_good(check, net);
    return COMMAND_DONE;
}

static enum command_status
verify(const struct arguments *arguments)
{
    struct check check = { .arguments = arguments };

    if (!arena_open(&check.arena, LIMIT_ARENA_SIZE))
        return command_fail(arguments, ERR_MEMORY, "verify");
    enum command_status status = run_check(&check);
    arena_close(&check.arena);
    return status;
}

/* --- settle key --- */

/* The key of the last close: partners who hold an older one are told so by a
 * new one that the older has signed. */
static enum command_status
key(const struct arguments *arguments)
{
    struct closing_books books = { 0 };
    struct ledger *ledger = NULL;
    struct text text = { 0 };
    struct complaint why = { .text = "settle key" };
    struct arena arena;

    enum command_status status = query_ledger(arguments, LEDGER_READ, &ledger);
    if (status != COMMAND_DONE)
        return status;
    if (!arena_open(&arena, LIMIT_ARENA_SIZE)) {
        ledger_close(ledger);
        return command_fail(arguments, ERR_MEMORY, "settle key");
    }
    enum err err = closing_read(ledger, LEDGER_KNOWN_ALL, &arena, &books, &why);
    if (err != OK)
        status = command_fail(arguments, err, "%s", why.text);
    else if (books.count == 0)
        status = command_fail(arguments, ERR_NOT_FOUND,
                              "nothing has been closed: the key is made at the "
                              "first close");
    if (status == COMMAND_DONE) {
        const bool is_json = command_flag(arguments, "json");
        text_string(&text, is_json ? "{\"key\": \"" : "");
        seal_format_key(books.closings[books.count - 1].key, &text);
        text_string(&text, is_json ? "\"}\n" : "\n");
        fwrite(text.bytes, 1, text.size, stdout);
    }
    text_close(&text);
    arena_close(&arena);
    ledger_close(ledger);
    return status;
}

static const struct option VERIFY_OPTIONS[] = {
    { "key", "PUB", "the hub's public key: 64 digits, or a file of them" },
    { "signature", "SIG", "the seal (FILE.sig)" },
    { 0 },
};

const struct command cmd_seal_table[] = {
    { .name = "settle verify",
      .run = verify,
      .line = "check a closed statement without a ledger",
      .usage = "FILE --key PUB",
      .operands_min = 1,
      .operands_max = 1,
      .options = VERIFY_OPTIONS,
      .about =
          "FILE is a statement as JSON, byte for byte as it was closed, with "
          "its seal\nbeside it (leima settle --signed --output DIR writes "
          "both).  Exit 1: it is not\nwhat was signed.  The seal is text:\n\n"
          "  leima-statement 1\n"
          "  period 2026-10\n"
          "  partner cafe      left out: of the whole statement\n"
          "  heads HEX         digest of all that was known; the whole only\n"
          "  key HEX           Ed25519\n"
          "  signature HEX     of the file's bytes, and then the heads\n",
      .examples = "leima settle verify settle-2026-10-cafe.json --key "
                  "hub.pub\n" },
    { .name = "settle key",
      .run = key,
      .line = "the public key that signs statements",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .about = "Give it to partners once, by another way than the statements "
               "themselves.\n",
      .examples = "leima settle key hub > hub.pub\n" },
    { 0 },
};
