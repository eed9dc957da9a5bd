/* cmd_ledger.c - the ledger as a thing: making it, its health, its numbers */
#include "tools/cmd_ledger.h"

#include "core/digest.h"
#include "core/ledger_check.h"
#include "core/ledger_member.h"
#include "core/text.h"
#include "tools/progress.h"
#include "tools/query.h"
#include "tools/table.h"

#include <inttypes.h>

/* --- init --------------------------------------------------------------- */

/* What was drawn, too. */
static enum command_status
print_who(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    enum command_status status = query_ledger(arguments, LEDGER_READ, &ledger);

    if (status != COMMAND_DONE)
        return status;
    const struct ledger_identity who = ledger_who(ledger);
    ledger_close(ledger);
    printf("{\"node\": %" PRIu32 ", \"store\": %" PRIu32
           ", \"incarnation\": %" PRIu64 "}\n",
           who.node, who.store, who.incarnation);
    return COMMAND_DONE;
}

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
    return command_flag(arguments, "json") ? print_who(arguments)
                                           : COMMAND_DONE;
}

/* --- verify ------------------------------------------------------------- */

struct findings {
    bool is_json;
    struct progress progress;
    uint64_t damages;
    uint64_t notes;
    struct text list; /* as JSON */
};

/* People see each as it is found, which may take hours. */
static void
tell_finding(void *context, bool damage, const char *line)
{
    struct findings *findings = context;
    struct text *list = &findings->list;

    findings->damages += damage;
    findings->notes += !damage;
    if (!findings->is_json) {
        progress_end(&findings->progress);
        printf("%s: %s\n", damage ? "damage" : "note", line);
        return;
    }
    text_string(list, list->size > 0 ? ",\n {" : "\n {");
    text_json_bool(list, "damage", damage);
    text_json_words(list, "finding", view_of(line));
    text_char(list, '}');
}

static enum err
print_findings(const struct findings *findings, bool sound)
{
    const uint64_t damages = findings->damages, notes = findings->notes;

    if (!findings->is_json && sound)
        printf("sound, %" PRIu64 " %s\n", notes,
               text_plural(notes, "note", "notes"));
    if (!findings->is_json)
        return OK;
    if (findings->list.failed)
        return ERR_MEMORY;
    printf("{\"sound\": %s, \"damages\": %" PRIu64 ", \"notes\": %" PRIu64
           ", \"findings\": [",
           sound ? "true" : "false", damages, notes);
    if (findings->list.size > 0)
        fwrite(findings->list.bytes, 1, findings->list.size, stdout);
    printf("]}\n");
    return OK;
}

static enum command_status
print_digest(const struct arguments *arguments, struct ledger *ledger,
             struct progress *progress)
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
    progress_end(progress);
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
    struct watch watch = progress_watch(&findings.progress, !findings.is_json);

    if (command_flag(arguments, "at") && !command_flag(arguments, "digest"))
        return command_misuse(arguments, "--at goes with --digest");
    enum command_status result = query_ledger(arguments, LEDGER_CHECK, &ledger);
    if (result != COMMAND_DONE)
        return result;
    ledger_set_watch(ledger, &watch);
    if (command_flag(arguments, "digest")) {
        result = print_digest(arguments, ledger, &findings.progress);
    } else {
        enum err err =
            ledger_verify(ledger, tell_finding, &findings, &complaint);
        progress_end(&findings.progress);
        if (err == OK || err == ERR_CORRUPT) {
            enum err printed = print_findings(&findings, err == OK);
            err = err == OK ? printed : err;
        }
        if (err != OK)
            result = command_fail(arguments, err, "%s",
                                  complaint.text[0] != '\0'
                                      ? complaint.text
                                      : command_operand(arguments, 0));
    }
    text_close(&findings.list);
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
    { .name = "verify",
      .run = verify,
      .line = "check everything that can be checked",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = VERIFY_OPTIONS,
      .about =
          "Chains, checksums, gaps, caches and totals against a fresh fold, "
          "the signatures\n"
          "of closes and the clearing identity.\n\n"
          "Damage gives exit status 3; notes (gaps, collisions of member\n"
          "numbers, what is flagged or quarantined) are worth knowing and\n"
          "no fault of this ledger.  A terminal shows how far it has come.\n",
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
