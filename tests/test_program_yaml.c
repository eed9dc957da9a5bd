/*
 * test_program_yaml.c - a program file becomes the program that it says
 *
 * The example of RULES.md field by field; the defaults; all programs of the
 * worked examples; and that no input whatever, however bent, deep or big, does
 * anything but end in a program or in mistakes.
 */
#include "tests/unit.h"

#include "core/program_yaml.h"
#include "tests/program_file.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASSERT_VIEW(value, text) assert_true(view_equal(value, view_of(text)))

static struct program_file *
read_kanta(void)
{
    view bytes = program_file_load(PROGRAM_FILE_KANTA);
    struct program_file *file = program_file_read(bytes);

    free((void *)bytes.bytes);
    assert_int_equal(file->err, OK);
    assert_int_equal(file->mistakes.total, 0);
    return file;
}

static void
assert_ranges(struct store_set set, const struct store_range *ranges,
              uint32_t count)
{
    assert_int_equal(set.count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(set.ranges[i].first, ranges[i].first);
        assert_int_equal(set.ranges[i].last, ranges[i].last);
    }
}

TEST(kanta_partners_stores_and_goods)
{
    struct program_file *file = read_kanta();
    const struct program *program = file->program;

    ASSERT_VIEW(program->program, "Kanta");
    ASSERT_VIEW(program->currency, "EUR");
    ASSERT_VIEW(program->timezone, "Europe/Helsinki");
    assert_int_equal(program->store_group_count, 1);
    ASSERT_VIEW(program->store_groups[0].id, "turku");
    ASSERT_VIEW(program->store_groups[0].name, "Turun seutu");
    assert_ranges(program->store_groups[0].stores,
                  (struct store_range[]) { { 10, 14 }, { 30, 30 } }, 2);
    assert_int_equal(program->partner_count, 3);
    const struct program_partner *partners = program->partners;
    ASSERT_VIEW(partners[0].id, "market");
    ASSERT_VIEW(partners[0].name, "Market Oy");
    assert_ranges(partners[0].stores,
                  (struct store_range[]) { { 1, 2 }, { 10, 19 } }, 2);
    assert_int_equal(partners[0].issue_price.micro, 10000);
    assert_int_equal(partners[0].redeem_price.micro, 9000);
    ASSERT_VIEW(partners[1].id, "cafe");
    assert_int_equal(partners[1].issue_price.micro, 12000);
    ASSERT_VIEW(partners[2].name, "Roaster Oy");
    assert_int_equal(partners[2].stores.count, 0);
    assert_int_equal(program->excluded.categories.count, 2);
    ASSERT_VIEW(program->excluded.categories.names[0], "tobacco");
    ASSERT_VIEW(program->excluded.categories.names[1], "lottery");
    assert_int_equal(program->excluded.skus.count, 0);
    assert_int_equal(program->only.categories.count, 0);
    assert_int_equal(program->only.skus.count, 0);
    assert_int_equal(program->ends, calendar_day((civil) { 2030, 12, 31 }));
    program_file_close(file);
}

TEST(kanta_points_overdraft_and_offline)
{
    struct program_file *file = read_kanta();
    const struct program *program = file->program;

    assert_int_equal(program->points.value.micro, 10000);
    assert_int_equal(program->points.pending_days, 0);
    assert_int_equal(program->points.release.count, 0);
    assert_int_equal(program->points.expiry, EXPIRE_MONTHS);
    assert_int_equal(program->points.expire_months, 12);
    assert_int_equal(program->points.expire_dates.count, 0);
    assert_int_equal(program->points.min_redemption.value, 100);
    assert_false(program->overdraft_partner);
    assert_true(program->offline.given);
    assert_int_equal(program->offline.max_value.minor, 2000);
    assert_int_equal(program->offline.max_age_days, 7);
    program_file_close(file);
}

/* What all rules of the example have left out. */
static void
assert_plain(const struct earn_rule *rule, const char *id)
{
    ASSERT_VIEW(rule->id, id);
    if (rule->on != EARN_ON_ACTIVITY)
        assert_int_equal(rule->activity.size, 0);
    if (rule->shape != EARN_MULTIPLY) {
        assert_int_equal(rule->multiply, 0);
        assert_int_equal(rule->of, PROGRAM_NONE);
    }
    if (rule->shape != EARN_PER_AMOUNT)
        assert_int_equal(rule->per.minor, 0);
    if (rule->on != EARN_ON_INACTIVE)
        assert_int_equal(rule->after_days, 0);
}

