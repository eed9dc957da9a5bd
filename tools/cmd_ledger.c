/* cmd_ledger.c - the ledger as a thing: making it, its health, its numbers */
#include "tools/cmd_ledger.h"

#include <inttypes.h>

#include "core/digest.h"
#include "core/ledger_append.h"
#include "core/ledger_check.h"
#include "core/text.h"
#include "nodes/notes.h"
#include "tools/query.h"
#include "tools/table.h"

enum { ASIDES_SHOWN = 100 };

/* --- init --------------------------------------------------------------- */

static enum command_status
init(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    int64_t node = 1;
    int64_t incarnation = 0;

    if (!command_integer(arguments, "node", 1, LIMIT_NODE, &node) ||
        !command_integer(arguments, "incarnation", 1,
                         (int64_t)LIMIT_INCARNATION, &incarnation))
        return COMMAND_MISUSE;
    int64_t store = node;
    if (!command_integer(arguments, "store", 1, LIMIT_STORE, &store))
        return COMMAND_MISUSE;
    const struct ledger_identity who = {
        .node = (uint32_t)node,
        .store = (uint32_t)store,
        .incarnation = (uint64_t)incarnation,
    };
    enum err err = ledger_create(command_operand(arguments, 0), &who,
                                 command_now_ms(), &complaint);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    return COMMAND_DONE;
}

/* --- status ------------------------------------------------------------- */

struct status_row {
    const char *name;
    uint64_t value;
};

static bool
print_rows(const struct status_row *rows, uint32_t count)
{
    static const struct table_column COLUMNS[] = { { "", false },
                                                   { "", true } };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    for (uint32_t i = 0; table != NULL && i < count; i++) {
        table_row(table);
        table_text(table, rows[i].name);
        table_integer(table, (int64_t)rows[i].value);
    }
    bool done = table != NULL && table_print(table, stdout);
    table_close(table);
    return done;
}

/* What is damaged, flagged or quarantined, as lines of words or the elements
 * of a list. */
struct asides {
    struct text text;
    bool is_json;
    uint32_t count;
    uint64_t unacknowledged; /* items that no hub has told it has */
};

static void
take_aside(void *context, const struct aside *aside)
{
    struct asides *asides = context;
    struct text *text = &asides->text;
    char name[IDENTITY_SIZE] = "";

    if (asides->count++ >= ASIDES_SHOWN)
        return;
    if (aside->identity.node != 0)
        identity_format(aside->identity, name);
    if (!asides->is_json) {
        text_format(text, "%s: position %" PRIu64 "%s%s: %s\n",
                    aside_name(aside->kind), aside->position,
                    name[0] == '\0' ? "" : ", event ", name, aside->reason);
        return;
    }
    text_comma(text);
    text_char(text, '{');
    text_json_view(text, "kind", view_of(aside_name(aside->kind)));
    text_json_integer(text, "position", (int64_t)aside->position);
    if (name[0] == '\0')
        text_json_null(text, "event");
    else
        text_json_view(text, "event", view_of(name));
    text_json_view(text, "reason", view_of(aside->reason));
    text_char(text, '}');
}

static void
print_status(const struct ledger_status *found, struct asides *asides)
{
    const struct status_row rows[] = {
        { "node", found->who.node },
        { "store", found->who.store },
        { "incarnation", found->who.incarnation },
        { "position", found->position },
        { "events", found->event_count },
        { "versions", found->versions },
        { "damaged", found->damaged },
        { "quarantined", found->quarantined },
        { "flagged", found->flagged },
        { "gaps", found->gaps },
        { "unacknowledged", asides->unacknowledged },
        { "history_position", found->history_position },
        { "journal_bytes", found->journal_size },
        { "history_bytes", found->history_size },
        { "state_bytes", found->state_size },
    };

    if (!asides->is_json) {
        print_rows(rows, COUNT_OF(rows));
        if (found->joined)
            printf("joined to a hub\n");
        fwrite(asides->text.bytes, 1, asides->text.size, stdout);
        if (asides->count > ASIDES_SHOWN)
            printf("... %" PRIu32 " in all\n", asides->count);
        return;
    }
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        printf("%s\"%s\": %" PRIu64, i == 0 ? "{" : ", ", rows[i].name,
               rows[i].value);
    printf(", \"joined\": %s, \"findings\": %.*s]}\n",
           found->joined ? "true" : "false", (int)asides->text.size,
           (const char *)asides->text.bytes);
}

static enum command_status
status(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    struct ledger_status found;
    struct complaint complaint = { 0 };
    struct asides asides = { .is_json = command_flag(arguments, "json") };

    enum command_status result = query_ledger(arguments, LEDGER_CHECK, &ledger);
    if (result != COMMAND_DONE)
        return result;
    if (asides.is_json)
        text_char(&asides.text, '[');
    enum err err = ledger_get_status(ledger, take_aside, &asides, &found);
    if (err == OK && !text_ok(&asides.text))
        err = ERR_MEMORY;
    if (err == OK && found.joined)
        err = notes_unacknowledged(ledger_journal(ledger), found.who.node,
                                   &asides.unacknowledged);
    if (err == OK) {
        print_status(&found, &asides);
        err = ledger_refuse(ledger, &complaint);
    }
    ledger_close(ledger);
    text_close(&asides.text);
    if (err == OK)
        return COMMAND_DONE;
    return command_fail(arguments, err, "%s",
                        complaint.text[0] != '\0'
                            ? complaint.text
                            : command_operand(arguments, 0));
}

