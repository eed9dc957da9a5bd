#include "core/ledger_aside.h"

#include "core/codec.h"
#include "core/conflict.h"
#include "core/history_copies.h"
#include "core/ledger_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_SIZE = 1 << 20 }; /* one decoded event */

struct sweep {
    struct ledger *ledger;
    ledger_aside_tell *tell;
    void *context;
    struct reader *reader;
    struct arena scratch;
    struct aside_totals totals;
    struct asides_kept *kept; /* NULL: nothing is kept; owned */
    uint32_t node; /* in whose stream the record at hand stands; 0: not known */
    uint64_t mark; /* the next position that the journal marked; 0: none */
    enum reader_quarantine why;
};

const char *
aside_name(enum aside_kind kind)
{
    static const char *const NAMES[] = {
        [ASIDE_DAMAGED] = "damaged",
        [ASIDE_FLAGGED] = "flagged",
        [ASIDE_QUARANTINED] = "quarantined",
    };
    static_assert(COUNT_OF(NAMES) == ASIDE_KIND_COUNT, "a name for each");

    assert((uint32_t)kind < COUNT_OF(NAMES));
    return NAMES[kind];
}

static void
hand_on(struct sweep *sweep, const struct aside *aside)
{
    sweep->totals.counts[aside->kind]++;
    if (sweep->tell != NULL)
        sweep->tell(sweep->context, aside);
}

static void
keep(struct asides_kept *kept, const struct aside *aside)
{
    if (kept->count < ASIDES_MAX)
        kept->list[kept->count] = *aside;
    kept->count++;
}

static void tell(struct sweep *sweep, enum aside_kind kind, uint64_t position,
                 identity id, const char *format, ...) PRINTF_LIKE(5, 6);

static void
tell(struct sweep *sweep, enum aside_kind kind, uint64_t position, identity id,
     const char *format, ...)
{
    struct aside aside = {
        .kind = kind, .node = sweep->node, .position = position, .identity = id
    };
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(aside.reason, sizeof aside.reason, format, arguments);
    va_end(arguments);
    if (sweep->kept != NULL)
        keep(sweep->kept, &aside);
    hand_on(sweep, &aside);
}

/* --- events --- */

/* Moves on to the first mark at or after the position. */
static void
seek_mark(struct sweep *sweep, uint64_t position)
{
    while (sweep->mark != 0 && sweep->mark < position)
        if (reader_next_quarantine(sweep->reader, sweep->mark + 1, &sweep->mark,
                                   &sweep->why) != OK)
            sweep->mark = 0;
}

/* Of a copy both must speak for the store: whose event it is said to be, and in
 * whose stream that is said (gather.c). */
static void
check_store(struct sweep *sweep, const struct record_event *stored,
            uint64_t position, uint32_t store)
{
    struct admission *admission = sweep->ledger->admission;
    uint32_t node = stored->origin.node;

    if (admission_admits(admission, node, store))
        node = stored->here.node;
    if (!admission_admits(admission, node, store))
        tell(sweep, ASIDE_QUARANTINED, position, stored->origin,
             "store %" PRIu32 " is not one of node %" PRIu32 "'s", store, node);
}

static void
check_meaning(struct sweep *sweep, const struct record_event *stored,
              uint64_t position)
{
    struct arena scratch = sweep->scratch;
    struct complaint why = { .text = "" };
    struct event event;
    enum err err = codec_decode(stored->core, &scratch, &event);

    if (err == ERR_UNKNOWN)
        tell(sweep, ASIDE_QUARANTINED, position, stored->origin,
             "of a kind or with a field of a later version");
    else if (err != OK)
        tell(sweep, ASIDE_QUARANTINED, position, stored->origin,
             "its bytes are no event");
    else if (event_check_core(&event, &why) != OK)
        tell(sweep, ASIDE_QUARANTINED, position, stored->origin,
             "breaks a rule: %s", why.text);
    else
        check_store(sweep, stored, position, event.store);
}

/* The journal has marked it. */
static void
tell_marked(struct sweep *sweep, identity id, uint64_t position)
{
    journal_describe *describe = journal_describer(sweep->ledger->journal);
    char words[CONFLICT_WORDS_SIZE] = "told again by a later incarnation";
    struct conflict conflict;

    if (conflict_is(sweep->why)) {
        strcpy(words, "a copy that differs from what counts");
        if (conflict_find(sweep->reader, describe, position, sweep->why,
                          &conflict) == OK)
            conflict_format(&conflict, words);
    }
    tell(sweep, ASIDE_QUARANTINED, position, id, "%s", words);
}

static void
check_event(struct sweep *sweep, const struct record_event *stored,
            uint64_t position)
{
    seek_mark(sweep, position);
    if (sweep->mark == position)
        tell_marked(sweep, stored->origin, position);
    else
        check_meaning(sweep, stored, position);
}

/* --- records --- */

static identity
first_of(const struct record *record)
{
    return (identity) { record->stream.incarnation, record->seq,
                        record->stream.node };
}

/* A control item where only a hub's own streams may have it. */
static bool
is_misplaced(const struct record *record)
{
    switch (record->kind) {
    case RECORD_VERSION:
    case RECORD_SIGNED:
        return record->stream.channel != CHANNEL_PUBLIC;
    case RECORD_CLOSE:
    case RECORD_ENROL:
    case RECORD_BACKUP:
    case RECORD_PIECE:
        return record->stream.channel != CHANNEL_BOOKS;
    default:
        return false;
    }
}

