/*
 * test_facts.c - a fingerprint is of what an event says, wherever it stands
 */
#include "core/facts.h"

#include "core/codec.h"
#include "tests/unit.h"

static struct event
sample(void)
{
    return (struct event) {
        .kind = EVENT_STAMP,
        .store = 10,
        .at_ms = LIMIT_AT_MS_MIN,
        .recorded_ms = LIMIT_AT_MS_MIN,
        .account = { .member = 42 },
        .id = view_of("x1"),
        .annex.till = view_of("t1"),
        .stamp = { view_of("c"), 2 },
    };
}

static fingerprint
print_of(const struct event *event)
{
    struct text scratch = { 0 };
    fingerprint print;

    assert_true(facts_print(event, &scratch, &print));
    text_close(&scratch);
    return print;
}

TEST(only_what_is_said_counts)
{
    struct event event = sample();
    struct event other = sample();

    other.recorded_ms++;
    other.identity = (identity) { 1, 2, 3 };
    assert_true(fingerprint_equal(print_of(&event), print_of(&other)));
    other.stamp.count = 3;
    assert_false(fingerprint_equal(print_of(&event), print_of(&other)));
    other = sample();
    other.annex.till = view_of("t2");
    assert_false(fingerprint_equal(print_of(&event), print_of(&other)));
}

TEST(stored_bytes_say_the_same)
{
    const uint8_t salt[CODEC_SALT_SIZE] = { 1, 2, 3 };
    struct event event = sample();
    struct text core = { 0 };
    struct text annex = { 0 };
    struct journal_facts facts;

    codec_encode(&event, CODEC_NO_IDENTITY, &core);
    codec_encode_annex(&event.annex, salt, &annex);
    struct record_event stored = { .core = text_view(&core),
                                   .annex = text_view(&annex) };
    assert_true(facts_describe(&stored, &facts));
    assert_true(fingerprint_equal(facts.print, print_of(&event)));
    assert_true(view_equal(facts.id, event.id));
    stored.core.size--;
    assert_false(facts_describe(&stored, &facts));
    text_close(&core);
    text_close(&annex);
}

/* The scratch for reading one has room for just that. */
TEST(the_longest_receipt_is_described)
{
    static struct event_line lines[LIMIT_EVENT_LINES];
    struct event event = sample();
    struct text core = { 0 };
    struct journal_facts facts;

    for (uint32_t i = 0; i < COUNT_OF(lines); i++)
        lines[i] = (struct event_line) { .amount = { 100 + i },
                                         .qty = 1 + i,
                                         .sku = view_of("sku-1") };
    event.kind = EVENT_PURCHASE;
    event.annex = (struct event_annex) { 0 };
    event.sale.receipt = view_of("r1");
    event.sale.lines = lines;
    event.sale.line_count = COUNT_OF(lines);
    codec_encode(&event, CODEC_NO_IDENTITY, &core);
    struct record_event stored = { .core = text_view(&core) };
    assert_true(facts_describe(&stored, &facts));
    assert_true(fingerprint_equal(facts.print, print_of(&event)));
    assert_true(view_equal(facts.id, event.id));
    text_close(&core);
}

RUN(cmocka_unit_test(only_what_is_said_counts),
    cmocka_unit_test(stored_bytes_say_the_same),
    cmocka_unit_test(the_longest_receipt_is_described))
