/*
 * test_event.c - names, identities and order of events; every rule that one
 * event can break is found and named; discounts spread over the lines
 */
#include "tests/unit.h"

#include "core/event.h"

#include <string.h>

#define AT_MS INT64_C(1740000000000)

static struct event
event_of(enum event_kind kind)
{
    struct event event = {
        .kind = kind, .store = 10, .at_ms = AT_MS, .account = { .member = 42 }
    };

    switch (kind) {
    case EVENT_JOIN:
        break;
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        event.sale.receipt = view_of("A");
        event.sale.total.minor = kind == EVENT_PURCHASE ? 100 : 0;
        event.sale.bought_on = EVENT_NO_DAY;
        break;
    case EVENT_VOID:
        event.annul.voids = (identity) { 1, 2, 3 };
        break;
    case EVENT_STAMP:
        event.stamp.card = view_of("lunch");
        event.stamp.count = 1;
        break;
    case EVENT_REDEEM:
        event.id = view_of("x1");
        event.redeem.points.value = 5;
        event.redeem.value.minor = -1;
        break;
    case EVENT_REVERSE:
        event.reverse.redemption = view_of("x1");
        break;
    case EVENT_CONSENT:
        event.consent.channel = view_of("email");
        break;
    case EVENT_ACTIVITY:
        event.activity.name = view_of("survey");
        break;
    case EVENT_GRANT:
        event.grant.reward = view_of("ticket");
        event.grant.count = 1;
        break;
    case EVENT_ADJUST:
        event.adjust.points.value = -3;
        event.adjust.expires_on = EVENT_NO_DAY;
        event.annex.reason = view_of("wrong");
        event.annex.by = view_of("c7");
        break;
    case EVENT_PASS_SALE:
        event.pass_sale.pass = view_of("gym");
        break;
    case EVENT_PASS_USE:
        event.pass_use.pass = view_of("gym");
        break;
    }
    return event;
}

/* The check fails and its first word is the field. */
static void
assert_field(const struct event *event, const char *field)
{
    struct complaint complaint = { 0 };

    assert_int_equal(event_check(event, &complaint), ERR_INPUT);
    size_t size = strlen(field);
    if (strncmp(complaint.text, field, size) != 0 ||
        complaint.text[size] != ':')
        fail_msg("expected %s, got %s", field, complaint.text);
    assert_non_null(strstr(complaint.text, "expected "));
    assert_non_null(strstr(complaint.text, "found "));
    assert_int_equal(event_check(event, NULL), ERR_INPUT);
}

TEST(kinds_and_entries_have_names)
{
    enum event_kind kind = EVENT_JOIN;
    enum event_entry entry = ENTRY_NONE;

    for (int i = 1; i < EVENT_KIND_END; i++) {
        const char *name = event_kind_name((enum event_kind)i);
        assert_true(event_kind_parse(view_of(name), &kind));
        assert_int_equal(kind, i);
    }
    assert_null(event_kind_name((enum event_kind)0));
    assert_null(event_kind_name((enum event_kind)EVENT_KIND_END));
    assert_false(event_kind_parse(view_of("Purchase"), &kind));
    assert_false(event_kind_parse(view_of(""), &kind));
    for (int i = 1; i < ENTRY_END; i++) {
        const char *name = event_entry_name((enum event_entry)i);
        assert_true(event_entry_parse(view_of(name), &entry));
        assert_int_equal(entry, i);
    }
    assert_null(event_entry_name(ENTRY_NONE));
    assert_false(event_entry_parse(view_of("scanned"), &entry));
}

/* Every byte at every place of texts of every size. */
TEST(names_and_codes_are_looked_at_byte_by_byte)
{
    char text[LIMIT_CODE_SIZE];

    memset(text, 'a', sizeof text);
    for (uint32_t size = 1; size <= sizeof text; size++)
        for (uint32_t at = 0; at < size; at++) {
            const view all = { (const uint8_t *)text, size };
            for (int c = 0; c < 256; c++) {
                bool of_name = c != 0 && strchr("abcdefghijklmnopqrstuvwxyz"
                                                "0123456789_-.",
                                                c) != NULL;
                text[at] = (char)c;
                assert_int_equal(event_is_name(all),
                                 of_name && size <= LIMIT_NAME_SIZE);
                assert_int_equal(event_is_code(all), c > ' ' && c <= '~');
            }
            text[at] = 'a';
        }
}

