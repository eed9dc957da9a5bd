#include "core/closing_write.h"

#include "core/census.h"
#include "core/closing_format.h"
#include "core/heads.h"
#include "core/ledger_parts.h"
#include "core/limits.h"
#include "core/pack.h"
#include "core/seal.h"
#include "core/signing.h"
#include "core/standing.h"
#include "core/statement.h"

#include <inttypes.h>

enum { TRIES = 8 }; /* of a close, while others append to the books */

/* --- the statement of an open period --- */

static enum err
no_rules(struct complaint *complaint)
{
    complain(complaint, "no rules have been published: nothing can be settled; "
                        "see leima rules publish");
    return ERR_NOT_FOUND;
}

/* One thread's. */
struct gathering {
    struct arena arena; /* of the totals */
    struct totals *totals;
    const struct zone *zone;
};

static void
gather_step(void *context, const struct walk *walk)
{
    const struct gathering *gathering = context;

    totals_add(gathering->totals, zone_month(gathering->zone, walk->step.at_ms),
               walk->step.effects);
}

/* All effects of all accounts known at a position, up to a time, by a fold of
 * everything. */
static enum err
fold_totals(struct ledger *ledger, const struct timeline *timeline,
            const struct closing_question *question, struct totals *totals,
            struct complaint *complaint)
{
    static const struct census_calls calls = { .step = gather_step };
    const struct census_options options = { .known = question->known,
                                            .at_ms = question->now_ms,
                                            .timeline = timeline };
    struct gathering gatherings[SPREAD_THREADS_MAX] = { 0 };
    struct spread_contexts contexts = { .count = spread_threads() };
    enum err err = OK;

    for (uint32_t i = 0; i < contexts.count && err == OK; i++) {
        struct gathering *gathering = &gatherings[i];
        contexts.items[i] = gathering;
        if (!arena_open(&gathering->arena, LIMIT_ARENA_SIZE))
            err = ERR_MEMORY;
        else
            gathering->totals = totals_open(&gathering->arena);
        gathering->zone = &timeline->zone;
    }
    if (err == OK)
        err = census_spread(ledger, &options, &calls, &contexts, complaint);
    for (uint32_t i = 0; i < contexts.count; i++) {
        if (err == OK)
            totals_merge(totals, gatherings[i].totals);
        arena_close(&gatherings[i].arena);
    }
    return err;
}

/* The same from the totals that are kept, if it is of the present that is
 * asked. */
static enum err
gather_totals(struct ledger *ledger, const struct timeline *timeline,
              const struct closing_question *question, struct totals *totals,
              struct complaint *complaint)
{
    struct standing *standing = NULL;

    if (question->known != LEDGER_KNOWN_ALL &&
        question->known != ledger_position(ledger))
        return fold_totals(ledger, timeline, question, totals, complaint);
    enum err err = standing_open(ledger, &standing);
    if (err == OK)
        err = standing_refresh(standing, question->now_ms, complaint);
    if (err == OK)
        standing_gather(standing, question->now_ms, totals);
    standing_close(standing);
    return err;
}

enum err
closing_statement(struct ledger *ledger,
                  const struct closing_question *question, struct arena *arena,
                  const struct statement **ret_statement,
                  struct complaint *complaint)
{
    struct settlement_input input = {
        .period = question->period,
        .next_period = question->books->next_period,
        .settled = &question->books->settled,
        .known_ms = question->now_ms,
        .totals = totals_open(arena),
    };

    enum err err =
        ledger_timeline(ledger, question->known, &input.timeline, complaint);
    if (err != OK)
        return err;
    if (input.timeline->version_count == 0)
        return no_rules(complaint);
    err = gather_totals(ledger, input.timeline, question, input.totals,
                        complaint);
    if (err != OK)
        return err;
    input.currency = input.timeline->versions[0].program->currency;
    return settlement_make(&input, arena, ret_statement, complaint);
}

/* --- closing --- */

