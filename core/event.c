#include "core/event.h"

#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const KINDS[EVENT_KIND_END] = {
    [EVENT_JOIN] = "join",         [EVENT_PURCHASE] = "purchase",
    [EVENT_RETURN] = "return",     [EVENT_VOID] = "void",
    [EVENT_STAMP] = "stamp",       [EVENT_REDEEM] = "redeem",
    [EVENT_REVERSE] = "reverse",   [EVENT_CONSENT] = "consent",
    [EVENT_ACTIVITY] = "activity", [EVENT_GRANT] = "grant",
    [EVENT_ADJUST] = "adjust",     [EVENT_PASS_SALE] = "pass_sale",
    [EVENT_PASS_USE] = "pass_use",
};

static const char *const ENTRIES[ENTRY_END] = {
    [ENTRY_SCAN] = "scan",     [ENTRY_TAP] = "tap", [ENTRY_KEY] = "key",
    [ENTRY_LOOKUP] = "lookup", [ENTRY_APP] = "app",
};

enum { COUNT_MAX = 1000, QTY_MAX = 1000000 };

const char *
event_kind_name(enum event_kind kind)
{
    return (unsigned)kind < EVENT_KIND_END ? KINDS[kind] : NULL;
}

bool
event_kind_parse(view name, enum event_kind *ret_kind)
{
    for (uint32_t i = 1; i < EVENT_KIND_END; i++) {
        if (view_equal(name, view_of(KINDS[i]))) {
            *ret_kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

const char *
event_entry_name(enum event_entry entry)
{
    return (unsigned)entry < ENTRY_END ? ENTRIES[entry] : NULL;
}

bool
event_entry_parse(view name, enum event_entry *ret_entry)
{
    for (uint32_t i = 1; i < ENTRY_END; i++) {
        if (view_equal(name, view_of(ENTRIES[i]))) {
            *ret_entry = (enum event_entry)i;
            return true;
        }
    }
    return false;
}

/* Which bytes may stand in names and codes. */
enum { IN_CODE = 1, IN_NAME = 2 };
static const uint8_t BYTES[256] = {
    ['!' ... ','] = IN_CODE, ['-' ... '.'] = IN_CODE | IN_NAME,
    ['/'] = IN_CODE,         ['0' ... '9'] = IN_CODE | IN_NAME,
    [':' ... '^'] = IN_CODE, ['_'] = IN_CODE | IN_NAME,
    ['`'] = IN_CODE,         ['a' ... 'z'] = IN_CODE | IN_NAME,
    ['{' ... '~'] = IN_CODE,
};

/* That all is well is what nearly always comes out. */
static inline bool
all_in(view text, uint8_t where)
{
    uint8_t all = where;

    for (uint32_t i = 0; i < text.size; i++)
        all &= BYTES[text.bytes[i]];
    return all == where;
}

bool
event_is_name(view text)
{
    return text.size > 0 && text.size <= LIMIT_NAME_SIZE &&
           all_in(text, IN_NAME);
}

bool
event_is_code(view text)
{
    return text.size > 0 && text.size <= LIMIT_CODE_SIZE &&
           all_in(text, IN_CODE);
}

bool
event_is_text(view text)
{
    if (text.size > LIMIT_TEXT_SIZE)
        return false;
    for (uint32_t i = 0; i < text.size;) {
        uint32_t size = text_utf8_size(text.bytes + i, text.size - i);
        if (size == 0)
            return false;
        i += size;
    }
    return true;
}

void
event_set_defaults(struct event *event)
{
    if (event->kind == EVENT_PURCHASE || event->kind == EVENT_RETURN)
        event->sale.bought_on = EVENT_NO_DAY;
    else if (event->kind == EVENT_STAMP)
        event->stamp.count = 1;
    else if (event->kind == EVENT_GRANT)
        event->grant.count = 1;
    else if (event->kind == EVENT_REDEEM)
        event->redeem.value.minor = -1;
    else if (event->kind == EVENT_ADJUST)
        event->adjust.expires_on = EVENT_NO_DAY;
}

/* One look at an event: every check does nothing once one has failed. */
struct check {
    const struct event *event;
    struct complaint *complaint;
    bool failed;
};

static void
fail_text(struct check *check, const char *field, const char *expected,
          view found)
{
    if (check->failed)
        return;
    check->failed = true;
    (void)complain(check->complaint, "%s: expected %s, found %s", field,
                   expected, err_quote(found).text);
}

static void
check_integer(struct check *check, const char *field, int64_t value,
              int64_t min, int64_t max)
{
    if ((value >= min && value <= max) || check->failed)
        return;
    check->failed = true;
    (void)complain(check->complaint,
                   "%s: expected an integer from %" PRId64 " to %" PRId64
                   ", found %" PRId64,
                   field, min, max, value);
}

static void
check_money(struct check *check, const char *field, money value)
{
    check_integer(check, field, value.minor, 0, LIMIT_MONEY_MINOR);
}

static void
check_name(struct check *check, const char *field, view value)
{
    if (!event_is_name(value))
        fail_text(check, field, "1-32 characters of a-z 0-9 _ - .", value);
}

static void
check_code(struct check *check, const char *field, view value)
{
    if (!event_is_code(value))
        fail_text(check, field, "1-64 printable ASCII characters, no space",
                  value);
}

static void
check_code_or_none(struct check *check, const char *field, view value)
{
    if (value.size > 0)
        check_code(check, field, value);
}

static void
check_text(struct check *check, const char *field, view value)
{
    if (!event_is_text(value))
        fail_text(check, field, "at most 256 bytes of UTF-8", value);
}

static void
check_absent(struct check *check, const char *field, view value)
{
    if (value.size == 0 || check->failed)
        return;
    check->failed = true;
    (void)complain(check->complaint,
                   "%s: expected no such field on kind %s, found %s", field,
                   event_kind_name(check->event->kind), err_quote(value).text);
}

/* `reason`, `by` and `source` stand on some kinds only. */
static void
check_annex(struct check *check)
{
    const struct event_annex *annex = &check->event->annex;
    enum event_kind kind = check->event->kind;
    bool has_by = kind == EVENT_VOID || kind == EVENT_ADJUST;

    check_code_or_none(check, "till", annex->till);
    check_code_or_none(check, "cashier", annex->cashier);
    check_integer(check, "entry", annex->entry, ENTRY_NONE, ENTRY_END - 1);
    if (has_by || kind == EVENT_GRANT)
        check_text(check, "reason", annex->reason);
    else
        check_absent(check, "reason", annex->reason);
    if (has_by)
        check_text(check, "by", annex->by);
    else
        check_absent(check, "by", annex->by);
    if (kind == EVENT_CONSENT)
        check_text(check, "source", annex->source);
    else
        check_absent(check, "source", annex->source);
}

static void
check_account(struct check *check)
{
    account_id account = check->event->account;

    if (account.member != 0 && account.bearer.size > 0) {
        fail_text(check, "bearer", "no bearer beside a member", account.bearer);
        return;
    }
    if (account.bearer.size > 0) {
        check_code(check, "bearer", account.bearer);
        return;
    }
    int64_t member =
        account.member > LIMIT_MEMBER ? INT64_MAX : (int64_t)account.member;
    check_integer(check, "member", member, 1, LIMIT_MEMBER);
}

static void
check_needs_member(struct check *check)
{
    if (check->event->account.member == 0)
        fail_text(check, "bearer", "a member for this kind",
                  check->event->account.bearer);
}

static void
check_join(struct check *check)
{
    const struct event *event = check->event;

    check_needs_member(check);
    check_integer(check, "home_store", event->join.home_store, 0, LIMIT_STORE);
    int64_t referrer = event->join.referrer > LIMIT_MEMBER
                           ? INT64_MAX
                           : (int64_t)event->join.referrer;
    check_integer(check, "referrer", referrer, 0, LIMIT_MEMBER);
    if (event->join.referrer != 0 &&
        event->join.referrer == event->account.member && !check->failed) {
        check->failed = true;
        (void)complain(check->complaint,
                       "referrer: expected another member than the one who "
                       "joins, found %" PRIu64,
                       event->join.referrer);
    }
}

static const int64_t LINE_AMOUNT[] = { -LIMIT_MONEY_MINOR, LIMIT_MONEY_MINOR };
static const int64_t LINE_QTY[] = { 1, QTY_MAX };

/* Whether a line of a receipt breaks no rule: the question that is asked of
 * each; only of one that does it is asked which. */
static bool
is_sound_line(const struct event_line *line)
{
    int64_t amount = line->amount.minor;

    return amount >= LINE_AMOUNT[0] && amount <= LINE_AMOUNT[1] &&
           line->qty >= LINE_QTY[0] && line->qty <= LINE_QTY[1] &&
           (line->category.size == 0 || event_is_name(line->category)) &&
           (line->sku.size == 0 || event_is_code(line->sku));
}

/* Names the field of one line: "lines[3].amount". */
static void
check_line_integer(struct check *check, uint32_t place, const char *field,
                   int64_t value, const int64_t range[2])
{
    char name[40];

    if (value >= range[0] && value <= range[1])
        return;
    snprintf(name, sizeof name, "lines[%" PRIu32 "].%s", place, field);
    check_integer(check, name, value, range[0], range[1]);
}

/* What is wrong with a line that is not sound. */
static void
check_line(struct check *check, uint32_t place, const struct event_line *line)
{
    char name[40];

    check_line_integer(check, place, "amount", line->amount.minor, LINE_AMOUNT);
    check_line_integer(check, place, "qty", line->qty, LINE_QTY);
    if (line->category.size > 0 && !event_is_name(line->category)) {
        snprintf(name, sizeof name, "lines[%" PRIu32 "].category", place);
        check_name(check, name, line->category);
    }
    if (line->sku.size > 0 && !event_is_code(line->sku)) {
        snprintf(name, sizeof name, "lines[%" PRIu32 "].sku", place);
        check_code(check, name, line->sku);
    }
}

static void
check_line_count(struct check *check)
{
    const struct event *event = check->event;

    if (event->sale.line_count > 0 || event->sale.lines != NULL)
        check_integer(check, "lines", event->sale.line_count, 1,
                      LIMIT_EVENT_LINES);
}

static void
check_sums(struct check *check, int64_t sum, int64_t positive)
{
    const struct event *event = check->event;
    int64_t off = event->sale.off.minor;
    int64_t total = event->sale.total.minor;

    if (check->failed)
        return;
    if (off > positive) {
        check->failed = true;
        (void)complain(check->complaint,
                       "off: expected at most the sum of the positive "
                       "amounts, %" PRId64 ", found %" PRId64,
                       positive, off);
        return;
    }
    if (sum - off != total) {
        check->failed = true;
        (void)complain(check->complaint,
                       "total: expected the sum of the lines less off, "
                       "%" PRId64 ", found %" PRId64,
                       sum - off, total);
    }
}

/* A purchase or a blind return. */
static void
check_receipt(struct check *check)
{
    const struct event *event = check->event;
    int64_t sum = 0;
    int64_t positive = 0;

    check_money(check, "total", event->sale.total);
    check_money(check, "off", event->sale.off);
    check_line_count(check);
    if (event->sale.line_count == 0) {
        if (event->sale.off.minor != 0 && !check->failed) {
            check->failed = true;
            (void)complain(check->complaint,
                           "off: expected no off without lines, found %" PRId64,
                           event->sale.off.minor);
        }
        return;
    }
    for (uint32_t i = 0; i < event->sale.line_count && !check->failed; i++) {
        const struct event_line *line = &event->sale.lines[i];
        if (!is_sound_line(line)) {
            check_line(check, i, line);
            assert(check->failed);
            return;
        }
        sum += line->amount.minor;
        positive += line->amount.minor > 0 ? line->amount.minor : 0;
    }
    check_sums(check, sum, positive);
}

static void
check_return_by_receipt(struct check *check)
{
    static const int64_t AMOUNT[] = { 0, LIMIT_MONEY_MINOR };
    static const int64_t INDEX[] = { 0, INT32_MAX };
    const struct event *event = check->event;

    check_code(check, "receipt", event->sale.receipt);
    check_integer(check, "total", event->sale.total.minor, 0, 0);
    check_integer(check, "off", event->sale.off.minor, 0, 0);
    check_integer(check, "from_store", event->sale.from_store, 0, LIMIT_STORE);
    check_line_count(check);
    for (uint32_t i = 0; i < event->sale.line_count && !check->failed; i++) {
        const struct event_line *line = &event->sale.lines[i];
        check_line_integer(check, i, "line", line->index, INDEX);
        check_line_integer(check, i, "amount", line->amount.minor, AMOUNT);
    }
}

static void
check_blind_return(struct check *check)
{
    const struct event *event = check->event;

    check_integer(check, "from_store", event->sale.from_store, 0, 0);
    if (event->sale.bought_on != EVENT_NO_DAY && !check->failed) {
        check->failed = true;
        (void)complain(check->complaint,
                       "bought_on: expected no such field on a return without "
                       "a receipt, found a date");
    }
    check_receipt(check);
}

static void
check_redeem(struct check *check)
{
    const struct event *event = check->event;
    bool of_points = event->redeem.reward.size == 0;

    check_code(check, "id", event->id);
    check_code_or_none(check, "receipt", event->redeem.receipt);
    if (of_points) {
        check_integer(check, "points", event->redeem.points.value, 1,
                      LIMIT_POINTS);
        if (event->redeem.value.minor != -1 && !check->failed) {
            check->failed = true;
            (void)complain(check->complaint,
                           "value: expected no such field on a redemption of "
                           "points, found %" PRId64,
                           event->redeem.value.minor);
        }
        return;
    }
    if (event->redeem.points.value != 0)
        fail_text(check, "reward", "one of points and reward, not both",
                  event->redeem.reward);
    check_name(check, "reward", event->redeem.reward);
    if (event->redeem.value.minor != -1)
        check_money(check, "value", event->redeem.value);
}

static void
check_identity(struct check *check, const char *field, identity id)
{
    char found[IDENTITY_SIZE];

    if (id.node >= 1 && id.node <= LIMIT_NODE && id.incarnation >= 1 &&
        id.incarnation <= LIMIT_INCARNATION && id.seq >= 1 &&
        id.seq <= INT64_MAX)
        return;
    identity_format(id, found);
    fail_text(check, field, "an identity NODE.INCARNATION.SEQ", view_of(found));
}

static void
check_adjust(struct check *check)
{
    const struct event *event = check->event;
    int64_t value = event->adjust.points.value;

    check_integer(check, "points", value, -LIMIT_POINTS, LIMIT_POINTS);
    if (value == 0 && !check->failed) {
        check->failed = true;
        (void)complain(check->complaint,
                       "points: expected an integer other than 0, found 0");
    }
    if (event->adjust.expires_on != EVENT_NO_DAY && value < 0 &&
        !check->failed) {
        check->failed = true;
        (void)complain(check->complaint,
                       "expires_on: expected no such field where points are "
                       "taken, found a date");
    }
}

static void
check_sale_kind(struct check *check)
{
    const struct event *event = check->event;

    if (event->kind == EVENT_PURCHASE) {
        check_code(check, "receipt", event->sale.receipt);
        check_receipt(check);
    } else if (event->sale.receipt.size > 0) {
        check_return_by_receipt(check);
    } else {
        check_blind_return(check);
    }
}

static void
check_kind(struct check *check)
{
    const struct event *event = check->event;

    switch (event->kind) {
    case EVENT_JOIN:
        check_join(check);
        break;
    case EVENT_PURCHASE:
    case EVENT_RETURN:
        check_sale_kind(check);
        break;
    case EVENT_VOID:
        check_identity(check, "voids", event->annul.voids);
        break;
    case EVENT_STAMP:
        check_name(check, "card", event->stamp.card);
        check_integer(check, "count", event->stamp.count, 1, COUNT_MAX);
        break;
    case EVENT_REDEEM:
        check_redeem(check);
        break;
    case EVENT_REVERSE:
        check_code(check, "redemption", event->reverse.redemption);
        check_integer(check, "points", event->reverse.points.value, 0,
                      LIMIT_POINTS);
        break;
    case EVENT_CONSENT:
        check_needs_member(check);
        check_name(check, "channel", event->consent.channel);
        check_text(check, "text", event->consent.text);
        break;
    case EVENT_ACTIVITY:
        check_name(check, "name", event->activity.name);
        break;
    case EVENT_GRANT:
        check_name(check, "reward", event->grant.reward);
        check_integer(check, "count", event->grant.count, 1, COUNT_MAX);
        break;
    case EVENT_ADJUST:
        check_adjust(check);
        break;
    case EVENT_PASS_SALE:
        check_name(check, "pass", event->pass_sale.pass);
        check_money(check, "price", event->pass_sale.price);
        break;
    case EVENT_PASS_USE:
        check_name(check, "pass", event->pass_use.pass);
        break;
    }
}

static void
check_at(struct check *check)
{
    int64_t at_ms = check->event->at_ms;

    if ((at_ms >= LIMIT_AT_MS_MIN && at_ms <= LIMIT_AT_MS_MAX) || check->failed)
        return;
    check->failed = true;
    (void)complain(check->complaint,
                   "at: expected a time in the years 2000 to 2099 (UTC), found "
                   "%" PRId64 " ms after 1970",
                   at_ms);
}

enum err
event_check_core(const struct event *event, struct complaint *complaint)
{
    struct check check = { .event = event, .complaint = complaint };

    if (event_kind_name(event->kind) == NULL)
        return complain(complaint, "kind: expected 1 to %d, found %d",
                        EVENT_KIND_END - 1, (int)event->kind);
    check_at(&check);
    check_integer(&check, "store", event->store, 1, LIMIT_STORE);
    check_account(&check);
    check_code_or_none(&check, "id", event->id);
    check_kind(&check);
    return check.failed ? ERR_INPUT : OK;
}

enum err
event_check(const struct event *event, struct complaint *complaint)
{
    struct check check = { .event = event, .complaint = complaint };

    enum err err = event_check_core(event, complaint);
    if (err != OK)
        return err;
    check_annex(&check);
    if (event->kind == EVENT_ADJUST && event->annex.reason.size == 0)
        fail_text(&check, "reason", "why, in words", event->annex.reason);
    if (event->kind == EVENT_ADJUST && event->annex.by.size == 0)
        fail_text(&check, "by", "who adjusted", event->annex.by);
    return check.failed ? ERR_INPUT : OK;
}

bool
identity_equal(identity a, identity b)
{
    return a.seq == b.seq && a.incarnation == b.incarnation && a.node == b.node;
}

int
identity_compare(identity a, identity b)
{
    if (a.node != b.node)
        return a.node < b.node ? -1 : 1;
    if (a.incarnation != b.incarnation)
        return a.incarnation < b.incarnation ? -1 : 1;
    if (a.seq != b.seq)
        return a.seq < b.seq ? -1 : 1;
    return 0;
}

void
identity_format(identity id, char text[static IDENTITY_SIZE])
{
    int size = snprintf(text, IDENTITY_SIZE, "%" PRIu32 ".%" PRIu64 ".%" PRIu64,
                        id.node, id.incarnation, id.seq);
    assert(size > 0);
    assert(size < IDENTITY_SIZE);
}

/* Takes a decimal number without leading zeros, at least 1 and at most `max`,
 * off the front of the text. */
static bool
take_number(view *text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    uint32_t size = 0;

    if (text->size == 0 || text->bytes[0] < '1' || text->bytes[0] > '9')
        return false;
    while (size < text->size && text->bytes[size] >= '0' &&
           text->bytes[size] <= '9') {
        uint64_t digit = (uint64_t)(text->bytes[size] - '0');
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
        size++;
    }
    *text = (view) { text->bytes + size, text->size - size };
    *ret_value = value;
    return true;
}

static bool
take_dot(view *text)
{
    if (text->size == 0 || text->bytes[0] != '.')
        return false;
    *text = (view) { text->bytes + 1, text->size - 1 };
    return true;
}

bool
identity_parse(view text, identity *ret_identity)
{
    uint64_t node = 0;
    uint64_t incarnation = 0;
    uint64_t seq = 0;

    if (!take_number(&text, LIMIT_NODE, &node) || !take_dot(&text))
        return false;
    if (!take_number(&text, LIMIT_INCARNATION, &incarnation) ||
        !take_dot(&text))
        return false;
    if (!take_number(&text, INT64_MAX, &seq) || text.size != 0)
        return false;
    *ret_identity = (identity) { incarnation, seq, (uint32_t)node };
    return true;
}

bool
account_equal(account_id a, account_id b)
{
    return a.member == b.member && view_equal(a.bearer, b.bearer);
}

int
account_compare(account_id a, account_id b)
{
    if ((a.member == 0) != (b.member == 0))
        return a.member == 0 ? 1 : -1;
    if (a.member != b.member)
        return a.member < b.member ? -1 : 1;
    return view_compare(a.bearer, b.bearer);
}

void
account_format(account_id id, char text[static ACCOUNT_SIZE])
{
    assert(id.bearer.size <= LIMIT_CODE_SIZE);
    if (id.member != 0)
        snprintf(text, ACCOUNT_SIZE, "%" PRIu64, id.member);
    else
        snprintf(text, ACCOUNT_SIZE, "bearer:%.*s", (int)id.bearer.size,
                 (const char *)id.bearer.bytes);
}

bool
account_parse(view text, account_id *ret_account)
{
    static const char PREFIX[] = "bearer:";
    const uint32_t size = sizeof PREFIX - 1;
    uint64_t member = 0;

    if (text.size > size && memcmp(text.bytes, PREFIX, size) == 0) {
        view code = { text.bytes + size, text.size - size };
        if (!event_is_code(code))
            return false;
        *ret_account = (account_id) { 0, code };
        return true;
    }
    if (!take_number(&text, LIMIT_MEMBER, &member) || text.size != 0)
        return false;
    *ret_account = (account_id) { .member = member };
    return true;
}

int
event_compare(const struct event *a, const struct event *b)
{
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    return identity_compare(a->identity, b->identity);
}

void
event_line_amounts(const struct event *event, money *ret_amounts)
{
    int64_t weights[LIMIT_EVENT_LINES];
    int64_t parts[LIMIT_EVENT_LINES];
    uint32_t count = event->sale.line_count;

    assert(event->kind == EVENT_PURCHASE || event->kind == EVENT_RETURN);
    assert(count <= LIMIT_EVENT_LINES);
    if (count == 0) {
        ret_amounts[0] = event->sale.total;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        ret_amounts[i] = event->sale.lines[i].amount;
    if (event->sale.off.minor == 0)
        return;
    for (uint32_t i = 0; i < count; i++)
        weights[i] = ret_amounts[i].minor > 0 ? ret_amounts[i].minor : 0;
    amount_split(event->sale.off.minor, weights, count, parts);
    for (uint32_t i = 0; i < count; i++)
        ret_amounts[i] = money_sub(ret_amounts[i], (money) { parts[i] });
}