TEST(kanta_rules_on_purchases)
{
    struct program_file *file = read_kanta();
    const struct program *program = file->program;
    const struct earn_rule *rule = program->earn;

    assert_int_equal(program->earn_count, 10);
    assert_plain(&rule[0], "base");
    assert_int_equal(rule[0].on, EARN_ON_PURCHASE);
    assert_int_equal(rule[0].shape, EARN_PER_AMOUNT);
    assert_int_equal(rule[0].per.minor, 100);
    assert_int_equal(rule[0].points.value, 1);
    assert_int_equal(rule[0].reward, PROGRAM_NONE);
    assert_int_equal(rule[0].funder, PROGRAM_NONE);
    assert_int_equal(rule[0].limit_per, LIMIT_PER_NONE);
    assert_int_equal(rule[0].max_points, PROGRAM_NO_LIMIT);
    assert_int_equal(rule[0].best_of, PROGRAM_NONE);
    assert_int_equal(rule[0].when.given, 0);
    assert_plain(&rule[1], "weekend");
    assert_int_equal(rule[1].shape, EARN_MULTIPLY);
    assert_int_equal(rule[1].multiply, 2000);
    assert_int_equal(rule[1].of, 0);
    assert_int_equal(rule[1].when.given, 1u << CONDITION_WEEKDAYS);
    assert_int_equal(rule[1].when.weekdays, 1u << 5 | 1u << 6);
    assert_plain(&rule[2], "coffee3");
    assert_int_equal(rule[2].multiply, 3000);
    assert_int_equal(rule[2].when.given, 1u << CONDITION_CATEGORIES);
    assert_int_equal(rule[2].when.goods.categories.count, 1);
    ASSERT_VIEW(rule[2].when.goods.categories.names[0], "coffee");
    assert_int_equal(rule[2].best_of, 0);
    assert_plain(&rule[3], "big");
    assert_int_equal(rule[3].shape, EARN_FIXED);
    assert_int_equal(rule[3].points.value, 50);
    assert_int_equal(rule[3].when.given, 1u << CONDITION_MIN_TOTAL);
    assert_int_equal(rule[3].when.min_total.minor, 10000);
    assert_int_equal(rule[3].best_of, 0);
    assert_int_equal(program->earn_groups.count, 1);
    ASSERT_VIEW(program->earn_groups.names[0], "promo");
    assert_plain(&rule[4], "roast");
    assert_int_equal(rule[4].shape, EARN_PER_ITEM);
    assert_int_equal(rule[4].points.value, 20);
    assert_int_equal(rule[4].funder, 2);
    ASSERT_VIEW(rule[4].when.goods.categories.names[0], "coffee.beans");
    assert_plain(&rule[5], "comeback");
    assert_int_equal(rule[5].when.given, 1u << CONDITION_INACTIVE_DAYS);
    assert_int_equal(rule[5].when.inactive_days, 180);
    assert_int_equal(rule[5].points.value, 300);
    assert_int_equal(rule[5].max_points, 300);
    program_file_close(file);
}

TEST(kanta_rules_on_other_events)
{
    struct program_file *file = read_kanta();
    const struct earn_rule *rule = file->program->earn;

    assert_plain(&rule[6], "wake");
    assert_int_equal(rule[6].on, EARN_ON_INACTIVE);
    assert_int_equal(rule[6].shape, EARN_FIXED);
    assert_int_equal(rule[6].after_days, 90);
    assert_int_equal(rule[6].points.value, 0);
    assert_int_equal(rule[6].reward, 0);
    assert_plain(&rule[7], "welcome");
    assert_int_equal(rule[7].on, EARN_ON_JOIN);
    assert_int_equal(rule[7].points.value, 500);
    assert_plain(&rule[8], "survey");
    assert_int_equal(rule[8].on, EARN_ON_ACTIVITY);
    ASSERT_VIEW(rule[8].activity, "survey");
    assert_int_equal(rule[8].points.value, 100);
    assert_int_equal(rule[8].limit_times, 1);
    assert_int_equal(rule[8].limit_per, LIMIT_PER_MONTH);
    assert_plain(&rule[9], "birthday");
    ASSERT_VIEW(rule[9].activity, "birthday");
    assert_int_equal(rule[9].reward, 0);
    assert_int_equal(rule[9].limit_times, 1);
    assert_int_equal(rule[9].limit_per, LIMIT_PER_YEAR);
    program_file_close(file);
}

