/*
 * cmd_status.c - how a ledger is, and who works on it, on one screen
 *
 * What is in the ledger is counted; what only the running hub or node knows
 * is in LEDGER/pulse, which it writes now and then (nodes/pulse.h).
 */
#include "tools/cmd_status.h"

#include "core/json.h"
#include "core/ledger_check.h"
#include "core/reader.h"
#include "nodes/allow.h"
#include "nodes/notes.h"
#include "nodes/pulse.h"
#include "nodes/reign.h"
#include "tools/peers.h"
#include "tools/query.h"
#include "tools/table.h"

#include <inttypes.h>
#include <string.h>

enum { ASIDES_SHOWN = 100 };

struct status_row {
    const char *name;
    uint64_t value;
    const char *help; /* NULL: no measure, but a name of something */
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
    uint64_t unsafe;         /* ... and that are not on a second disk there */
    uint64_t safe;           /* seq of the current stream that are */
    int64_t oldest_ms;       /* arrival of the first of them */
    struct peers peers;
    struct reign reign;
    uint64_t unsigned_count; /* public streams whose end no hub has signed */
};

/* With the node that brought it: it is there that somebody must look, whoever's
 * event it is said to be. */
static void
count_quarantined(struct peers *peers, uint32_t node)
{
    struct peer *peer = peers_find(peers, node);

    if (peer)
        peer->quarantined++;
}

