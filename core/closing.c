#include "core/closing.h"

#include "core/census.h"
#include "core/limits.h"
#include "core/list.h"
#include "core/pack.h"
#include "core/reader.h"
#include "core/statement.h"

#include <stdlib.h>

enum {
    KEY_PERIOD = 1,
    KEY_STATEMENT = 2,
    KEY_KNOWN = 3,
    KEY_HEADS = 4,
    KEY_HEADS_DIGEST = 5,
    KEY_PUBLIC_KEY = 6,
    KEY_SIGNATURE = 7,
    KEY_PARTNERS = 8,
    KEY_SETTLED = 9,
    KEY_COUNT = 9,
    SETTLED_MAX = 1 << 20, /* (period, partner) pairs of one ledger */
};

struct closing_list {
    struct closing *items;
    uint32_t count;
    uint32_t room;
};

struct settled_list {
    struct settled *items;
    uint32_t count;
    uint32_t room;
};

/* --- reading --- */

static void
read_fixed(struct unpacker *unpacker, uint8_t *ret_bytes, uint32_t size)
{
    view bytes = unpack_bin(unpacker, size);

    if (bytes.size != size) {
        unpack_fail(unpacker);
        return;
    }
    for (uint32_t i = 0; i < size; i++)
        ret_bytes[i] = bytes.bytes[i];
}

static struct settled
read_settled(struct unpacker *unpacker)
{
    struct settled one = { 0 };

    if (unpack_array(unpacker, 5) != 5)
        unpack_fail(unpacker);
    one.period = (int32_t)unpack_integer(unpacker, 0, INT32_MAX - 1);
    one.partner = unpack_string(unpacker, LIMIT_NAME_SIZE);
    one.issue_cost.minor = unpack_integer(unpacker, INT64_MIN, INT64_MAX);
    one.redeem_credit.minor = unpack_integer(unpacker, INT64_MIN, INT64_MAX);
    one.voucher_credit.minor = unpack_integer(unpacker, INT64_MIN, INT64_MAX);
    return one;
}

static void
add_settled(struct settled_list *list, const struct settled *more,
            struct arena *arena)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct settled *one = &list->items[i];
        if (one->period != more->period ||
            !view_equal(one->partner, more->partner))
            continue;
        one->issue_cost = money_add(one->issue_cost, more->issue_cost);
        one->redeem_credit = money_add(one->redeem_credit, more->redeem_credit);
        one->voucher_credit =
            money_add(one->voucher_credit, more->voucher_credit);
        return;
    }
    *LIST_ADD(arena, list) = *more;
}

static void
read_entry(struct unpacker *unpacker, struct closing *closing,
           struct settled_list *settled, struct arena *arena)
{
    switch (unpack_integer(unpacker, 1, KEY_COUNT)) {
    case KEY_PERIOD:
        closing->period = (int32_t)unpack_integer(unpacker, 0, INT32_MAX - 1);
        break;
    case KEY_STATEMENT:
        closing->statement = unpack_bin(unpacker, LIMIT_CONTROL_SIZE);
        break;
    case KEY_KNOWN:
        closing->known = unpack_unsigned(unpacker, 0, UINT64_MAX);
        break;
    case KEY_HEADS_DIGEST:
        read_fixed(unpacker, closing->heads.bytes, 32);
        break;
    case KEY_PUBLIC_KEY:
        read_fixed(unpacker, closing->key.bytes, 32);
        break;
    case KEY_SIGNATURE:
        read_fixed(unpacker, closing->signature.bytes, 64);
        break;
    case KEY_SETTLED:
        for (uint32_t left = unpack_array(unpacker, SETTLED_MAX); left > 0;
             left--) {
            struct settled one = read_settled(unpacker);
            add_settled(settled, &one, arena);
        }
        break;
    default:
        unpack_skip(unpacker);
        break;
    }
}

static enum err
read_close(const struct reader_item *item, struct closing_list *closings,
           struct settled_list *settled, struct arena *arena)
{
    struct closing closing = { .closed_ms = item->record.recorded_ms };
    /* The reader's bytes go when it is closed. */
    struct unpacker unpacker =
        unpack_begin(arena_copy(arena, item->record.body));

