/*
 * test_account_pack.c - a packed state is exact: whoever goes on from it gets
 * to the same bytes as a fold of the whole history
 */
#include "core/balance.h"
#include "tests/story.h"
#include "tests/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 16 };

/* The last state packed in a walk, and its event's number among the steps. */
struct packed {
    uint8_t bytes[ROOM];
    size_t size;
};

static struct account
unpack(const struct packed *packed, account_id id,
       const struct timeline *timeline, struct arena *arena)
{
    view bytes = { packed->bytes, (uint32_t)packed->size };
    struct account account;

    assert_int_equal(account_unpack(bytes, id, timeline, arena, &account), OK);
    return account;
}

static void
assert_same_state(const struct packed *packed, const struct account *account,
                  const struct timeline *timeline)
{
    static uint8_t bytes[ROOM];
    size_t size = account_pack(account, timeline, bytes, ROOM);

    assert_int_equal(size, packed->size);
    assert_memory_equal(bytes, packed->bytes, size);
}

/* What a question about a later time answers, of a state folded on and of a
 * packed one; both are used up. */
static void
assert_same_answer(struct fold *fold, struct account *account,
                   struct account *packed)
{
    struct text left = { 0 }, right = { 0 };
    int64_t later_ms = account->last_ms + INT64_C(40000000000);

    fold_run_clock(fold, account, later_ms);
    fold_run_clock(fold, packed, later_ms);
    balance_json(&left, fold_timeline(fold), account, later_ms);
    balance_json(&right, fold_timeline(fold), packed, later_ms);
    text_char(&left, '\0');
    text_char(&right, '\0');
    assert_string_equal(left.bytes, right.bytes);
    text_close(&left);
    text_close(&right);
}

struct counts {
    int forward;
    int anew;
    size_t size_max;
};

/* Walks one account; after each of its events the state is packed, and from
 * the one before it the event is folded forward where that is allowed. */
static void
check_account(struct story *story, const char *name, const char *until,
              struct counts *counts)
{
    static struct packed before, after;
    struct arena arena;
    const struct timeline *timeline = story_timeline(story);
    struct walk *walk = story_walk(story, name, until, false);

    assert_true(arena_open(&arena, (size_t)1 << 30));
    struct fold *fold = fold_open(timeline, false, &arena);
    before.size = 0;
    while (story_next(story)) {
        const struct account *whole = &walk->account;
        bool referral = walk->step.kind == STEP_REFERRAL;
        if (!referral && walk->step.kind != STEP_EVENT)
            continue;
        after.size = account_pack(whole, timeline, after.bytes, ROOM);
        assert_true(after.size > 0);
        if (after.size > counts->size_max)
            counts->size_max = after.size;
        if (before.size > 0 && !referral) {
            struct account account =
                unpack(&before, whole->id, timeline, &arena);
            assert_same_state(&before, &account, timeline);
            if (fold_can_forward(&account, walk->step.event)) {
                fold_run_clock(fold, &account, walk->step.at_ms);
                fold_event(fold, &account, walk->step.event);
                fold_effects(fold)->count = 0;
                assert_same_state(&after, &account, timeline);
                struct account anew =
                    unpack(&after, whole->id, timeline, &arena);
                assert_same_answer(fold, &account, &anew);
                counts->forward++;
            } else {
                counts->anew++;
            }
        }
        before = after;
    }
    arena_close(&arena);
}

static char *
read_file(const char *folder, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "tests/examples/%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    char *bytes = calloc(1, 1 << 20);
    assert_non_null(bytes);
    assert_true(fread(bytes, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return bytes;
}

TEST(every_example_can_be_folded_forward)
{
    struct dirent **names;
    struct counts counts = { 0 };
    int count = scandir("tests/examples", &names, NULL, alphasort);

    assert_true(count > 20);
    for (int i = 0; i < count; i++) {
        char *yaml = read_file(names[i]->d_name, "program.yaml");
        char *later = read_file(names[i]->d_name, "program@2025-07-01.yaml");
        char *lines = read_file(names[i]->d_name, "events.jsonl");
        if (yaml != NULL && lines != NULL) {
            static account_id accounts[1000];
            struct story *story = story_open();
            story_version(story, "2000-01-01", yaml);
            if (later != NULL)
                story_version(story, "2025-07-01", later);
            story_lines(story, view_of(lines));
            uint32_t found = story_accounts(story, accounts, 1000);
            for (uint32_t k = 0; k < found; k++) {
                char name[ACCOUNT_SIZE];
                account_format(accounts[k], name);
                check_account(story, name, "2026-01-01", &counts);
            }
            story_close(story);
        }
        free(yaml);
        free(later);
        free(lines);
        free(names[i]);
    }
    free(names);
    assert_true(counts.forward > 100);
    assert_true(counts.anew > 20);
}

/* Four partners' stores, three purchases a week for a year, lots that last a
 * year, tiers, a bonus, stamps and a spend reward. */
TEST(a_year_of_an_ordinary_member_fits_512_bytes)
{
    struct story *story = story_open();
    struct counts counts = { 0 };
    char line[256];

    story_rules(
        story, "2000-01-01",
        "points: {expire_months: 12}\n"
        "earn:\n"
        "  - {id: base, per: 1.00, points: 1}\n"
        "  - {id: day, points: 2, limit: {times: 1, per: day}}\n"
        "rewards: [{id: coffee, value: 3.50, valid_days: 60}]\n"
        "stamps: [{id: card, per: receipt, need: 10, reward: coffee}]\n"
        "spend_rewards: [{id: k, spend: 500.00, window: year, reward: coffee,"
        " repeat: true}]\n"
        "monthly_bonus: {steps: [{from: 50.00, percent: 1}]}\n"
        "tiers: {window: 12 months, valid_for: 12 months, levels: [{id: b}, "
        "{id: s, from: 500.00, multiply: 1.25}]}\n");
    story_event(story, "{\"at\": \"2025-01-01T08:00\", \"kind\": \"join\"}");
    story_event(story, "{\"at\": \"2025-01-01T08:01\", \"kind\": \"consent\", "
                       "\"channel\": \"email\", \"granted\": true}");
    for (int i = 0; i < 156; i++) {
        snprintf(line, sizeof line,
                 "{\"at\": \"2025-%02d-%02dT12:00\", \"kind\": \"purchase\", "
                 "\"store\": %d, \"receipt\": \"r%d\", \"total\": %d}",
                 i / 13 + 1, i % 13 * 2 + 1, 10 + i % 4 * 8, i, 1234 + i);
        story_event(story, line);
    }
    check_account(story, "42", "2026-01-01", &counts);
    assert_int_equal(counts.forward, 157);
    print_message("packed: %zu bytes\n", counts.size_max);
    assert_true(counts.size_max <= 512);
    story_close(story);
}

RUN(cmocka_unit_test(every_example_can_be_folded_forward),
    cmocka_unit_test(a_year_of_an_ordinary_member_fits_512_bytes))
