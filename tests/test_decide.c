/*
 * test_decide.c - verdicts on redemptions, one after the other in their order
 */
#include "tests/unit.h"

#include "nodes/decide.h"
#include "tests/story.h"

#define RULES                                                                  \
    "points: {value: 0.015, min_redemption: 100}\n"                            \
    "earn: [{id: base, per: 1.00, points: 1}]\n"                               \
    "rewards:\n"                                                               \
    "  - {id: cup, value: 8.00, points: 300}\n"                                \
    "  - {id: tea, value: 1.00}\n"
#define OFFLINE "offline: {max_value: 5.00, max_age_days: 7}\n"

#define DAY_MS INT64_C(86400000)
/* 2025-01-12T10:00:00Z, 12 o'clock in Helsinki. */
#define NOW_MS INT64_C(1736676000000)

/* 500 points, one voucher of tea. */
static struct story *
customer(const char *rules)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", rules);
    story_event(story, "{\"kind\": \"purchase\", \"at\": \"2025-01-02T12:00\", "
                       "\"receipt\": \"1\", \"total\": 50000}");
    story_event(story, "{\"kind\": \"grant\", \"at\": \"2025-01-02T13:00\", "
                       "\"reward\": \"tea\"}");
    return story;
}

static struct decision
ask(struct story *story, const char *account, struct decide_command command)
{
    struct walk *walk = story_walk(story, account, "2025-01-12T12:00", false);

    story_finish(story);
    return decide_redemption(story_timeline(story), &walk->account, &command,
                             NOW_MS);
}

static struct decide_command
take_points(int64_t count)
{
    return (struct decide_command) { .points = { count } };
}

static struct decide_command
take_reward(const char *reward)
{
    return (struct decide_command) { .reward = view_of(reward) };
}

TEST(points_that_are_there_are_granted)
{
    struct story *story = customer(RULES);
    struct decision decision = ask(story, "42", take_points(500));

    assert_int_equal(decision.verdict, VERDICT_GRANTED);
    assert_int_equal(decision.available.value, 500);
    assert_int_equal(decision.minimum.value, 100);
    assert_int_equal(ask(story, "42", take_points(501)).verdict,
                     VERDICT_TOO_LITTLE);
    assert_int_equal(ask(story, "42", take_points(99)).verdict,
                     VERDICT_BELOW_MINIMUM);
    assert_int_equal(ask(story, "43", take_points(100)).verdict,
                     VERDICT_UNKNOWN);
    story_close(story);
}

TEST(a_voucher_comes_before_points)
{
    struct story *story = customer(RULES);
    struct decision tea = ask(story, "42", take_reward("tea"));
    struct decision cup = ask(story, "42", take_reward("cup"));

    assert_int_equal(tea.verdict, VERDICT_GRANTED);
    assert_true(tea.by_voucher);
    assert_int_equal(tea.points.value, 0);
    assert_int_equal(cup.verdict, VERDICT_GRANTED);
    assert_false(cup.by_voucher);
    assert_int_equal(cup.points.value, 300);
    assert_int_equal(ask(story, "42", take_reward("pie")).verdict,
                     VERDICT_UNKNOWN);
    story_close(story);
}

TEST(a_voucher_that_is_used_up_is_too_little)
{
    struct story *story = customer(RULES);

    story_event(story, "{\"kind\": \"redeem\", \"at\": \"2025-01-03T13:00\", "
                       "\"id\": \"a\", \"reward\": \"tea\"}");
    assert_int_equal(ask(story, "42", take_reward("tea")).verdict,
                     VERDICT_TOO_LITTLE);
    story_close(story);
}

TEST(offline_is_bound_by_age_and_by_the_day)
{
    struct story *story = customer(RULES OFFLINE);
    struct decide_command command = take_points(300);

    command.offline = true;
    command.state_ms = NOW_MS - 7 * DAY_MS;
    struct decision decision = ask(story, "42", command);
    assert_int_equal(decision.verdict, VERDICT_GRANTED);
    assert_int_equal(decision.value.minor, 450);
    assert_int_equal(decision.limit_left.minor, 500);
    command.granted_today = (money) { 51 };
    assert_int_equal(ask(story, "42", command).verdict, VERDICT_OFFLINE_LIMIT);
    command.granted_today = (money) { 50 };
    assert_int_equal(ask(story, "42", command).verdict, VERDICT_GRANTED);
    command.state_ms -= 1;
    decision = ask(story, "42", command);
    assert_int_equal(decision.verdict, VERDICT_TOO_OLD);
    assert_int_equal(decision.age_ms, 7 * DAY_MS + 1);
    assert_int_equal(decision.age_days_max, 7);
    assert_int_equal(decision.limit.minor, 500);
    assert_int_equal(decision.limit_used.minor, 50);
    command.state_ms = 0;
    decision = ask(story, "42", command);
    assert_int_equal(decision.verdict, VERDICT_TOO_OLD);
    assert_true(decision.age_ms == INT64_MAX);
    command.points.value = 501;
    assert_int_equal(ask(story, "42", command).verdict, VERDICT_TOO_LITTLE);
    story_close(story);
}

TEST(without_the_key_nothing_is_granted_offline)
{
    struct story *story = customer(RULES);
    struct decide_command command = take_points(100);

    command.offline = true;
    command.state_ms = NOW_MS;
    assert_int_equal(ask(story, "42", command).verdict, VERDICT_OFFLINE_LIMIT);
    story_close(story);
}

TEST(points_are_worth_whole_cents_rounded_up)
{
    struct story *story = customer(RULES);
    const struct version *version = timeline_at(story_timeline(story), NOW_MS);

    assert_int_equal(decide_points_value(version, (points) { 1 }).minor, 2);
    assert_int_equal(decide_points_value(version, (points) { 2 }).minor, 3);
    assert_int_equal(decide_points_value(NULL, (points) { 2 }).minor, 0);
    assert_int_equal(decide_reward_value(version, view_of("cup")).minor, 800);
    assert_int_equal(decide_reward_value(version, view_of("pie")).minor, 0);
    story_close(story);
}

RUN(cmocka_unit_test(points_that_are_there_are_granted),
    cmocka_unit_test(a_voucher_comes_before_points),
    cmocka_unit_test(a_voucher_that_is_used_up_is_too_little),
    cmocka_unit_test(offline_is_bound_by_age_and_by_the_day),
    cmocka_unit_test(without_the_key_nothing_is_granted_offline),
    cmocka_unit_test(points_are_worth_whole_cents_rounded_up))