    for (uint32_t left = unpack_map(&unpacker, KEY_COUNT); left > 0; left--)
        read_entry(&unpacker, &closing, settled, arena);
    enum err err = unpack_end(&unpacker);
    if (err == OK)
        *LIST_ADD(arena, closings) = closing;
    return err;
}

enum err
closing_read(struct ledger *ledger, uint64_t known, struct arena *arena,
             struct closing_books *ret_books)
{
    struct closing_list closings = { 0 };
    struct settled_list settled = { 0 };
    struct reader *reader = NULL;
    struct reader_item item;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err != OK)
        return err;
    for (uint64_t next = 1;; next = item.position + 1) {
        err = reader_next_control(reader, next, &item);
        if (err != OK || item.position > known)
            break;
        if (item.record.kind != RECORD_CLOSE ||
            item.record.stream.channel != CHANNEL_BOOKS)
            continue;
        err = read_close(&item, &closings, &settled, arena);
        if (err != OK)
            break;
    }
    reader_close(reader);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *ret_books = (struct closing_books) {
        .closings = closings.items,
        .count = closings.count,
        .settled = settled.items,
        .settled_count = settled.count,
        .next_period = closings.count == 0
                           ? PROGRAM_NONE
                           : closings.items[closings.count - 1].period + 1,
    };
    return OK;
}

const struct closing *
closing_find(const struct closing_books *books, int32_t period)
{
    for (uint32_t i = 0; i < books->count; i++)
        if (books->closings[i].period == period)
            return &books->closings[i];
    return NULL;
}

/* --- the statement of an open period --- */

static enum err
no_rules(struct complaint *complaint)
{
    complain(complaint, "no rules have been published: nothing can be settled; "
                        "see leima rules publish");
    return ERR_NOT_FOUND;
}

struct gathering {
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

/* All effects of all accounts up to now. */
static enum err
gather_totals(struct ledger *ledger, const struct timeline *timeline,
              int64_t now_ms, struct totals *totals,
              struct complaint *complaint)
{
    struct gathering gathering = { totals, &timeline->zone };
    struct census_options options = { .known = LEDGER_KNOWN_ALL,
                                      .at_ms = now_ms,
                                      .timeline = timeline,
                                      .step = gather_step,
                                      .context = &gathering };
    struct census *census = NULL;
    const struct walk *walk;

    enum err err = census_open(ledger, &options, complaint, &census);
    if (err != OK)
        return err;
    while ((err = census_next(census, &walk)) == OK)
        continue;
    census_close(census);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
closing_statement(struct ledger *ledger, const struct closing_books *books,
                  int32_t period, int64_t now_ms, struct arena *arena,
                  const struct statement **ret_statement,
                  struct complaint *complaint)
{
    struct settlement_input input = {
        .period = period,
        .next_period = books->next_period,
        .settled = books->settled,
        .settled_count = books->settled_count,
        .known_ms = now_ms,
        .totals = totals_open(arena),
    };

    enum err err =
        ledger_timeline(ledger, LEDGER_KNOWN_ALL, &input.timeline, complaint);
    if (err != OK)
        return err;
    if (input.timeline->version_count == 0)
        return no_rules(complaint);
    err =
        gather_totals(ledger, input.timeline, now_ms, input.totals, complaint);
    if (err != OK)
        return err;
    input.currency = input.timeline->versions[0].program->currency;
    *ret_statement = settlement_make(&input, arena);
    return OK;
}

/* --- who has not been heard --- */

static int64_t
heard_ms(struct reader *reader, const struct reader_stream *stream)
{
    struct reader_item item;

    if (stream->position == 0 ||
        reader_find(reader, stream->stream, stream->head.seq, &item) != OK)
        return INT64_MIN;
    return item.record.recorded_ms;
}

enum err
closing_incomplete(struct ledger *ledger, int64_t until_ms,
                   closing_silent *tell, void *context, uint32_t *ret_count)
{
    uint32_t own = ledger_who(ledger).node, count = 0;
    struct reader_stream stream = { 0 };
    struct reader *reader = NULL;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err != OK)
        return err;
    while ((err = reader_next_stream(reader, stream.stream, &stream)) == OK) {
        if (stream.stream.channel != CHANNEL_EVENTS ||
            stream.stream.node == own)
            continue;
        int64_t last_ms = heard_ms(reader, &stream);
        if (last_ms >= until_ms)
            continue;
        count++;
        if (tell != NULL)
            tell(context, stream.stream.node, last_ms);
    }
    reader_close(reader);
    if (err != ERR_NOT_FOUND)
        return err;
    *ret_count = count;
    return OK;
}

/* --- closing --- */

/* The calendar month of the earliest event known. */
static enum err
first_period(struct ledger *ledger, const struct zone *zone,
             struct arena *arena, int32_t *ret_period,
             struct complaint *complaint)
{
    struct history_scan *scan = NULL;
    struct history_account account;
    int64_t first_ms = INT64_MAX;

