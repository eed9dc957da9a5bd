/*
 * test_candidate.c - a candidate takes the place of what is published from its
 * day on, and must have the ledger's currency and zone
 */
#include "tests/unit.h"

#include "core/ledger_publish.h"
#include "replay/candidate.h"
#include "tests/place.h"

#include <string.h>

#define HEAD "program: X\ncurrency: EUR\ntimezone: Europe/Helsinki\n"

static struct arena arena;
static struct mistakes mistakes;
static struct complaint complaint;

static enum err
compile(struct ledger *ledger, const char *file, int32_t from_day,
        const struct timeline **ret_timeline)
{
    const struct candidate candidate = { .name = "c.yaml",
                                         .file = view_of(file),
                                         .from_day = from_day };

    return candidate_timeline(ledger, &candidate, &arena, &mistakes,
                              ret_timeline, &complaint);
}

static struct ledger *
open_published(const char *dir)
{
    const struct ledger_identity who = { .node = 1 };
    const struct ledger_publish publish = { .name = "p.yaml",
                                            .file = view_of(HEAD),
                                            .from_day = 10957,
                                            .now_ms = INT64_C(1790000000000) };
    struct ledger *ledger = NULL;
    identity published;

    assert_int_equal(ledger_create(dir, &who, publish.now_ms, &complaint), OK);
    assert_int_equal(ledger_open(dir, LEDGER_WRITE, &complaint, &ledger), OK);
    assert_int_equal(ledger_publish(ledger, &publish, &published, &complaint),
                     OK);
    assert_int_equal(ledger_refresh(ledger, &complaint), OK);
    return ledger;
}

TEST(it_holds_from_its_day_on)
{
    const struct timeline *timeline = NULL;
    struct place place = place_make();
    char path[PLACE_SIZE];

    place_join(&place, "ledger", path);
    assert_true(arena_open(&arena, 1 << 28));
    struct ledger *ledger = open_published(path);
    assert_int_equal(compile(ledger, HEAD, CANDIDATE_FROM_START, &timeline),
                     OK);
    assert_int_equal(timeline->version_count, 1);
    assert_int_equal(compile(ledger, HEAD, 20000, &timeline), OK);
    assert_int_equal(timeline->version_count, 2);
    assert_int_equal(timeline->versions[1].from_ms,
                     zone_midnight_ms(&timeline->zone, 20000));
    assert_int_equal(compile(ledger,
                             "program: X\ncurrency: SEK\n"
                             "timezone: Europe/Helsinki\n",
                             CANDIDATE_FROM_START, &timeline),
                     ERR_INPUT);
    assert_non_null(strstr(complaint.text, "currency SEK"));
    assert_int_equal(
        compile(ledger, "program: X\n", CANDIDATE_FROM_START, &timeline),
        ERR_INPUT);
    assert_true(mistakes.count > 0);
    ledger_close(ledger);
    arena_close(&arena);
    place_remove(&place);
}

RUN(cmocka_unit_test(it_holds_from_its_day_on))
