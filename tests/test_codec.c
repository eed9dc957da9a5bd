/*
 * test_codec.c - events are written as the bytes in tests/golden and no other,
 * and content is compared without what may differ
 */
#include "tests/unit.h"

#include "core/codec.h"
#include "tests/golden.h"

#include <string.h>

static struct arena arena;
static struct golden *goldens;
static uint32_t golden_count;

static void
assert_bytes(const struct text *text, view expected)
{
    assert_true(text_ok(text));
    assert_int_equal(text->size, expected.size);
    if (expected.size > 0)
        assert_memory_equal(text->bytes, expected.bytes, expected.size);
}

TEST(every_kind_and_shape_is_among_the_golden_bytes)
{
    uint32_t kinds = 0;

    for (uint32_t i = 0; i < golden_count; i++)
        kinds |= 1u << goldens[i].event.kind;
    assert_int_equal(kinds, (1u << EVENT_KIND_END) - 2);
    assert_int_equal(golden_count, 26);
}

TEST(events_are_written_as_the_golden_bytes)
{
    uint8_t salt[CODEC_SALT_SIZE];
    struct text text = { 0 };

    for (uint8_t i = 0; i < sizeof salt; i++)
        salt[i] = i;
    for (uint32_t i = 0; i < golden_count; i++) {
        const struct golden *golden = &goldens[i];
        text_clear(&text);
        codec_encode(&golden->event, CODEC_NO_IDENTITY, &text);
        assert_bytes(&text, golden->bare);
        text_clear(&text);
        codec_encode(&golden->event, CODEC_WITH_IDENTITY, &text);
        assert_bytes(&text, golden->copy);
        text_clear(&text);
        codec_encode_annex(&golden->event.annex, salt, &text);
        assert_bytes(&text, golden->annex);
        assert_int_equal(codec_has_annex(&golden->event.annex),
                         golden->annex.size > 0);
        assert_true(text.size <= CODEC_ANNEX_SIZE_MAX);
    }
    text_close(&text);
}

TEST(content_differs_from_event_to_event)
{
    struct text a = { 0 };
    struct text b = { 0 };

    for (uint32_t i = 0; i < golden_count; i++) {
        text_clear(&a);
        codec_content(&goldens[i].event, &a);
        for (uint32_t j = 0; j < golden_count; j++) {
            text_clear(&b);
            codec_content(&goldens[j].event, &b);
            bool same = view_equal(text_view(&a), text_view(&b));
            assert_int_equal(same, i == j);
            assert_int_equal(
                codec_same_content(&goldens[i].event, &goldens[j].event, false),
                i == j);
        }
    }
    text_close(&a);
    text_close(&b);
}

TEST(content_is_all_but_identity_recorded_and_time)
{
    struct event event = goldens[3].event;
    struct event other = event;
    struct text a = { 0 };
    struct text b = { 0 };

    other.identity.seq++;
    other.recorded_ms++;
    assert_true(codec_same_content(&event, &other, true));
    other.at_ms--;
    assert_false(codec_same_content(&event, &other, true));
    assert_true(codec_same_content(&event, &other, false));
    codec_content(&event, &a);
    codec_content(&other, &b);
    assert_bytes(&a, text_view(&b));
    other.annex.till = view_of("t2");
    assert_false(codec_same_content(&event, &other, false));
    text_clear(&b);
    codec_content(&other, &b);
    assert_false(view_equal(text_view(&a), text_view(&b)));

    struct event_line lines[4];
    memcpy(lines, event.sale.lines, sizeof lines);
    other = event;
    other.sale.lines = lines;
    assert_true(codec_same_content(&event, &other, true));
    lines[3].sku = view_of("x");
    assert_false(codec_same_content(&event, &other, true));
    text_close(&a);
    text_close(&b);
}

static int
set_up(void **state_)
{
    (void)state_;
    golden_count = golden_read(&arena, &goldens);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_and_shape_is_among_the_golden_bytes),
        cmocka_unit_test(events_are_written_as_the_golden_bytes),
        cmocka_unit_test(content_differs_from_event_to_event),
        cmocka_unit_test(content_is_all_but_identity_recorded_and_time),
    };

    if (!arena_open(&arena, (size_t)1 << 28))
        return 1;
    int failed = cmocka_run_group_tests(tests, set_up, NULL);
    arena_close(&arena);
    return failed != 0;
}