TEST(kanta_rewards_stamps_and_spend)
{
    struct program_file *file = read_kanta();
    const struct program *program = file->program;

    assert_int_equal(program->reward_count, 3);
    const struct program_reward *reward = program->rewards;
    ASSERT_VIEW(reward[0].id, "free_coffee");
    ASSERT_VIEW(reward[0].name, "Ilmainen kahvi");
    assert_int_equal(reward[0].value.minor, 350);
    assert_int_equal(reward[0].valid_days, 60);
    assert_int_equal(reward[0].price.value, 0);
    assert_true(reward[0].paid_by_issuer);
    ASSERT_VIEW(reward[1].id, "gift50");
    assert_int_equal(reward[1].name.size, 0);
    assert_int_equal(reward[1].value.minor, 5000);
    assert_int_equal(reward[1].valid_days, 365);
    assert_false(reward[1].paid_by_issuer);
    assert_int_equal(reward[2].price.value, 800);
    assert_int_equal(reward[2].valid_days, PROGRAM_NONE);
    assert_int_equal(program->stamp_count, 2);
    const struct stamp_card *card = program->stamps;
    ASSERT_VIEW(card[0].id, "coffee");
    assert_int_equal(card[0].per, STAMP_PER_ITEM);
    assert_int_equal(card[0].when.given, 1u << CONDITION_CATEGORIES);
    assert_int_equal(card[0].need, 10);
    assert_int_equal(card[0].reward, 0);
    assert_int_equal(card[0].points.value, 0);
    assert_int_equal(card[1].per, STAMP_BY_EVENT);
    assert_int_equal(card[1].reward, PROGRAM_NONE);
    assert_int_equal(card[1].points.value, 500);
    assert_int_equal(program->spend_reward_count, 1);
    ASSERT_VIEW(program->spend_rewards[0].id, "thousand");
    assert_int_equal(program->spend_rewards[0].spend.minor, 100000);
    assert_true(program->spend_rewards[0].window_year);
    assert_true(program->spend_rewards[0].repeat);
    assert_int_equal(program->spend_rewards[0].reward, 1);
    program_file_close(file);
}

TEST(kanta_bonus_and_tiers)
{
    struct program_file *file = read_kanta();
    const struct program *program = file->program;
    const struct bonus_step *step = program->bonus_steps;
    const struct tier_level *level = program->tiers.levels;

    assert_int_equal(program->bonus_step_count, 3);
    assert_int_equal(step[0].from.minor, 5000);
    assert_int_equal(step[0].percent, 1000);
    assert_int_equal(step[1].percent, 1500);
    assert_int_equal(step[2].from.minor, 40000);
    assert_int_equal(step[2].percent, 2500);
    assert_int_equal(program->tiers.count, 3);
    assert_int_equal(program->tiers.window_months, 12);
    assert_int_equal(program->tiers.valid_months, 12);
    assert_false(program->tiers.one_level);
    ASSERT_VIEW(level[0].id, "basic");
    assert_int_equal(level[0].from.minor, 0);
    assert_int_equal(level[0].multiply, 1000);
    assert_int_equal(level[0].reward, PROGRAM_NONE);
    assert_int_equal(level[1].from.minor, 50000);
    assert_int_equal(level[1].multiply, 1250);
    assert_int_equal(level[2].from.minor, 200000);
    assert_int_equal(level[2].multiply, 1500);
    assert_int_equal(level[2].discount_percent, 5000);
    assert_int_equal(level[2].reward, 1);
    assert_int_equal(level[2].perks.count, 2);
    ASSERT_VIEW(level[2].perks.names[0], "lounge");
    ASSERT_VIEW(level[2].perks.names[1], "early_sale");
    program_file_close(file);
}