    enum err err = ledger_scan(ledger, LEDGER_KNOWN_ALL, &scan, complaint);
    if (err != OK)
        return err;
    for (;;) {
        struct arena scratch = *arena;
        err = history_scan_next(scan, &scratch, &account);
        if (err != OK)
            break;
        if (account.event_count > 0 && account.events[0]->at_ms < first_ms)
            first_ms = account.events[0]->at_ms;
    }
    history_scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    if (first_ms == INT64_MAX) {
        complain(complaint, "the ledger holds no event: nothing can be closed");
        return ERR_NOT_FOUND;
    }
    *ret_period = zone_month(zone, first_ms);
    return OK;
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
        complain(complaint, "%s has been closed already", asked);
        return ERR_EXISTS;
    }
    if (period != next)
        return complain(complaint,
                        "%s can't be closed now: periods close in order, and "
                        "the next one is %s",
                        asked, due);
    if (now_ms < zone_month_start_ms(zone, period + 1))
        return complain(complaint, "%s has not ended yet", asked);
    return OK;
}

/* The heads of all streams, packed, and their digest. */
static enum err
pack_heads(struct ledger *ledger, struct text *text, digest *ret_digest,
           uint64_t *ret_known)
{
    struct text heads = { 0 };
    struct reader_stream stream = { 0 };
    struct reader *reader = NULL;
    uint32_t count = 0;

    enum err err = reader_open(ledger_journal(ledger), &reader);
    if (err != OK)
        return err;
    while ((err = reader_next_stream(reader, stream.stream, &stream)) == OK) {
        pack_array(&heads, 5);
        pack_unsigned(&heads, stream.stream.node);
        pack_unsigned(&heads, stream.stream.incarnation);
        pack_unsigned(&heads, stream.stream.channel);
        pack_unsigned(&heads, stream.head.seq);
        pack_bin(&heads, (view) { stream.head.chain.bytes, 32 });
        count++;
    }
    *ret_known = reader_last(reader);
    reader_close(reader);
    pack_array(text, count);
    text_bytes(text, heads.bytes, heads.size);
    if (err == ERR_NOT_FOUND)
        err = text_ok(&heads) ? OK : ERR_MEMORY;
    if (err == OK)
        *ret_digest = crypto_digest(text_view(&heads));
    text_close(&heads);
    return err;
}