static const char *
clock_fault(uint32_t flags)
{
    if ((flags & RECORD_CLOCK_OFF) == 0)
        return "had gone back";
    if ((flags & RECORD_CLOCK_BACK) == 0)
        return "was more than 15 minutes off the hub's";
    return "had gone back and was more than 15 minutes off the hub's";
}

/* A version that is published again has the time of the first time, and no
 * clock was wrong. */
static void
take_record(struct sweep *sweep, const struct reader_item *item)
{
    struct record_cursor cursor = record_events(&item->record);
    struct record_event stored;
    uint64_t position = item->position;

    sweep->node = item->record.stream.node;
    if ((item->record.flags & (RECORD_CLOCK_BACK | RECORD_CLOCK_OFF)) != 0 &&
        item->record.kind != RECORD_VERSION)
        tell(sweep, ASIDE_FLAGGED, position, first_of(&item->record),
             "%" PRIu32 " %s written by a clock that %s", item->record.count,
             text_plural(item->record.count, "item", "items"),
             clock_fault(item->record.flags));
    if (is_misplaced(&item->record))
        tell(sweep, ASIDE_QUARANTINED, position, first_of(&item->record),
             "a kind that only a hub's own streams may have");
    for (; record_next(&cursor, &stored); position++) {
        sweep->totals.events++;
        check_event(sweep, &stored, position);
    }
    sweep->totals.last = item->position + item->record.count - 1;
}

/* Gives the position to go on from; 0: there is nothing behind it. */
static uint64_t
take_damage(struct sweep *sweep)
{
    const struct reader_damage *damage = reader_damage(sweep->reader);
    const identity id = { damage->stream.incarnation, damage->seq,
                          damage->stream.node };
    char name[160];

    sweep->node = damage->stream.node;
    ledger_name_record(damage, name, sizeof name);
    if (damage->next != 0)
        tell(sweep, ASIDE_DAMAGED, damage->position, id,
             "%s is damaged: positions up to %" PRIu64 " are lost here", name,
             damage->next - 1);
    else
        tell(sweep, ASIDE_DAMAGED, damage->position, id,
             "%s is damaged, the last one: nothing can be appended", name);
    sweep->totals.last =
        damage->next == 0 ? damage->position : damage->next - 1;
    return damage->next;
}

static enum err
walk(struct sweep *sweep, uint64_t next)
{
    struct reader_item item;
    uint64_t walked = 0;

    while (next != 0) {
        enum err err = reader_next(sweep->reader, next, &item);
        if (err == ERR_NOT_FOUND)
            break;
        if (walked++ % WATCH_STEP == 0)
            watch_reach(sweep->ledger->watch, next);
        if (err == ERR_CORRUPT && reader_damage(sweep->reader)->position != 0) {
            uint64_t behind = take_damage(sweep);
            next = behind > next ? behind : 0;
        } else if (err == ERR_UNKNOWN) {
            sweep->node = 0;
            if (item.position >= next)
                tell(sweep, ASIDE_QUARANTINED, item.position, (identity) { 0 },
                     "a record of a later version");
            next = (item.position >= next ? item.position : next) + 1;
            sweep->totals.last = item.position;
        } else if (err == OK) {
            take_record(sweep, &item);
            next = sweep->totals.last + 1;
        } else {
            return err;
        }
    }
    return OK;
}

/* What is kept is told as if it had been found. */
static void
recall(struct sweep *sweep)
{
    struct asides_kept *kept = sweep->kept;

    if (kept == NULL)
        return;
    if (!asides_load(sweep->ledger, sweep->reader, kept)) {
        *kept = (struct asides_kept) { 0 };
        return;
    }
    for (uint32_t i = 0; i < kept->count; i++)
        hand_on(sweep, &kept->list[i]);
    sweep->totals.last = kept->last;
    sweep->totals.events = kept->events;
}

/* What is damaged may be mended; and a short way is soon walked again. */
static void
remember(struct sweep *sweep)
{
    struct asides_kept *kept = sweep->kept;

    if (kept == NULL || kept->count > ASIDES_MAX ||
        sweep->totals.counts[ASIDE_DAMAGED] > 0 ||
        sweep->totals.last < kept->last + ASIDES_STEP)
        return;
    kept->last = sweep->totals.last;
    kept->events = sweep->totals.events;
    asides_save(sweep->ledger, sweep->reader, kept);
}

enum err
ledger_aside_walk(struct ledger *ledger, bool keeps, ledger_aside_tell *told,
                  void *context, struct aside_totals *ret_totals)
{
    struct sweep sweep = { .ledger = ledger, .tell = told, .context = context };
    enum err err = reader_open(ledger->journal, &sweep.reader);

    if (keeps)
        sweep.kept = calloc(1, sizeof *sweep.kept);
    if (err == OK && !arena_open(&sweep.scratch, SCRATCH_SIZE))
        err = ERR_MEMORY;
    if (err == OK) {
        recall(&sweep);
        const uint64_t next = sweep.totals.last + 1;
        if (reader_next_quarantine(sweep.reader, next, &sweep.mark,
                                   &sweep.why) != OK)
            sweep.mark = 0;
        err = walk(&sweep, next);
    }
    if (err == OK)
        remember(&sweep);
    reader_close(sweep.reader);
    arena_close(&sweep.scratch);
    free(sweep.kept);
    if (err == OK)
        *ret_totals = sweep.totals;
    return err;
}

bool
ledger_aside_may(struct ledger *ledger)
{
    struct history_counts counts = history_counts(ledger->history);

    return ledger->damage.position != 0 || counts.odd > 0 ||
           counts.flagged > 0 ||
           history_quarantine_count(ledger->history) > 0 ||
           admission_count(ledger->admission) > 0;
}