TEST(kanta_referral_and_passes)
{
    struct program_file *file = read_kanta();
    const struct program *program = file->program;
    const struct program_pass *pass = program->passes;

    assert_int_equal(program->referral.on, REFERRAL_PURCHASE);
    assert_int_equal(program->referral.min_total.minor, 2000);
    assert_int_equal(program->referral.referrer_points.value, 1000);
    assert_int_equal(program->referral.referrer_reward, PROGRAM_NONE);
    assert_int_equal(program->referral.referred_points.value, 0);
    assert_int_equal(program->referral.referred_reward, 0);
    assert_int_equal(program->pass_count, 1);
    ASSERT_VIEW(pass[0].id, "gym10");
    assert_int_equal(pass[0].uses, 10);
    assert_int_equal(pass[0].valid_months, 12);
    assert_int_equal(pass[0].rebate_count, 2);
    assert_int_equal(pass[0].rebates[0].within_days, 30);
    assert_int_equal(pass[0].rebates[0].points.value, 2000);
    assert_int_equal(pass[0].rebates[0].reward, PROGRAM_NONE);
    assert_int_equal(pass[0].rebates[1].within_days, 60);
    assert_int_equal(pass[0].rebates[1].points.value, 0);
    assert_int_equal(pass[0].rebates[1].reward, 0);
    assert_int_equal(program->test_count, 0);
    program_file_close(file);
}

TEST(what_is_left_out_has_its_default)
{
    struct program_file *file = program_file_of("");
    const struct program *program = file->program;

    assert_int_equal(file->err, OK);
    assert_int_equal(program->points.value.micro, 10000);
    assert_int_equal(program->points.expiry, EXPIRE_NEVER);
    assert_int_equal(program->ends, INT32_MAX);
    assert_int_equal(program->referral.on, REFERRAL_NONE);
    assert_int_equal(program->tiers.count, 0);
    assert_int_equal(program->bonus_step_count, 0);
    assert_int_equal(program->earn_count, 0);
    assert_false(program->offline.given);
    program_file_close(file);
    file = program_file_of("referral: {referrer_points: 1}\n"
                           "spend_rewards: [{id: a, spend: 1, points: 1}]\n"
                           "passes: [{id: p, uses: 1}]\n");
    assert_int_equal(file->err, OK);
    program = file->program;
    assert_int_equal(program->referral.on, REFERRAL_PURCHASE);
    assert_int_equal(program->referral.referred_reward, PROGRAM_NONE);
    assert_false(program->spend_rewards[0].window_year);
    assert_false(program->spend_rewards[0].repeat);
    assert_int_equal(program->passes[0].valid_months, PROGRAM_NONE);
    program_file_close(file);
}

TEST(other_ways_to_say_things)
{
    struct program_file *file = program_file_of(
        "points: {release: [12-01, 06-15], expire_inactive_months: '18'}\n"
        "overdraft: {liable: partner}\n"
        "partners:\n"
        "  - {id: b, issue_price: 0, redeem_price: '1000'}\n"
        "earn:\n"
        "  - {id: m, multiply: 1.001, of: q}\n"
        "  - {id: i, per: item, points: 1, best_of: y}\n"
        "  - {id: q, per: 1000000000, points: 1000000, best_of: x}\n"
        "  - id: w\n"
        "    points: 0\n"
        "    best_of: y\n"
        "    when:\n"
        "      hours: 22:00-06:30\n"
        "      dates: {from: 2000-01-01, to: 2099-12-31}\n"
        "      partners: [b, b]\n"
        "      tiers: [two, one, two]\n"
        "      skus: [A/1]\n"
        "      first_purchase: true\n"
        "      home_store: false\n"
        "      consents: [email, sms]\n"
        "tiers: {window: year, valid_for: 1 month, downgrade: one_level,\n"
        "  levels: [{id: one}, {id: two, from: 0.01}]}\n");
    const struct program *program = file->program;

    assert_int_equal(file->err, OK);
    assert_int_equal(program->points.expiry, EXPIRE_INACTIVE);
    assert_int_equal(program->points.expire_months, 18);
    assert_int_equal(program->points.release.count, 2);
    assert_int_equal(program->points.release.dates[0].month, 6);
    assert_int_equal(program->points.release.dates[1].day, 1);
    assert_true(program->overdraft_partner);
    assert_int_equal(program->partners[0].redeem_price.micro, 1000000000);
    const struct earn_rule *rule = program->earn;
    assert_int_equal(rule[0].multiply, 1001);
    assert_int_equal(rule[0].of, 2);
    assert_int_equal(rule[1].best_of, 0);
    assert_int_equal(rule[2].best_of, 1);
    assert_int_equal(rule[2].per.minor, INT64_C(100000000000));
    assert_int_equal(rule[3].best_of, 0);
    const struct condition *when = &rule[3].when;
    assert_int_equal(when->hours_from_ms, 22 * 3600000);
    assert_int_equal(when->hours_to_ms, 6 * 3600000 + 30 * 60000);
    assert_int_equal(when->date_from, calendar_day((civil) { 2000, 1, 1 }));
    assert_int_equal(when->date_to, calendar_day((civil) { 2099, 12, 31 }));
    assert_int_equal(when->partner_count, 1);
    assert_int_equal(when->partners[0], 0);
    assert_int_equal(when->tier_count, 2);
    assert_int_equal(when->tiers[0], 0);
    assert_int_equal(when->tiers[1], 1);
    ASSERT_VIEW(when->goods.skus.names[0], "A/1");
    assert_true(when->first_purchase);
    assert_false(when->home_store);
    assert_int_equal(when->consents.count, 2);
    assert_int_equal(program->tiers.window_months, 0);
    assert_int_equal(program->tiers.valid_months, 1);
    assert_true(program->tiers.one_level);
    program_file_close(file);
}

