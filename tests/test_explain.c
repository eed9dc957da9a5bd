/*
 * test_explain.c - rows: with the rules that gave nothing, notes, consents
 */
#include "tests/story.h"
#include "tests/unit.h"

/* In file order, each with the first condition that failed. */
TEST(why_a_rule_gave_nothing)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "ends: 2025-01-31\n"
                "earn:\n"
                "  - {id: we, when: {weekdays: [sat, sun]}, points: 1}\n"
                "  - {id: base, per: 1.00, points: 1}\n"
                "  - {id: one, points: 5, limit: {times: 1, per: ever}}\n"
                "  - {id: g1, points: 3, best_of: g}\n"
                "  - {id: g2, points: 4, best_of: g}\n"
                "  - {id: a, on: activity, name: x, points: 2, when: "
                "{consents: [sms]}}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_event(story, "{\"at\": \"2025-01-10T13:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"B\", \"total\": 50}");
    story_event(story, "{\"at\": \"2025-01-10T14:00\", \"kind\": \"activity\","
                       " \"name\": \"x\"}");
    story_event(story, "{\"at\": \"2025-02-01T13:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"C\", \"total\": 50}");
    const char *rows = story_explain(story, "42", "2025-03-01", true);
    story_has(rows, "\"rules\": [{\"rule\": \"we\", \"points\": 0, \"why\": "
                    "\"weekdays\"}, {\"rule\": \"base\", \"points\": 10}, "
                    "{\"rule\": \"one\", \"points\": 5}, {\"rule\": \"g1\", "
                    "\"points\": 0, \"why\": \"best_of\"}, {\"rule\": \"g2\", "
                    "\"points\": 4}], \"points\": 19");
    story_has(rows, "{\"rule\": \"base\", \"points\": 0, \"why\": "
                    "\"amount\"}, {\"rule\": \"one\", \"points\": 0, \"why\": "
                    "\"limit\"}");
    story_has(rows, "\"kind\": \"activity\", \"store\": 10, \"rules\": "
                    "[{\"rule\": \"a\", \"points\": 0, \"why\": "
                    "\"consents\"}]");
    story_has(rows, "{\"rule\": \"base\", \"points\": 0, \"why\": \"ends\"}");
    story_has(story_explain(story, "42", "2025-03-01", false),
              "\"rules\": [{\"rule\": \"base\", \"points\": 10}, {\"rule\": "
              "\"one\", \"points\": 5}, {\"rule\": \"g2\", \"points\": 4}]");
    story_close(story);
}

/* A purchase may give and take vouchers of several rewards: one entry each, in
 * byte order. */
TEST(vouchers_are_summed_by_reward)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01",
                "rewards: [{id: b, value: 1.00}, {id: a, value: 1.00}]\n"
                "earn:\n"
                "  - {id: r1, reward: b}\n"
                "  - {id: r2, reward: a}\n"
                "  - {id: r3, reward: b}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"purchase\", "
                       "\"receipt\": \"A\", \"total\": 1000}");
    story_has(story_explain(story, "42", "2025-03-01", false),
              "\"rules\": [{\"rule\": \"r1\", \"points\": 0}, {\"rule\": "
              "\"r2\", \"points\": 0}, {\"rule\": \"r3\", \"points\": 0}], "
              "\"points\": 0, \"vouchers\": [{\"reward\": \"a\", \"count\": 1},"
              " {\"reward\": \"b\", \"count\": 2}]");
    story_close(story);
}

/* What is over when it is given has a row of its own right after; the event's
 * own row still shows it. */
TEST(what_is_past_when_it_comes_expires_at_once)
{
    struct story *story = story_open();

    story_rules(story, "2000-01-01", "points: {value: 0.01}\n");
    story_event(story, "{\"at\": \"2025-01-10T12:00\", \"kind\": \"redeem\", "
                       "\"id\": \"x\", \"points\": 4}");
    story_event(story, "{\"at\": \"2025-01-11T12:00\", \"kind\": \"adjust\", "
                       "\"points\": 10, \"reason\": \"r\", \"by\": \"b\", "
                       "\"expires_on\": \"2025-01-01\"}");
    story_has(story_explain(story, "42", "2025-03-01", false),
              "\"points\": 10, \"vouchers\": [], \"notes\": [], "
              "\"available\": 6, \"pending\": 0, \"debt\": 0, \"tier\": null},"
              "{\"event\": null, \"at\": \"2025-01-11T10:00:00.000Z\", "
              "\"kind\": \"expire\", \"store\": null, \"rules\": [], "
              "\"points\": -6, \"vouchers\": [], \"notes\": [], "
              "\"available\": 0, \"pending\": 0, \"debt\": 0");
    story_close(story);
}

RUN(cmocka_unit_test(why_a_rule_gave_nothing),
    cmocka_unit_test(vouchers_are_summed_by_reward),
    cmocka_unit_test(what_is_past_when_it_comes_expires_at_once))
