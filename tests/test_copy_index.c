/*
 * test_copy_index.c - in whatever order copies and their original come, those
 * that say something else than what counts are marked, each once, and a copy
 * that is told again elsewhere is what it was; a note of a copy where none
 * stands is noticed
 */
#include "core/copy_index.h"

#include "tests/kit.h"
#include "tests/unit.h"

#include <string.h>

enum {
    TALES = 3,
    STEPS = 5,
    COMES = TALES, /* a step: the original comes */
    MOVED = 100,   /* where copies are told again */
    POSITIONS = MOVED + STEPS,
};

static const identity EVENT = { .incarnation = 5, .seq = 9, .node = 90 };
static const identity BEFORE = { .incarnation = 5, .seq = 8, .node = 90 };
static const identity BEHIND = { .incarnation = 5, .seq = 10, .node = 90 };

/* Within a transaction that is never committed: no copy is anywhere but in the
 * index. */
struct desk {
    struct place place;
    struct journal *journal;
    struct db_txn txn;
    struct copy_index index;
    uint32_t steps[STEPS];
    uint64_t positions[STEPS]; /* where the copies stand */
    uint32_t told[POSITIONS];  /* how often each was marked */
    bool came;                 /* the original has */
    uint32_t original;
    uint64_t tried;
};

static fingerprint
print_of(uint32_t tale)
{
    fingerprint print = { .at_ms = KIT_NOW };

    memset(print.content.bytes, (int)(1 + tale), sizeof print.content.bytes);
    return print;
}

static void
hear(void *context, uint64_t position, enum reader_quarantine why)
{
    struct desk *desk = context;

    assert_true(why == QUARANTINE_COPY_DIFFERS ||
                why == QUARANTINE_COPIES_DIFFER);
    assert_true(position < POSITIONS);
    desk->told[position]++;
}

/* What counts of the first `count` steps. */
static uint32_t
counting(const struct desk *desk, uint32_t count)
{
    uint32_t least = TALES;

    for (uint32_t i = 0; i < count; i++) {
        if (desk->steps[i] == COMES)
            return desk->original;
        if (desk->steps[i] < least)
            least = desk->steps[i];
    }
    return least;
}

/* A copy that was aside when its equal came as the original stays so: that
 * counts in its place. */
static void
check_marks(struct desk *desk, uint32_t count)
{
    const uint32_t wanted = counting(desk, count);
    struct shelf_known known;
    uint32_t copies = 0;
    bool counts = false;

    bool any = shelf_get_copy(&desk->txn, EVENT, &known);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t why = 0;
        if (desk->steps[i] == COMES)
            continue;
        copies++;
        bool marked = shelf_get_mark(&desk->txn, desk->positions[i], &why);
        bool differs = desk->steps[i] != wanted;
        assert_true(marked || !differs);
        assert_true(!marked || differs || desk->came);
        counts |= !marked;
    }
    for (uint32_t i = 0; i < POSITIONS; i++)
        assert_true(desk->told[i] <= 1);
    assert_int_equal(any, copies > 0);
    if (counts)
        assert_true(fingerprint_equal(known.print, print_of(wanted)));
}

static void
come(struct desk *desk, uint32_t step)
{
    const fingerprint original = print_of(desk->original);
    const struct shelf_known copy = { 1 + step, print_of(desk->steps[step]) };

    desk->positions[step] = copy.position;
    if (desk->steps[step] != COMES) {
        copy_index_enter(&desk->index, EVENT, &copy,
                         desk->came ? &original : NULL);
    } else {
        desk->came = true;
        copy_index_meet(&desk->index, EVENT, original);
    }
}

static void
move(struct desk *desk, uint32_t step)
{
    const struct shelf_known copy = { MOVED + step,
                                      print_of(desk->steps[step]) };

    if (desk->steps[step] == COMES)
        return;
    copy_index_move(&desk->txn, EVENT, desk->positions[step], &copy);
    desk->positions[step] = copy.position;
}

/* After each of the first steps but the last a copy is told again: none, or
 * that of step `moved`. */
static void
try(struct desk *desk, uint32_t count, uint32_t moved)
{
    const struct shelf_known other = { POSITIONS, print_of(0) };

    db_begin(journal_db(desk->journal), DB_WRITE, &desk->txn);
    memset(desk->told, 0, sizeof desk->told);
    desk->came = false;
    shelf_put_copy(&desk->txn, BEFORE, &other);
    shelf_put_copy(&desk->txn, BEHIND, &other);
    copy_index_enter(&desk->index, BEFORE, &other, NULL);
    copy_index_enter(&desk->index, BEHIND, &other, NULL);
    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 == count && moved < i)
            move(desk, moved);
        come(desk, i);
        check_marks(desk, i + 1);
    }
    assert_int_equal(desk->told[0], 0);
    assert_int_equal(desk->txn.err, OK);
    db_abort(&desk->txn);
    desk->tried++;
}

static void
try_all(struct desk *desk, uint32_t count, bool came)
{
    for (uint32_t moved = 0; moved <= count && count > 0; moved++)
        try(desk, count, moved);
    for (uint32_t i = 0; count < STEPS && i <= TALES; i++) {
        if (i == COMES && came)
            continue;
        desk->steps[count] = i;
        try_all(desk, count + 1, came || i == COMES);
    }
}

TEST(what_differs_from_what_counts_is_marked_once)
{
    struct desk desk = { .place = place_make() };

    desk.journal = kit_open_new(&desk.place);
    desk.index = (struct copy_index) { &desk.txn, hear, &desk };
    for (desk.original = 0; desk.original < TALES; desk.original++)
        try_all(&desk, 0, false);
    assert_true(desk.tried > 10000);
    journal_close(desk.journal);
    place_remove(&desk.place);
}

/* It would be marked, and so taken out of its account, when the copies are. */
TEST(a_note_of_a_copy_where_none_stands_is_found)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct journal_entry entry = kit_entry("a");
    struct journal_result result;
    struct db_txn txn;
    const struct copy_index index = { .txn = &txn };

    entry.copy_of = EVENT;
    assert_int_equal(kit_append(journal, &entry, 1, &result), OK);
    kit_append_one(journal, "no copy");
    for (uint64_t position = 1; position <= 3; position++) {
        const struct shelf_known copy = { position, entry.print };
        db_begin(journal_db(journal), DB_WRITE, &txn);
        copy_index_enter(&index, EVENT, &copy, NULL);
        assert_int_equal(db_commit(&txn), OK);
        /* The first is one; then an event that is none, and nothing at all. */
        assert_int_equal(kit_findings(journal), position - 1);
    }
    journal_close(journal);
    place_remove(&place);
}

RUN(cmocka_unit_test(what_differs_from_what_counts_is_marked_once),
    cmocka_unit_test(a_note_of_a_copy_where_none_stands_is_found))