TEST(the_programs_of_all_worked_examples_are_good)
{
    glob_t found;

    assert_int_equal(glob("tests/examples/*/*.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 20);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        view bytes = program_file_load(found.gl_pathv[i]);
        struct program_file *file = program_file_read(bytes);
        if (file->err != OK)
            fail_msg("%s: %s", found.gl_pathv[i], file->mistakes.list[0].text);
        program_file_close(file);
        free((void *)bytes.bytes);
    }
    globfree(&found);
}

TEST(the_zone_is_looked_up_where_a_file_is_checked)
{
    static struct mistakes mistakes;
    const view good = view_of("program: a\ncurrency: EUR\ntimezone: UTC\n");
    const view bad = view_of("program: a\ncurrency: EUR\n"
                             "timezone: Europe/Helsinky\n");
    const struct program *program;
    struct arena arena;
    struct zone zone = { 0 };

    assert_true(arena_open(&arena, program_yaml_room(200)));
    assert_int_equal(
        program_yaml_check(good, &arena, &mistakes, &program, &zone), OK);
    ASSERT_VIEW(zone.name, "UTC");
    assert_true(zone.count >= 1);
    arena_reset(&arena);
    assert_int_equal(
        program_yaml_check(bad, &arena, &mistakes, &program, &zone), ERR_INPUT);
    assert_int_equal(mistakes.total, 1);
    assert_int_equal(mistakes.list[0].place.line, 3);
    assert_int_equal(mistakes.list[0].place.column, 11);
    assert_ptr_equal(arena.next, arena.base);
    arena_close(&arena);
}

/* Bytes put in, taken out, doubled and swapped, from a seed: whatever comes of
 * it, reading ends, and in a program only if nothing was told. */
TEST(no_bent_file_breaks_the_reader)
{
    enum { ROUNDS = 3000, BENDS_MAX = 6, GROWTH = 64 };
    static const char SPECIAL[] = "[]{},:-#&*!|>'\"%@`? \n\t0189.az";
    view kanta = program_file_load(PROGRAM_FILE_KANTA);
    uint8_t *bent = malloc(kanta.size + GROWTH);
    uint64_t seed = 0x9e3779b97f4a7c15u;
    uint32_t good = 0;

    assert_non_null(bent);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t size = kanta.size;
        memcpy(bent, kanta.bytes, size);
        for (uint32_t i = 0; i < 1 + round % BENDS_MAX; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint32_t at = (uint32_t)(seed >> 33) % size;
            uint8_t byte =
                (uint8_t)SPECIAL[(seed >> 20) % (sizeof SPECIAL - 1)];
            switch (seed >> 60 & 3) {
            case 0:
                bent[at] = byte;
                break;
            case 1:
                memmove(bent + at + 1, bent + at, size - at);
                bent[at] = byte;
                size++;
                break;
            case 2:
                memmove(bent + at, bent + at + 1, size - at - 1);
                size--;
                break;
            default:
                bent[at] = (uint8_t)(seed >> 12);
                break;
            }
        }
        struct program_file *file = program_file_read((view) { bent, size });
        assert_true((file->err == OK) == (file->mistakes.total == 0));
        good += file->err == OK;
        struct text text = { 0 };
        mistakes_write(&file->mistakes, "p", file->bytes, &text);
        assert_true(text_ok(&text));
        text_close(&text);
        program_file_close(file);
    }
    assert_true(good > 0);
    assert_true(good < ROUNDS);
    free(bent);
    free((void *)kanta.bytes);
}