static void
take_aside(void *context, const struct aside *aside)
{
    struct asides *asides = context;
    struct text *text = &asides->text;
    char name[IDENTITY_SIZE] = "";

    if (aside->kind == ASIDE_QUARANTINED)
        count_quarantined(&asides->peers, aside->node);
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

enum { ROW_COUNT = 24 };

static bool
is_untaught(const struct reign *reign)
{
    return reign->role == REIGN_STANDBY && reign->untaught;
}

/* Publishes and closes nothing until its nodes have brought back what it may
 * have forgotten. */
static bool
is_unrefilled(const struct reign *reign)
{
    return reign->role == REIGN_HUB && reign->restored;
}

static bool
is_deposed(const struct reign *reign)
{
    return reign->role == REIGN_HUB && reign->deposed != 0;
}

static void
fill_rows(const struct ledger_status *found, const struct asides *asides,
          struct status_row ret_rows[static ROW_COUNT])
{
    const struct reign *reign = &asides->reign;
    const struct status_row rows[] = {
        { "node", found->who.node, NULL },
        { "store", found->who.store, NULL },
        { "incarnation", found->who.incarnation, NULL },
        { "position", found->position, "the last arrival position" },
        { "events", found->event_count, "that the ledger holds" },
        { "versions", found->versions, "of the rules" },
        { "damaged", found->damaged, "places that can not be read" },
        { "quarantined", found->quarantined, "events that have no effect" },
        { "flagged", found->flagged, "records of a clock that stood wrong" },
        { "gaps", found->gaps, "in the seqs of streams" },
        { "rewound", found->rewound,
          "1: the last commits of the journal are gone" },
        { "full", found->full, "1: the disk is, and nothing can be appended" },
        { "untaught", is_untaught(reign),
          "1: a standby that was not given the allow-list yet" },
        { "restored", is_unrefilled(reign),
          "1: a hub that was, and its nodes have not all come back since" },
        { "deposed", is_deposed(reign),
          "1: a hub, and a later one has taken over" },
        { "lost", reign->lost,
          "streams of which nodes have dropped what the hub lacks" },
        { "unsigned", reign->role == REIGN_SINGLE ? 0 : asides->unsigned_count,
          "public streams at whose end stands what no hub has signed yet" },
        { "unacknowledged", asides->unacknowledged,
          "items that no hub has told it has" },
        { "unsafe", asides->unsafe, "items that are on no second disk at HQ" },
        { "safe", asides->safe,
          "seq of the current stream up to which all is safe" },
        { "history_position", found->history_position,
          "up to which histories are merged" },
        { "journal_bytes", found->journal_size, "in use" },
        { "history_bytes", found->history_size, "in use" },
        { "state_bytes", found->state_size, "in use" },
    };

    static_assert(COUNT_OF(rows) == ROW_COUNT, "as many as there is room for");
    memcpy(ret_rows, rows, sizeof rows);
}

/* What the ledger is to others, and what keeps it from that. */
static void
print_role(const struct reign *reign)
{
    static const char *const ROLES[] = {
        [REIGN_SINGLE] = "a ledger by itself: no hub was joined, no node "
                         "enrolled",
        [REIGN_STORE] = "a node: joined to a hub",
        [REIGN_STANDBY] = "a standby: joined to a hub, and can be promoted",
        [REIGN_HUB] = "a hub",
    };

    if (is_untaught(reign))
        printf("a standby: joined to a hub, and can not be promoted, for it "
               "has not been given the allow-list yet\n");
    else
        printf("%s\n", ROLES[reign->role]);
    if (is_unrefilled(reign))
        printf("it was restored, and its nodes have not all come back: "
               "nothing is published or closed until they have\n");
    if (is_deposed(reign))
        printf("a later hub has taken over: nothing is published or closed "
               "here\n");
    if (reign->lost > 0)
        printf("of %" PRIu32 " %s it lacks what nodes have dropped: "
               "nothing is published or closed until it is restored from a "
               "standby or a later backup\n",
               reign->lost, text_plural(reign->lost, "stream", "streams"));
}

static bool
print_status(const struct ledger_status *found, struct asides *asides)
{
    struct status_row rows[ROW_COUNT];

    fill_rows(found, asides, rows);
    if (!asides->is_json) {
        const bool done = print_rows(rows, COUNT_OF(rows));
        print_role(&asides->reign);
        if (found->full)
            printf("the disk is full: nothing can be appended until there is "
                   "room\n");
        if (asides->oldest_ms > 0)
            printf("the oldest event that no hub has is %" PRId64 " s old\n",
                   (command_now_ms() - asides->oldest_ms) / 1000);
        if (asides->text.size > 0)
            fwrite(asides->text.bytes, 1, asides->text.size, stdout);
        if (asides->count > ASIDES_SHOWN)
            printf("... %" PRIu32 " in all\n", asides->count);
        return done;
    }
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        printf("%s\"%s\": %" PRIu64, i == 0 ? "{" : ", ", rows[i].name,
               rows[i].value);
    printf(", \"lag_seconds\": %" PRId64
           ", \"role\": \"%s\", \"joined\": %s, \"findings\": %.*s]",
           asides->oldest_ms > 0 ? (command_now_ms() - asides->oldest_ms) / 1000
                                 : 0,
           reign_role_name(asides->reign.role),
           found->joined ? "true" : "false", (int)asides->text.size,
           (const char *)asides->text.bytes);
    return true;
}

/* What the ledger itself tells; what the process knows has other names. */
static void
print_metrics(const struct arguments *arguments,
              const struct ledger_status *found, const struct asides *asides,
              struct arena *arena)
{
    struct status_row rows[ROW_COUNT];
    view process = { 0 };

    fill_rows(found, asides, rows);
    for (uint32_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].help)
            printf("# HELP leima_ledger_%s %s\n# TYPE leima_ledger_%s gauge\n"
                   "leima_ledger_%s{node=\"%" PRIu32 "\"} %" PRIu64 "\n",
                   rows[i].name, rows[i].help, rows[i].name, rows[i].name,
                   found->who.node, rows[i].value);
    if (pulse_read_metrics(command_operand(arguments, 0), arena, &process) ==
        OK)
        fwrite(process.bytes, 1, process.size, stdout);
}

/* --- other nodes -------------------------------------------------------- */

static enum err
take_stream(struct peers *peers, struct reader *reader,
            const struct reader_stream *stream)
{
    struct reader_item item;
    struct peer *peer = peers_add(peers, stream->stream.node);

    if (!peer)
        return ERR_MEMORY;
    peer->items += stream->head.seq;
    if (stream->position > 0 &&
        reader_next(reader, stream->position, &item) == OK &&
        item.arrival_ms > peer->last_ms)
        peer->last_ms = item.arrival_ms;
    return OK;
}

/* A hub signs what was published right behind it, once it runs; without that
 * nobody takes it back from a node when the hub is lost. */
static void
take_public(struct asides *asides, struct reader *reader,
            const struct reader_stream *stream)
{
    struct reader_item item;

    if (stream->position > 0 &&
        reader_next(reader, stream->position, &item) == OK)
        asides->unsigned_count += item.record.kind != RECORD_SIGNED;
}