TEST(strings_are_of_the_characters_they_may_have)
{
    char long_text[LIMIT_TEXT_SIZE + 2];

    memset(long_text, 'a', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    view text = view_of(long_text);
    assert_true(event_is_name(view_of("a-z_0.9")));
    assert_false(event_is_name(view_of("")));
    assert_false(event_is_name(view_of("A")));
    assert_false(event_is_name(view_of("\xc3\xa4")));
    assert_true(event_is_name((view) { text.bytes, LIMIT_NAME_SIZE }));
    assert_false(event_is_name((view) { text.bytes, LIMIT_NAME_SIZE + 1 }));
    assert_true(event_is_code(view_of("~!A/7")));
    assert_false(event_is_code(view_of("a b")));
    assert_false(event_is_code(view_of("\x7f")));
    assert_false(event_is_code(view_of("")));
    assert_true(event_is_code((view) { text.bytes, LIMIT_CODE_SIZE }));
    assert_false(event_is_code((view) { text.bytes, LIMIT_CODE_SIZE + 1 }));
    assert_true(event_is_text((view) { text.bytes, LIMIT_TEXT_SIZE }));
    assert_false(event_is_text(text));
}

TEST(text_is_utf_8)
{
    static const char *const GOOD[] = {
        "",
        "a b\n",
        "\xc3\xa4",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\xed\x9f\xbf",
        "\xf4\x8f\xbf\xbf",
        "\xe0\xa0\x80",
    };
    static const char *const BAD[] = {
        "\x80",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc3",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xe2\x82",
        "\xf5\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xc3(",
        "\xff",
    };

    for (uint32_t i = 0; i < COUNT_OF(GOOD); i++)
        assert_true(event_is_text(view_of(GOOD[i])));
    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(event_is_text(view_of(BAD[i])));
    assert_false(event_is_text((view) { (const uint8_t *)"a\0b", 3 }));
}

TEST(identities_and_accounts_are_read_as_they_are_written)
{
    static const char *const BAD[] = {
        "",
        "1",
        "1.2",
        "1.2.3.4",
        "0.2.3",
        "1.0.3",
        "1.2.0",
        "01.2.3",
        "1.2.3 ",
        "2147483648.1.1",
        "1.9007199254740992.1",
        "1.1.9223372036854775808",
        "-1.2.3",
        "1..3",
    };
    static const char *const NO_ACCOUNT[] = {
        "",    "0",      "042", "bearer:", "bearer:a b", "9007199254740992",
        "4 2", "bearer",
    };
    char text[IDENTITY_SIZE];
    char name[ACCOUNT_SIZE];
    identity id = { 0 };
    account_id account = { 0 };

    assert_true(identity_parse(
        view_of("2147483647.9007199254740991.9223372036854775807"), &id));
    identity_format(id, text);
    assert_string_equal(text,
                        "2147483647.9007199254740991.9223372036854775807");
    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(identity_parse(view_of(BAD[i]), &id));

    assert_true(account_parse(view_of("bearer:X-7"), &account));
    account_format(account, name);
    assert_string_equal(name, "bearer:X-7");
    assert_true(account_parse(view_of("9007199254740991"), &account));
    account_format(account, name);
    assert_string_equal(name, "9007199254740991");
    for (uint32_t i = 0; i < COUNT_OF(NO_ACCOUNT); i++)
        assert_false(account_parse(view_of(NO_ACCOUNT[i]), &account));
}

TEST(order_is_by_time_then_node_then_incarnation_then_seq)
{
    struct event events[5] = { 0 };

    events[0].at_ms = 1;
    events[0].identity = (identity) { .node = 9, .incarnation = 9, .seq = 9 };
    events[1].at_ms = 2;
    events[1].identity = (identity) { .node = 1, .incarnation = 9, .seq = 9 };
    events[2].at_ms = 2;
    events[2].identity = (identity) { .node = 2, .incarnation = 1, .seq = 9 };
    events[3].at_ms = 2;
    events[3].identity = (identity) { .node = 2, .incarnation = 2, .seq = 1 };
    events[4].at_ms = 2;
    events[4].identity = (identity) { .node = 2, .incarnation = 2, .seq = 2 };
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            int order = event_compare(&events[i], &events[j]);
            assert_int_equal(order, i < j ? -1 : i > j);
        }
    }
    account_id member = { .member = 500 };
    account_id bearer = { .bearer = view_of("A") };
    assert_true(account_compare(member, bearer) < 0);
    assert_true(account_compare(bearer, member) > 0);
    assert_true(account_compare((account_id) { .member = 9 }, member) < 0);
    assert_true(
        account_compare((account_id) { .bearer = view_of("AB") }, bearer) > 0);
    assert_true(account_equal(member, member));
    assert_false(account_equal(member, bearer));
}