/* --- verify ------------------------------------------------------------- */

struct findings {
    bool is_json;
    uint64_t damages;
    uint64_t notes;
};

static void
tell_finding(void *context, bool damage, const char *line)
{
    struct findings *findings = context;

    findings->damages += damage;
    findings->notes += !damage;
    if (!findings->is_json) {
        printf("%s: %s\n", damage ? "damage" : "note", line);
        return;
    }
    struct text json = { 0 };
    text_char(&json, '{');
    text_json_bool(&json, "damage", damage);
    text_json_view(&json, "finding", view_of(line));
    text_string(&json, "}\n");
    fwrite(json.bytes, 1, json.size, stdout);
    text_close(&json);
}

static enum command_status
print_digest(const struct arguments *arguments, struct ledger *ledger)
{
    struct complaint complaint = { 0 };
    const struct timeline *timeline;
    digest found;
    int64_t at_ms = INT64_MIN;

    enum err err =
        ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, &complaint);
    if (err == OK)
        err = ledger_last_at(ledger, LEDGER_KNOWN_ALL, &at_ms);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    if (!command_time(arguments, "at", &timeline->zone, &at_ms))
        return COMMAND_MISUSE;
    err = digest_accounts(ledger, LEDGER_KNOWN_ALL, at_ms, &found, &complaint);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    printf("%s", command_flag(arguments, "json") ? "{\"digest\": \"" : "");
    for (uint32_t i = 0; i < sizeof found.bytes; i++)
        printf("%02x", found.bytes[i]);
    printf("%s\n", command_flag(arguments, "json") ? "\"}" : "");
    return COMMAND_DONE;
}

static enum command_status
verify(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    struct complaint complaint = { 0 };
    struct findings findings = { .is_json = command_flag(arguments, "json") };

    if (command_flag(arguments, "at") && !command_flag(arguments, "digest"))
        return command_misuse(arguments, "--at goes with --digest");
    enum command_status result = query_ledger(arguments, LEDGER_CHECK, &ledger);
    if (result != COMMAND_DONE)
        return result;
    if (command_flag(arguments, "digest")) {
        result = print_digest(arguments, ledger);
    } else {
        enum err err =
            ledger_verify(ledger, tell_finding, &findings, &complaint);
        if (err != OK)
            result = command_fail(arguments, err, "%s",
                                  complaint.text[0] != '\0'
                                      ? complaint.text
                                      : command_operand(arguments, 0));
        else if (!findings.is_json)
            printf("sound, %" PRIu64 " notes\n", findings.notes);
    }
    ledger_close(ledger);
    return result;
}

/* --- member new --------------------------------------------------------- */

static enum command_status
member_new(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    struct complaint complaint = { 0 };
    uint64_t member;

    enum command_status result = query_ledger(arguments, LEDGER_WRITE, &ledger);
    if (result != COMMAND_DONE)
        return result;
    enum err err = ledger_member_new(ledger, &member, &complaint);
    ledger_close(ledger);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    printf(command_flag(arguments, "json") ? "{\"member\": %" PRIu64 "}\n"
                                           : "%" PRIu64 "\n",
           member);
    return COMMAND_DONE;
}

/* --- the table ---------------------------------------------------------- */

static const struct option INIT_OPTIONS[] = {
    { "node", "N", "the node's number (1)" },
    { "store", "S", "its store (the same number)" },
    { "incarnation", "I", "a name for this log (drawn)" },
    { 0 },
};
static const struct option VERIFY_OPTIONS[] = {
    { "digest", NULL, "only print a digest of what all accounts have" },
    { "at", "TIME", "of the digest (the greatest time of an event)" },
    { 0 },
};

const struct command cmd_ledger_table[] = {
    { .name = "init",
      .run = init,
      .line = "make a new, empty ledger",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = INIT_OPTIONS,
      .examples = "leima init L\n"
                  "leima init store10 --node 10\n" },
    { .name = "status",
      .run = status,
      .line = "identity, positions and sizes of a ledger",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .examples = "leima status L --json\n" },
    { .name = "verify",
      .run = verify,
      .line = "check everything that can be checked",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = VERIFY_OPTIONS,
      .about =
          "Damage gives exit status 3; notes (gaps, collisions of member\n"
          "numbers, what is flagged or quarantined) are worth knowing and\n"
          "no fault of this ledger.\n",
      .examples = "leima verify L\n"
                  "leima verify L --digest --at 2026-01-01\n" },
    { .name = "member new",
      .run = member_new,
      .line = "allot the next member number of this node",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .examples = "leima member new L\n" },
    { 0 },
};