/* Streams come in the order of their nodes. */
static enum err
find_peers(struct ledger *ledger, struct asides *asides)
{
    const uint32_t own = ledger_who(ledger).node;
    struct reader *reader = NULL;
    struct reader_stream stream = { 0 };

    enum err err = reader_open(ledger_journal(ledger), &reader);
    while (err == OK) {
        err = reader_next_stream(reader, stream.stream, &stream);
        if (err == OK && stream.stream.channel == CHANNEL_PUBLIC)
            take_public(asides, reader, &stream);
        if (err == OK && stream.stream.node != own &&
            stream.stream.channel == CHANNEL_EVENTS)
            err = take_stream(&asides->peers, reader, &stream);
    }
    reader_close(reader);
    /* What is damaged is told with the rest. */
    return err == ERR_NOT_FOUND || err == ERR_CORRUPT ? OK : err;
}

/* Who is to come, too, and may never have come: as far as the books tell, which
 * hubs and standbys have. */
static enum err
find_enrolled(struct ledger *ledger, struct asides *asides)
{
    const uint32_t own = ledger_who(ledger).node;
    struct allow *allow = NULL;
    struct enrolment enrolment = { 0 };
    bool revoked;

    enum err err = allow_open(ledger_journal(ledger), &allow);
    while (err == OK &&
           allow_next(allow, enrolment.node, &enrolment, &revoked)) {
        struct peer *peer = NULL;
        if (revoked)
            peer = peers_find(&asides->peers, enrolment.node);
        else if (enrolment.node != own &&
                 !(peer = peers_add(&asides->peers, enrolment.node)))
            err = ERR_MEMORY;
        if (peer)
            peer->role = revoked ? "revoked" : enrol_role_name(enrolment.role);
    }
    allow_close(allow);
    return err;
}

/* --- the process -------------------------------------------------------- */

static bool
print_process(const struct json_tree *process)
{
    static const struct table_column COLUMNS[] = { { "", false },
                                                   { "", false } };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));
    struct json_entry entry = { 0 };
    char number[24];

    while (table != NULL && json_next(process, &entry)) {
        int64_t integer = 0;
        bool truth = false;
        view string = { 0 };
        if (json_type_of(entry.value) == JSON_TYPE_ARRAY)
            continue;
        table_row(table);
        table_view(table, entry.key);
        if (json_get_string(entry.value, &string)) {
            table_view(table, string);
        } else if (json_get_bool(entry.value, &truth)) {
            table_text(table, truth ? "yes" : "no");
        } else if (json_get_integer(entry.value, &integer)) {
            snprintf(number, sizeof number, "%" PRId64, integer);
            table_text(table, number);
        }
    }
    bool done = table != NULL && table_print(table, stdout);
    table_close(table);
    return done;
}

/* The JSON that the process left; empty: it never ran, or it can't be read. */
static view
read_process(const struct arguments *arguments, struct arena *arena,
             struct json_tree **ret_tree)
{
    struct complaint complaint;
    view json = { 0 };

    if (pulse_read(command_operand(arguments, 0), arena, &json) != OK ||
        json_open(json, ret_tree, &complaint) != OK)
        return (view) { 0 };
    while (json.size > 0 && json.bytes[json.size - 1] == '\n')
        json.size--;
    return json;
}

/* Nothing else tells of a process that has ended badly, or hangs. */
static void
print_how_old(const struct json_tree *process, bool full)
{
    view at = { 0 };
    int64_t at_ms = 0;
    int64_t age_ms = 0;

    if (json_get_string(json_get(process, "at"), &at) &&
        calendar_parse_time(at, &at_ms))
        age_ms = command_now_ms() - at_ms;
    if (age_ms < 0) /* its clock is ahead of ours, or was */
        age_ms = 0;
    if (age_ms < 3 * PULSE_MS)
        printf("\nthe process, as it said itself %" PRId64 " s ago:\n",
               age_ms / 1000);
    else
        printf("\nthe process has said nothing for %" PRId64
               " s: it has ended, or hangs%s; what it said then:\n",
               age_ms / 1000, full ? ", or finds no room to say it" : "");
}

static bool
print_rest(struct asides *asides, view json, const struct json_tree *process,
           bool all, bool full)
{
    struct text nodes = { 0 };

    peers_hear(&asides->peers, process);
    if (asides->is_json) {
        peers_json(&nodes, &asides->peers);
        bool done = text_ok(&nodes);
        printf(", %.*s, \"process\": %.*s}\n", (int)nodes.size,
               (const char *)nodes.bytes, json.size > 0 ? (int)json.size : 4,
               json.size > 0 ? (const char *)json.bytes : "null");
        text_close(&nodes);
        return done;
    }
    if (process) {
        print_how_old(process, full);
        if (!print_process(process))
            return false;
    }
    if (asides->peers.count > 0)
        printf("\n");
    return peers_print(&asides->peers, all, stdout);
}