TEST(every_kind_passes_when_it_is_right)
{
    struct complaint complaint = { 0 };

    for (int kind = 1; kind < EVENT_KIND_END; kind++) {
        struct event event = event_of((enum event_kind)kind);
        if (event_check(&event, &complaint) != OK)
            fail_msg("kind %d: %s", kind, complaint.text);
    }
    struct event none = event_of(EVENT_JOIN);
    none.kind = (enum event_kind)99;
    assert_field(&none, "kind");
}

TEST(common_fields_are_checked)
{
    struct event event = event_of(EVENT_STAMP);
    struct event good = event;

    event.at_ms = LIMIT_AT_MS_MIN - 1;
    assert_field(&event, "at");
    event.at_ms = LIMIT_AT_MS_MAX + 1;
    assert_field(&event, "at");
    event = good;
    event.store = 0;
    assert_field(&event, "store");
    event.store = UINT32_MAX;
    assert_field(&event, "store");
    event = good;
    event.account.member = 0;
    assert_field(&event, "member");
    event.account.member = UINT64_MAX;
    assert_field(&event, "member");
    event.account.member = LIMIT_MEMBER;
    assert_int_equal(event_check(&event, NULL), OK);
    event.account.bearer = view_of("X");
    assert_field(&event, "bearer");
    event.account = (account_id) { .bearer = view_of("a b") };
    assert_field(&event, "bearer");
    event = good;
    event.id = view_of("a b");
    assert_field(&event, "id");
    event = good;
    event.annex.till = view_of("a b");
    assert_field(&event, "till");
    event = good;
    event.annex.cashier = view_of("\t");
    assert_field(&event, "cashier");
    event = good;
    event.annex.entry = (enum event_entry)6;
    assert_field(&event, "entry");
    event = good;
    event.annex.reason = view_of("why");
    assert_field(&event, "reason");
    event = good;
    event.annex.by = view_of("me");
    assert_field(&event, "by");
    event = good;
    event.annex.source = view_of("till");
    assert_field(&event, "source");
}

TEST(receipts_add_up)
{
    struct event_line lines[] = {
        { .amount = { 70 }, .qty = 1, .category = view_of("food") },
        { .amount = { 50 }, .qty = 2, .sku = view_of("S1") },
        { .amount = { -10 }, .qty = 1 },
    };
    struct event event = event_of(EVENT_PURCHASE);

    event.sale.lines = lines;
    event.sale.line_count = 3;
    event.sale.off.minor = 10;
    assert_int_equal(event_check(&event, NULL), OK);
    event.sale.total.minor = 101;
    assert_field(&event, "total");
    event.sale.off.minor = 121;
    assert_field(&event, "off");
    event.sale.off.minor = -1;
    assert_field(&event, "off");
    event.sale.off.minor = 10;
    event.sale.total.minor = 100;
    lines[1].qty = 0;
    assert_field(&event, "lines[1].qty");
    lines[1].qty = 1000001;
    assert_field(&event, "lines[1].qty");
    lines[1].qty = 1;
    lines[2].category = view_of("No");
    assert_field(&event, "lines[2].category");
    lines[2].category = (view) { 0 };
    lines[1].sku = view_of("a b");
    assert_field(&event, "lines[1].sku");
    lines[1].sku = (view) { 0 };
    lines[0].amount.minor = LIMIT_MONEY_MINOR + 1;
    assert_field(&event, "lines[0].amount");
    event.sale.line_count = 1001;
    assert_field(&event, "lines");
    event = event_of(EVENT_PURCHASE);
    event.sale.off.minor = 1;
    assert_field(&event, "off");
    event = event_of(EVENT_PURCHASE);
    event.sale.receipt = (view) { 0 };
    assert_field(&event, "receipt");
    event = event_of(EVENT_PURCHASE);
    event.sale.total.minor = -1;
    assert_field(&event, "total");
}

TEST(returns_have_one_of_two_shapes)
{
    struct event_line line = { .amount = { 5 }, .index = 3 };
    struct event event = event_of(EVENT_RETURN);

    event.sale.lines = &line;
    event.sale.line_count = 1;
    event.sale.from_store = 3;
    event.sale.bought_on = 20000;
    assert_int_equal(event_check(&event, NULL), OK);
    event.sale.total.minor = 5;
    assert_field(&event, "total");
    event.sale.total.minor = 0;
    event.sale.off.minor = 5;
    assert_field(&event, "off");
    event.sale.off.minor = 0;
    line.amount.minor = -1;
    assert_field(&event, "lines[0].amount");

    event = event_of(EVENT_RETURN);
    event.sale.receipt = (view) { 0 };
    event.sale.total.minor = 7;
    assert_int_equal(event_check(&event, NULL), OK);
    event.sale.from_store = 1;
    assert_field(&event, "from_store");
    event.sale.from_store = 0;
    event.sale.bought_on = 1;
    assert_field(&event, "bought_on");
}