/* `count` times `part`, between a head and a tail. */
static struct program_file *
read_repeated(const char *head, const char *part, uint32_t count,
              const char *tail)
{
    size_t size = strlen(head) + strlen(part) * count + strlen(tail);
    char *text = malloc(size + 1);
    char *end = text;

    assert_non_null(text);
    end = stpcpy(end, head);
    for (uint32_t i = 0; i < count; i++)
        end = stpcpy(end, part);
    stpcpy(end, tail);
    struct program_file *file =
        program_file_read((view) { (const uint8_t *)text, (uint32_t)size });
    free(text);
    return file;
}

TEST(depth_and_size_are_bounded)
{
    static const char HEAD[] = "program: a\ncurrency: EUR\ntimezone: UTC\n";
    char head[200];
    struct program_file *file = read_repeated("program: ", "[", 100000, "");

    assert_int_equal(file->err, ERR_INPUT);
    program_file_close(file);
    file = read_repeated("program: ", "{a: ", 50000, "");
    assert_int_equal(file->err, ERR_INPUT);
    program_file_close(file);
    file = read_repeated("only: {skus: [", "a,", 2000000, "]}");
    assert_int_equal(file->err, ERR_INPUT);
    program_file_close(file);
    file = read_repeated("only: {", ":,", 1000000, "}");
    assert_int_equal(file->err, ERR_INPUT);
    program_file_close(file);
    file = read_repeated("", "# a comment\n", 400000, "");
    assert_int_equal(file->err, ERR_INPUT);
    assert_int_equal(file->mistakes.list[0].place.line, 1);
    program_file_close(file);
    snprintf(head, sizeof head, "%sonly: {skus: [", HEAD);
    file = read_repeated(head, "a,", LIMIT_PROGRAM_LIST, "]}");
    assert_int_equal(file->err, OK);
    program_file_close(file);
    file = read_repeated(head, "a,", LIMIT_PROGRAM_LIST + 1, "]}");
    assert_int_equal(file->err, ERR_INPUT);
    assert_string_equal(file->mistakes.list[0].text,
                        "skus: expected at most 10000 entries, found 10001");
    program_file_close(file);
    snprintf(head, sizeof head, "%searn: [", HEAD);
    file = read_repeated(head, "a,", 2000, "]");
    assert_string_equal(file->mistakes.list[0].text,
                        "earn: expected at most 1000 entries, found 2000");
    program_file_close(file);
    file = read_repeated(head, "a,", 1000, "]");
    assert_int_equal(file->mistakes.count, LIMIT_MISTAKES);
    assert_int_equal(file->mistakes.total, 1000);
    program_file_close(file);
}

TEST(what_is_no_program_at_all)
{
    const char *const files[] = { "",     "\n\n",  "# nothing\n", "42\n",
                                  "[]\n", "---\n", "\xff\xfe",    "a: b: c" };

    for (uint32_t i = 0; i < COUNT_OF(files); i++) {
        struct program_file *file = program_file_read(view_of(files[i]));
        assert_int_equal(file->err, ERR_INPUT);
        assert_int_equal(file->mistakes.total, 1);
        program_file_close(file);
    }
}

RUN(cmocka_unit_test(kanta_partners_stores_and_goods),
    cmocka_unit_test(kanta_points_overdraft_and_offline),
    cmocka_unit_test(kanta_rules_on_purchases),
    cmocka_unit_test(kanta_rules_on_other_events),
    cmocka_unit_test(kanta_rewards_stamps_and_spend),
    cmocka_unit_test(kanta_bonus_and_tiers),
    cmocka_unit_test(kanta_referral_and_passes),
    cmocka_unit_test(what_is_left_out_has_its_default),
    cmocka_unit_test(other_ways_to_say_things),
    cmocka_unit_test(the_programs_of_all_worked_examples_are_good),
    cmocka_unit_test(the_zone_is_looked_up_where_a_file_is_checked),
    cmocka_unit_test(no_bent_file_breaks_the_reader),
    cmocka_unit_test(depth_and_size_are_bounded),
    cmocka_unit_test(what_is_no_program_at_all))