/* The `at` of the earliest event known; INT64_MAX: there is none. */
static enum err
find_first(struct ledger *ledger, uint64_t known, struct arena *arena,
           int64_t *ret_ms, struct complaint *complaint)
{
    struct history_scan *scan = NULL;
    struct history_account account;
    int64_t first_ms = INT64_MAX;

    enum err err = ledger_scan(ledger, known, &scan, complaint);
    while (err == OK) {
        struct arena scratch = *arena;
        err = history_scan_next(scan, &scratch, &account);
        if (err == OK && account.event_count > 0 &&
            account.events[0]->at_ms < first_ms)
            first_ms = account.events[0]->at_ms;
    }
    history_scan_close(scan);
    *ret_ms = first_ms;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
closing_first(struct ledger *ledger, const struct closing_books *books,
              uint64_t known, struct arena *arena, int32_t *ret_period,
              struct complaint *complaint)
{
    const struct timeline *timeline;
    int64_t first_ms = INT64_MAX;

    if (books->count > 0) {
        *ret_period = books->closings[0].period;
        return OK;
    }
    enum err err = ledger_timeline(ledger, known, &timeline, complaint);
    if (err == OK && timeline->version_count == 0)
        err = no_rules(complaint);
    if (err == OK)
        err = find_first(ledger, known, arena, &first_ms, complaint);
    if (err != OK)
        return err;
    if (first_ms == INT64_MAX) {
        complain(complaint, "the ledger holds no event: nothing can be closed");
        return ERR_NOT_FOUND;
    }
    *ret_period = zone_month(&timeline->zone, first_ms);
    return OK;
}

enum err
closing_check_end(const struct zone *zone, int32_t period, int64_t now_ms,
                  struct complaint *complaint)
{
    char asked[8], day[11];

    if (now_ms >= zone_month_start_ms(zone, period + 1))
        return OK;
    calendar_format_month(period, asked);
    calendar_format_date(calendar_month_first_day(period + 1), day);
    return complain(complaint,
                    "%s has not ended yet: it can be closed from %s on", asked,
                    day);
}

static enum err
check_period(const struct closing_books *books, int32_t first, int32_t period,
             const struct zone *zone, int64_t now_ms,
             struct complaint *complaint)
{
    int32_t next =
        books->next_period == PROGRAM_NONE ? first : books->next_period;
    char asked[8], due[8];

    calendar_format_month(period, asked);
    calendar_format_month(next, due);
    if (closing_find(books, period) != NULL) {
        complain(complaint,
                 "%s has been closed already, for ever; without --close it is "
                 "printed as it was closed",
                 asked);
        return ERR_EXISTS;
    }
    if (period < first && books->count > 0)
        return complain(complaint,
                        "%s is before the first month that was closed: what "
                        "is known of it stands as an adjustment in %s, the "
                        "next to be closed",
                        asked, due);
    if (period != next)
        return complain(complaint,
                        "%s can't be closed now: periods close in order, and "
                        "the next one is %s",
                        asked, due);
    return closing_check_end(zone, period, now_ms, complaint);
}

static void
pack_signature(struct text *text, const struct signing_key *key, view bytes,
               const digest *heads)
{
    crypto_signature signature;

    if (seal_make(&key->secret_key, bytes, heads, &signature) == OK)
        pack_bin(text, (view) { signature.bytes, sizeof signature.bytes });
    else
        text_fail(text);
}

static void
pack_partners(struct text *text, const struct statement *statement,
              const struct signing_key *key)
{
    pack_array(text, statement->partner_count);
    for (uint32_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        struct text part = { 0 };
        statement_partner_json(&part, statement, partner);
        pack_array(text, 2);
        pack_string(text, partner->partner);
        pack_signature(text, key, text_view(&part), NULL);
        if (!text_ok(&part)) /* half of it would be signed */
            text_fail(text);
        text_close(&part);
    }
}

static void
pack_settled_one(struct text *text, const struct settled *one)
{
    pack_array(text, 5);
    pack_integer(text, one->period);
    pack_string(text, one->partner);
    pack_integer(text, one->issue_cost.minor);
    pack_integer(text, one->redeem_credit.minor);
    pack_integer(text, one->voucher_credit.minor);
}

static void
pack_settled(struct text *text, const struct settled_list *settled)
{
    pack_array(text, settled->count);
    for (uint32_t i = 0; i < settled->count; i++)
        pack_settled_one(text, &settled->items[i]);
}

struct close_parts {
    const struct statement *statement;
    struct settled_list settled; /* by it */
    const struct signing_key *key;
    uint64_t known;
    /* Of these append_close() makes the rest: */
    view json;
    view heads;
    digest heads_digest;
};

/* What comes behind the statement. */
static void
pack_tail(struct text *tail, const struct close_parts *parts)
{
    pack_integer(tail, KEY_KNOWN);
    pack_unsigned(tail, parts->known);
    pack_integer(tail, KEY_HEADS);
    text_view_append(tail, parts->heads);
    pack_integer(tail, KEY_HEADS_DIGEST);
    pack_bin(tail, (view) { parts->heads_digest.bytes, 32 });
    pack_integer(tail, KEY_PUBLIC_KEY);
    pack_bin(tail, (view) { parts->key->public_key.bytes, 32 });
    pack_integer(tail, KEY_SIGNATURE);
    pack_signature(tail, parts->key, parts->json, &parts->heads_digest);
    pack_integer(tail, KEY_PARTNERS);
    pack_partners(tail, parts->statement, parts->key);
    pack_integer(tail, KEY_SETTLED);
    pack_settled(tail, &parts->settled);
}

/* The body of the closing item, in which the statement stands if there is
 * room; else it is to go before it in pieces. */
static void
pack_close(struct text *body, const struct close_parts *parts, view tail,
           view *ret_pieces)
{
    enum { HEAD_SIZE_MAX = 32 };
    const size_t size = (size_t)parts->json.size + tail.size + HEAD_SIZE_MAX;
    const bool whole = size <= LIMIT_CONTROL_SIZE;

    *ret_pieces = whole ? (view) { 0 } : parts->json;
    pack_map(body, KEY_COUNT);
    pack_integer(body, KEY_PERIOD);
    pack_integer(body, parts->statement->period);
    pack_integer(body, whole ? KEY_STATEMENT : KEY_PIECES);
    if (whole) {
        pack_bin(body, parts->json);
    } else {
        pack_array(body, 2);
        pack_integer(body, (parts->json.size - 1) / LIMIT_PIECE_SIZE + 1);
        pack_integer(body, parts->json.size);
    }
    text_view_append(body, tail);
}

static enum err
check_size(const char *what, size_t size, size_t size_max,
           struct complaint *complaint)
{
    if (size <= size_max)
        return OK;
    return complain(complaint,
                    "the statement is too large to be closed: %s %zu bytes, "
                    "and %zu are allowed",
                    what, size, size_max);
}

/* Makes the bytes of the item, and of what goes before it. */
static enum err
make_item(struct close_parts *parts, const struct text *json,
          struct text *ret_body, view *ret_pieces, struct complaint *complaint)
{
    struct text tail = { 0 };

    enum err err =
        check_size("it takes", json->size, LIMIT_STATEMENT_SIZE, complaint);
    if (err != OK)
        return err;
    parts->json = text_view(json);
    pack_tail(&tail, parts);
    pack_close(ret_body, parts, text_view(&tail), ret_pieces);
    err =
        text_ok(json) && text_ok(&tail) && text_ok(ret_body) ? OK : ERR_MEMORY;
    if (err == OK)
        err = check_size("its partners' signatures and the heads take",
                         ret_body->size, LIMIT_CONTROL_SIZE, complaint);
    text_close(&tail);
    return err;
}

/* Nothing has been appended to the books after what this close knows, so no
 * other process has closed the period meanwhile: else ERR_BUSY.  ERR_INPUT:
 * the books take no statement so large. */
static enum err
append_close(struct ledger *ledger, struct close_parts parts,
             struct complaint *complaint)
{
    struct text json = { 0 }, heads = { 0 }, body = { 0 };
    struct journal_control control = { .channel = CHANNEL_BOOKS,
                                       .kind = RECORD_CLOSE,
                                       .now_ms = parts.statement->known_ms,
                                       .only_at = parts.known + 1 };
    struct journal_result result;

    statement_json(&json, parts.statement);
    enum err err = heads_pack(ledger_journal(ledger), parts.known, &heads,
                              &parts.heads_digest);
    if (err == OK && !text_ok(&heads))
        err = ERR_MEMORY;
    parts.heads = text_view(&heads);
    if (err == OK)
        err = make_item(&parts, &json, &body, &control.pieces, complaint);
    control.body = text_view(&body);
    if (err == OK)
        err = journal_append_control(ledger_journal(ledger), &control, &result);
    text_close(&json);
    text_close(&heads);
    text_close(&body);
    return err;
}

enum err
closing_check(struct ledger *ledger, const struct closing_question *question,
              struct arena *arena, struct complaint *complaint)
{
    const struct timeline *timeline;
    int32_t first = question->period;

    enum err err = closing_first(ledger, question->books, question->known,
                                 arena, &first, complaint);
    if (err == OK)
        err = ledger_timeline(ledger, question->known, &timeline, complaint);
    if (err == OK)
        err = check_period(question->books, first, question->period,
                           &timeline->zone, question->now_ms, complaint);
    return err;
}

/* What the close of a period is made of, as known at a position. */
static enum err
make_close(struct ledger *ledger, const struct closing_question *question,
           struct arena *arena, struct statement *ret_statement,
           struct complaint *complaint)
{
    const struct statement *open;

    enum err err = closing_check(ledger, question, arena, complaint);
    if (err == OK)
        err = closing_statement(ledger, question, arena, &open, complaint);
    if (err != OK)
        return err;
    *ret_statement = *open;
    ret_statement->closed = true;
    return OK;
}

/* Where a close is at fault that has been said. */
static enum err
read_books(struct ledger *ledger, uint64_t known, struct arena *arena,
           struct closing_books *ret_books, struct complaint *complaint)
{
    enum err err = closing_read(ledger, known, arena, ret_books, complaint);

    return err == ERR_CORRUPT || err == ERR_UNKNOWN
               ? err
               : ledger_fault(ledger, err, complaint);
}

static enum err
refuse_volume(int32_t period, struct complaint *complaint)
{
    char month[8];

    calendar_format_month(period, month);
    return complain(complaint,
                    "%s can't be closed: with it, all that was settled so far "
                    "would come to more than %" PRId64 " cents; see leima "
                    "settle --period %s, and the prices in leima rules show",
                    month, LIMIT_SETTLED_VOLUME, month);
}

static enum err
close_period(struct ledger *ledger, int32_t period, int64_t now_ms,
             struct arena *arena, struct complaint *complaint)
{
    struct closing_books books;
    struct statement statement;
    struct signing_key key;

    enum err err = ledger_refresh(ledger, complaint);
    if (err != OK)
        return err;
    struct closing_question question = { .books = &books,
                                         .period = period,
                                         .known = ledger_position(ledger),
                                         .now_ms = now_ms };
    err = read_books(ledger, question.known, arena, &books, complaint);
    if (err == OK)
        err = make_close(ledger, &question, arena, &statement, complaint);
    if (err == OK)
        err = signing_load(ledger_dir(ledger), SIGNING_STATEMENT, &key,
                           complaint);
    if (err != OK)
        return err;
    /* With what the books hold: they could not be read with more than that. */
    struct close_parts parts = { .statement = &statement,
                                 .settled = { .volume = books.settled.volume },
                                 .key = &key,
                                 .known = question.known };
    if (settlement_settle(&statement, &parts.settled, arena))
        err = append_close(ledger, parts, complaint);
    else
        err = refuse_volume(period, complaint);
    crypto_wipe(&key, sizeof key);
    return err == ERR_INPUT ? err : ledger_fault(ledger, err, complaint);
}

enum err
closing_close(struct ledger *ledger, int32_t period, int64_t now_ms,
              struct complaint *complaint)
{
    struct arena arena;
    enum err err = ERR_BUSY;

    if (ledger_is_joined(ledger))
        return complain(complaint,
                        "%s: has joined a hub, and closes come from there; "
                        "close at the hub",
                        ledger_dir(ledger));
    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return ledger_fault(ledger, ERR_MEMORY, complaint);
    for (uint32_t i = 0; i < TRIES && err == ERR_BUSY; i++) {
        arena_reset(&arena);
        err = close_period(ledger, period, now_ms, &arena, complaint);
    }
    arena_close(&arena);
    if (err == OK)
        err = ledger_refresh(ledger, complaint);
    return err;
}