static enum command_status
print_all(const struct arguments *arguments, struct ledger *ledger,
          struct asides *asides, struct arena *arena)
{
    struct ledger_status found;
    struct complaint complaint = { 0 };
    struct json_tree *process = NULL;

    enum err err = find_peers(ledger, asides);
    if (err == OK)
        err = find_enrolled(ledger, asides);
    if (err == OK)
        err = ledger_get_status(ledger, take_aside, asides, &found);
    if (err == OK && !text_ok(&asides->text))
        err = ERR_MEMORY;
    if (err == OK)
        err = reign_get(command_operand(arguments, 0), ledger_journal(ledger),
                        &asides->reign);
    if (err == OK && found.joined)
        err = notes_unacknowledged(ledger_journal(ledger), found.who.node,
                                   &asides->unacknowledged, &asides->oldest_ms);
    if (err == OK && found.joined)
        err = notes_unsafe(ledger_journal(ledger), found.who.node,
                           &asides->unsafe, &asides->safe);
    if (err == OK && command_flag(arguments, "prometheus")) {
        print_metrics(arguments, &found, asides, arena);
        err = ledger_refuse(ledger, &complaint);
    } else if (err == OK) {
        view json = read_process(arguments, arena, &process);
        if (!print_status(&found, asides) ||
            !print_rest(asides, json, process, command_flag(arguments, "all"),
                        found.full))
            err = ERR_MEMORY;
        json_close(process);
        if (err == OK)
            err = ledger_refuse(ledger, &complaint);
    }
    if (err == OK)
        return COMMAND_DONE;
    return command_fail(arguments, err, "%s",
                        complaint.text[0] != '\0'
                            ? complaint.text
                            : command_operand(arguments, 0));
}

static enum command_status
status(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    struct arena arena = { 0 };
    struct asides asides = { .is_json = command_flag(arguments, "json") };

    if (asides.is_json && command_flag(arguments, "prometheus"))
        return command_misuse(arguments, "expected --json or --prometheus");
    enum command_status result = query_ledger(arguments, LEDGER_CHECK, &ledger);
    if (result != COMMAND_DONE)
        return result;
    if (asides.is_json)
        text_char(&asides.text, '[');
    if (arena_open(&arena, PULSE_SIZE_MAX * 2))
        result = print_all(arguments, ledger, &asides, &arena);
    else
        result = command_fail(arguments, ERR_MEMORY, "can't begin");
    ledger_close(ledger);
    arena_close(&arena);
    text_close(&asides.text);
    peers_close(&asides.peers);
    return result;
}

static const struct option OPTIONS[] = {
    { "all", NULL, "every node, not only the 20 that need a look most" },
    { "prometheus", NULL, "as metrics, in Prometheus text" },
    { 0 },
};

const struct command cmd_status_table[] = {
    { .name = "status",
      .run = status,
      .line = "how a ledger is, and the hub or node that runs on it",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = OPTIONS,
      .about =
          "First what the ledger holds, then what it is to others (`role` in "
          "--json):\n"
          "  single   by itself: it has joined no hub, and enrolled no node\n"
          "  store    a node: joined to a hub\n"
          "  standby  joined to a hub; can be promoted, unless it says what is "
          "missing\n"
          "  hub      nodes join it; it says so where it may not publish or "
          "close\n"
          "Where a node or hub runs or ran, then what that said of itself, and "
          "when it\n"
          "heard of whom.  What only the running process knows (`process`) it "
          "writes every\n"
          "ten seconds, and soon after somebody has come or gone; `at` says "
          "when.  Of more\n"
          "than 20 nodes those come first that have brought what has no "
          "effect, whose\n"
          "clock is wrong, that are away, or that lag.\n"
          "`quarantined` counts what a node brought, also where it is said to "
          "be another\nnode's event; whose, and why it has no effect, the "
          "lines above the table say.\n",
      .examples = "leima status L\n"
                  "leima status L --json\n"
                  "leima status L --prometheus\n" },
    { 0 },
};