TEST(other_kinds_are_checked)
{
    struct event event = event_of(EVENT_JOIN);

    event.join.referrer = 42;
    assert_field(&event, "referrer");
    event.join.referrer = UINT64_MAX;
    assert_field(&event, "referrer");
    event = event_of(EVENT_JOIN);
    event.account = (account_id) { .bearer = view_of("X") };
    assert_field(&event, "bearer");
    event = event_of(EVENT_VOID);
    event.annul.voids.seq = 0;
    assert_field(&event, "voids");
    event = event_of(EVENT_STAMP);
    event.stamp.count = 1001;
    assert_field(&event, "count");
    event = event_of(EVENT_REVERSE);
    event.reverse.points.value = -1;
    assert_field(&event, "points");
    event = event_of(EVENT_CONSENT);
    event.account = (account_id) { .bearer = view_of("X") };
    assert_field(&event, "bearer");
    event = event_of(EVENT_GRANT);
    event.grant.count = 0;
    assert_field(&event, "count");
    event = event_of(EVENT_PASS_SALE);
    event.pass_sale.price.minor = -1;
    assert_field(&event, "price");
    event.pass_sale.pass = (view) { 0 };
    assert_field(&event, "pass");
}

TEST(redemptions_and_adjustments_are_checked)
{
    struct event event = event_of(EVENT_REDEEM);

    event.redeem.value.minor = 5;
    assert_field(&event, "value");
    event.redeem.value.minor = -1;
    event.redeem.reward = view_of("gift");
    assert_field(&event, "reward");
    event.redeem.points.value = 0;
    assert_int_equal(event_check(&event, NULL), OK);
    event.redeem.value.minor = 5;
    assert_int_equal(event_check(&event, NULL), OK);
    event.redeem.value.minor = LIMIT_MONEY_MINOR + 1;
    assert_field(&event, "value");
    event = event_of(EVENT_REDEEM);
    event.redeem.points.value = LIMIT_POINTS + 1;
    assert_field(&event, "points");
    event.id = (view) { 0 };
    assert_field(&event, "id");

    event = event_of(EVENT_ADJUST);
    event.adjust.expires_on = 20000;
    assert_field(&event, "expires_on");
    event.adjust.points.value = 1;
    assert_int_equal(event_check(&event, NULL), OK);
    event.adjust.points.value = 0;
    assert_field(&event, "points");
    event = event_of(EVENT_ADJUST);
    event.annex.reason = (view) { 0 };
    assert_field(&event, "reason");
    event = event_of(EVENT_ADJUST);
    event.annex.by = (view) { 0 };
    assert_field(&event, "by");
}

/* The receipt of the worked example 18: 1001 off four lines. */
TEST(what_is_off_spreads_over_the_positive_lines)
{
    const struct event_line lines[] = {
        { .amount = { 3000 } },
        { .amount = { 1500 } },
        { .amount = { 500 } },
        { .amount = { -40 } },
    };
    struct event event = event_of(EVENT_PURCHASE);
    money amounts[4];

    event_line_amounts(&event, amounts);
    assert_int_equal(amounts[0].minor, 100);
    event.sale.lines = lines;
    event.sale.line_count = 4;
    event.sale.off.minor = 1001;
    event_line_amounts(&event, amounts);
    assert_int_equal(amounts[0].minor, 3000 - 601);
    assert_int_equal(amounts[1].minor, 1500 - 300);
    assert_int_equal(amounts[2].minor, 500 - 100);
    assert_int_equal(amounts[3].minor, -40);
}

RUN(cmocka_unit_test(names_and_codes_are_looked_at_byte_by_byte),
    cmocka_unit_test(kinds_and_entries_have_names),
    cmocka_unit_test(strings_are_of_the_characters_they_may_have),
    cmocka_unit_test(text_is_utf_8),
    cmocka_unit_test(identities_and_accounts_are_read_as_they_are_written),
    cmocka_unit_test(order_is_by_time_then_node_then_incarnation_then_seq),
    cmocka_unit_test(every_kind_passes_when_it_is_right),
    cmocka_unit_test(common_fields_are_checked),
    cmocka_unit_test(receipts_add_up),
    cmocka_unit_test(returns_have_one_of_two_shapes),
    cmocka_unit_test(other_kinds_are_checked),
    cmocka_unit_test(redemptions_and_adjustments_are_checked),
    cmocka_unit_test(what_is_off_spreads_over_the_positive_lines))