static void
pack_signature(struct text *text, const struct signing_key *key, view bytes,
               const digest *heads)
{
    struct text signed_bytes = { 0 };

    text_view_append(&signed_bytes, bytes);
    if (heads != NULL)
        text_bytes(&signed_bytes, heads->bytes, sizeof heads->bytes);
    crypto_signature signature =
        crypto_signature_make(&key->secret_key, text_view(&signed_bytes));
    pack_bin(text, (view) { signature.bytes, sizeof signature.bytes });
    text_close(&signed_bytes);
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
pack_settled(struct text *text, const struct statement *statement,
             struct arena scratch)
{
    uint32_t room = 0;

    for (uint32_t i = 0; i < statement->partner_count; i++)
        room += 1 + statement->partners[i].adjustment_count;
    struct settled *settled = ARENA_NEW(&scratch, struct settled, room);
    uint32_t count = settlement_settle(statement, settled, 0, room);
    pack_array(text, count);
    for (uint32_t i = 0; i < count; i++)
        pack_settled_one(text, &settled[i]);
}

struct close_parts {
    const struct statement *statement;
    const struct signing_key *key;
    view json;
    view heads;
    digest heads_digest;
    uint64_t known;
};

/* The body of the closing item. */
static void
pack_close(struct text *body, const struct close_parts *parts,
           struct arena scratch)
{
    pack_map(body, KEY_COUNT);
    pack_integer(body, KEY_PERIOD);
    pack_integer(body, parts->statement->period);
    pack_integer(body, KEY_STATEMENT);
    pack_bin(body, parts->json);
    pack_integer(body, KEY_KNOWN);
    pack_unsigned(body, parts->known);
    pack_integer(body, KEY_HEADS);
    text_view_append(body, parts->heads);
    pack_integer(body, KEY_HEADS_DIGEST);
    pack_bin(body, (view) { parts->heads_digest.bytes, 32 });
    pack_integer(body, KEY_PUBLIC_KEY);
    pack_bin(body, (view) { parts->key->public_key.bytes, 32 });
    pack_integer(body, KEY_SIGNATURE);
    pack_signature(body, parts->key, parts->json, &parts->heads_digest);
    pack_integer(body, KEY_PARTNERS);
    pack_partners(body, parts->statement, parts->key);
    pack_integer(body, KEY_SETTLED);
    pack_settled(body, parts->statement, scratch);
}

static enum err
append_close(struct ledger *ledger, const struct statement *statement,
             const struct signing_key *key, int64_t now_ms,
             struct arena scratch)
{
    struct close_parts parts = { .statement = statement, .key = key };
    struct text json = { 0 }, heads = { 0 }, body = { 0 };
    struct journal_result result;

    statement_json(&json, statement);
    enum err err =
        pack_heads(ledger, &heads, &parts.heads_digest, &parts.known);
    if (err == OK) {
        parts.json = text_view(&json);
        parts.heads = text_view(&heads);
        pack_close(&body, &parts, scratch);
        err = text_ok(&json) && text_ok(&heads) && text_ok(&body) ? OK
                                                                  : ERR_MEMORY;
    }
    struct journal_control control = { .channel = CHANNEL_BOOKS,
                                       .kind = RECORD_CLOSE,
                                       .body = text_view(&body),
                                       .now_ms = now_ms };
    if (err == OK)
        err = journal_append_control(ledger_journal(ledger), &control, &result);
    text_close(&json);
    text_close(&heads);
    text_close(&body);
    return err;
}

static enum err
close_period(struct ledger *ledger, int32_t period, int64_t now_ms,
             struct arena *arena, struct complaint *complaint)
{
    struct closing_books books;
    const struct timeline *timeline;
    const struct statement *open;
    int32_t first = period;

    enum err err = closing_read(ledger, LEDGER_KNOWN_ALL, arena, &books);
    if (err == OK)
        err = ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, complaint);
    if (err == OK && timeline->version_count == 0)
        err = no_rules(complaint);
    if (err == OK && books.next_period == PROGRAM_NONE)
        err = first_period(ledger, &timeline->zone, arena, &first, complaint);
    if (err == OK)
        err = check_period(&books, first, period, &timeline->zone, now_ms,
                           complaint);
    if (err != OK)
        return err;
    /* The first period has no adjustments, but is the next to be closed. */
    err = closing_statement(ledger, &books, period, now_ms, arena, &open,
                            complaint);
    if (err != OK)
        return err;
    struct statement statement = *open;
    statement.closed = true;
    struct signing_key key;
    err = signing_load(ledger_dir(ledger), &key, complaint);
    if (err != OK)
        return err;
    err = append_close(ledger, &statement, &key, now_ms, *arena);
    crypto_wipe(&key, sizeof key);
    return err;
}

enum err
closing_close(struct ledger *ledger, int32_t period, int64_t now_ms,
              struct complaint *complaint)
{
    struct arena arena;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return ERR_MEMORY;
    enum err err = close_period(ledger, period, now_ms, &arena, complaint);
    arena_close(&arena);
    return err;
}
