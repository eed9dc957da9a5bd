#include "core/chapter_row.h"

#include "core/decimal.h"
#include "core/hash.h"
#include "core/varint.h"

#include <string.h>

enum {
    FORM_NONE,
    FORM_NUMBER = CHAPTER_CODE_NUMBER,
    FORM_LETTER,
    FORM_TEXT,
    FORM_MASK = 3,
    NUMBER_DIGITS = 18,
};

static_assert((UINT64_C(1) << 42) > LIMIT_AT_MS_MAX - LIMIT_AT_MS_MIN,
              "an instant fits a key");
static_assert(CHAPTER_KIND_BITS + CHAPTER_STORE_BITS == 22, "with the rest");
static_assert(CHAPTER_CODE_SIZE >= 1 + VARINT_SIZE, "a number takes no more");

/* --- codes --- */

/* Digits without a leading zero, few enough for 64 bits. */
static bool
take_number(const uint8_t *digits, uint32_t size, uint64_t *ret_number)
{
    uint64_t value = 0;

    if (size == 0 || size > NUMBER_DIGITS || (digits[0] == '0' && size > 1))
        return false;
    if (size <= DECIMAL_MAX)
        return decimal_read(view_number((view) { digits, size })
                                << 8 * (DECIMAL_MAX - size),
                            size, ret_number);
    for (uint32_t i = 0; i < size; i++) {
        unsigned digit = digits[i] - (unsigned)'0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *ret_number = value;
    return true;
}

uint8_t *
chapter_row_put_code(uint8_t *at, view code, uint8_t *ret_form)
{
    uint64_t number;

    *ret_form = FORM_NONE;
    if (code.size == 0)
        return at;
    if (take_number(code.bytes, code.size, &number)) {
        *ret_form = FORM_NUMBER;
        return varint_put(at, number);
    }
    if (take_number(code.bytes + 1, code.size - 1, &number)) {
        *ret_form = FORM_LETTER;
        *at++ = code.bytes[0];
        return varint_put(at, number);
    }
    assert(code.size <= LIMIT_CODE_SIZE);
    *ret_form = FORM_TEXT;
    *at++ = (uint8_t)code.size;
    memcpy(at, code.bytes, code.size);
    return at + code.size;
}

static view
digits_of(uint64_t number, uint8_t room[static LIMIT_CODE_SIZE])
{
    uint8_t *at = room + LIMIT_CODE_SIZE;

    do {
        *--at = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return (view) { at, (uint32_t)(room + LIMIT_CODE_SIZE - at) };
}

static bool
take_text(const uint8_t **at, const uint8_t *end, view *ret_text)
{
    if (*at == end || **at == 0 || **at > LIMIT_CODE_SIZE ||
        **at > end - *at - 1)
        return false;
    *ret_text = (view) { *at + 1, **at };
    *at += 1 + **at;
    return true;
}

static bool
take_code(uint8_t form, const uint8_t **at, const uint8_t *end,
          struct arena *arena, view *ret_code)
{
    uint8_t room[1 + LIMIT_CODE_SIZE];
    uint8_t letter = 0;
    uint64_t number;
    view code = { 0 };

    if (form == FORM_TEXT && !take_text(at, end, &code))
        return false;
    if (form == FORM_LETTER) {
        if (*at == end)
            return false;
        letter = *(*at)++;
    }
    if (form == FORM_LETTER || form == FORM_NUMBER) {
        if (!varint_take(at, end, &number))
            return false;
        code = digits_of(number, room + 1);
    }
    if (form == FORM_LETTER) {
        code = (view) { code.bytes - 1, code.size + 1 };
        room[1 + LIMIT_CODE_SIZE - code.size] = letter;
    }
    *ret_code = arena_copy(arena, code);
    return true;
}

static bool
pass_code(uint8_t form, const uint8_t **at, const uint8_t *end)
{
    uint64_t number;
    view text;

    if (form == FORM_NONE)
        return true;
    if (form == FORM_TEXT)
        return take_text(at, end, &text);
    if (form == FORM_LETTER && (*at)++ == end)
        return false;
    return varint_take(at, end, &number);
}

uint32_t
chapter_sku(view sku)
{
    uint32_t value = (uint32_t)hash_64(sku, 0);

    return value == 0 ? 1 : value;
}

static uint8_t *
put_sku(uint8_t *at, view sku)
{
    uint64_t number;

    if (take_number(sku.bytes, sku.size, &number)) {
        *at++ = 0;
        return varint_put(at, number);
    }
    *at++ = (uint8_t)sku.size;
    memcpy(at, sku.bytes, sku.size);
    return at + sku.size;
}

bool
chapter_row_take_sku(const uint8_t **at, const uint8_t *end,
                     uint8_t room[static LIMIT_CODE_SIZE], view *ret_sku)
{
    uint64_t number;

    if (*at == end)
        return false;
    if (**at != 0)
        return take_text(at, end, ret_sku);
    ++*at;
    if (!varint_take(at, end, &number))
        return false;
    *ret_sku = digits_of(number, room);
    return true;
}

/* --- what is plain --- */

/* The number of a name, which there must be. */
static bool
put_name(struct chapter_row *row, view name, struct words *words)
{
    row->goods = (uint16_t)words_add(words, name);
    return row->goods != WORDS_NONE;
}

/* A purchase of one line that says nothing but its category. */
static bool
is_one_line(const struct event *event)
{
    const struct event_line *line = event->sale.lines;

    return event->sale.line_count == 1 && line->qty == 1 &&
           line->sku.size == 0 && line->amount.minor == event->sale.total.minor;
}

static bool
put_line(const struct event_line *from, money amount, struct words *words,
         struct chapter_line *line)
{
    line->amount = (int32_t)amount.minor;
    line->qty = (uint16_t)from->qty;
    line->sku = from->sku.size == 0 ? 0 : chapter_sku(from->sku);
    line->goods = WORDS_NONE;
    if (from->category.size > 0) {
        line->goods = (uint16_t)words_add(words, from->category);
        if (line->goods == WORDS_NONE)
            return false;
    }
    return line->amount == amount.minor && line->qty == from->qty;
}

static bool
put_lines(const struct event *event, struct words *words, struct arena *arena,
          struct chapter_row *row)
{
    money amounts[LIMIT_EVENT_LINES];
    uint32_t count = event->sale.line_count;
    struct chapter_line *lines = ARENA_NEW(arena, struct chapter_line, count);
    uint8_t *skus = ARENA_NEW(arena, uint8_t, count * CHAPTER_CODE_SIZE);
    uint8_t *at = skus;

    event_line_amounts(event, amounts);
    for (uint32_t i = 0; i < count; i++) {
        const struct event_line *from = &event->sale.lines[i];
        if (!put_line(from, amounts[i], words, &lines[i]))
            return false;
        if (from->sku.size > 0)
            at = put_sku(at, from->sku);
    }
    row->goods = (uint16_t)count;
    row->lines = (const uint8_t *)lines;
    row->skus = (view) { skus, (uint32_t)(at - skus) };
    if (event->sale.off.minor != 0)
        row->tag |= CHAPTER_TAG_MORE;
    return true;
}

static bool
put_sale(const struct event *event, struct words *words, struct arena *arena,
         struct chapter_row *row, enum chapter_kind *ret_kind)
{
    row->amount = (uint32_t)event->sale.total.minor;
    if (event->sale.total.minor > UINT32_MAX)
        return false;
    *ret_kind = CHAPTER_PURCHASE;
    if (event->sale.line_count == 0)
        return event->sale.off.minor == 0;
    *ret_kind = CHAPTER_LINES;
    if (!is_one_line(event))
        return put_lines(event, words, arena, row);
    *ret_kind = CHAPTER_LINE;
    return event->sale.lines->category.size == 0 ||
           put_name(row, event->sale.lines->category, words);
}

static bool
put_redeem(const struct event *event, struct words *words,
           struct chapter_row *row, enum chapter_kind *ret_kind)
{
    int64_t amount = event->redeem.points.value;
    bool reward = event->redeem.reward.size > 0;

    *ret_kind = reward ? CHAPTER_REWARD : CHAPTER_REDEEM;
    if (reward)
        amount = event->redeem.value.minor + 1;
    else if (event->redeem.value.minor >= 0)
        return false;
    row->amount = (uint32_t)amount;
    return amount == row->amount &&
           (!reward || put_name(row, event->redeem.reward, words));
}

static bool
put_own(const struct event *event, struct words *words, struct arena *arena,
        struct chapter_row *row, enum chapter_kind *ret_kind)
{
    switch ((int)event->kind) {
    case EVENT_PURCHASE:
        return put_sale(event, words, arena, row, ret_kind);
    case EVENT_REDEEM:
        return put_redeem(event, words, row, ret_kind);
    case EVENT_STAMP:
        *ret_kind = CHAPTER_STAMP;
        row->amount = event->stamp.count;
        return put_name(row, event->stamp.card, words);
    case EVENT_JOIN:
        *ret_kind = CHAPTER_JOIN;
        row->amount = event->join.home_store;
        row->goods = event->join.referrer != 0;
        if (event->join.referrer != 0)
            row->tag |= CHAPTER_TAG_MORE;
        return true;
    case EVENT_ACTIVITY:
        *ret_kind = CHAPTER_ACTIVITY;
        return put_name(row, event->activity.name, words);
    default:
        return false;
    }
}

static view
receipt_of(const struct event *event)
{
    if (event->kind == EVENT_PURCHASE)
        return event->sale.receipt;
    return event->kind == EVENT_REDEEM ? event->redeem.receipt : (view) { 0 };
}

/* The codes behind receipt and id. */
static uint8_t *
put_more(const struct event *event, const struct chapter_row *row, uint8_t *at)
{
    struct chapter_line line;

    if (event->kind == EVENT_JOIN)
        return varint_put(at, event->join.referrer);
    at = varint_put(at, (uint64_t)event->sale.off.minor);
    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        memcpy(&line, row->lines + i * sizeof line, sizeof line);
        int64_t taken = event->sale.lines[i].amount.minor - line.amount;
        assert(taken >= 0);
        at = varint_put(at, (uint64_t)taken);
    }
    return at;
}

static void
put_codes(const struct event *event, struct arena *arena,
          struct chapter_row *row)
{
    uint8_t room[2 * CHAPTER_CODE_SIZE + 2 * VARINT_SIZE];
    bool off =
        (row->tag & CHAPTER_TAG_MORE) != 0 && event->kind == EVENT_PURCHASE;
    uint8_t *codes = room;
    uint8_t receipt, id;

    if (off)
        codes = ARENA_NEW(arena, uint8_t,
                          sizeof room + event->sale.line_count * VARINT_SIZE);
    uint8_t *at = chapter_row_put_code(codes, receipt_of(event), &receipt);
    at = chapter_row_put_code(at, event->id, &id);
    if ((row->tag & CHAPTER_TAG_MORE) != 0)
        at = put_more(event, row, at);
    row->tag |=
        (uint8_t)(receipt << CHAPTER_TAG_RECEIPT | id << CHAPTER_TAG_ID);
    row->codes = (view) { codes, (uint32_t)(at - codes) };
    if (!off)
        row->codes = arena_copy(arena, row->codes);
}

/* The row is made where it is wanted: a copy of what has just been written
 * piece by piece takes longer than all else here. */
bool
chapter_row_of(const struct event *event, uint64_t position,
               struct words *words, struct arena *arena,
               struct chapter_row *ret_row)
{
    enum chapter_kind kind;

    *ret_row = (struct chapter_row) { .position = position,
                                      .identity = event->identity,
                                      .recorded_ms = event->recorded_ms };
    if (event->store >= 1u << CHAPTER_STORE_BITS ||
        event->at_ms < LIMIT_AT_MS_MIN || event->at_ms > LIMIT_AT_MS_MAX ||
        event->identity.seq > INT64_MAX ||
        !put_own(event, words, arena, ret_row, &kind))
        return false;
    ret_row->key = (uint64_t)(event->at_ms - LIMIT_AT_MS_MIN)
                       << (CHAPTER_KIND_BITS + CHAPTER_STORE_BITS) |
                   (uint64_t)event->store << CHAPTER_KIND_BITS | kind;
    put_codes(event, arena, ret_row);
    return true;
}

enum err
chapter_row_of_item(view bytes, struct chapter_row *ret_row)
{
    struct item item;
    enum err err = item_decode(bytes, &item);

    if (err == OK)
        *ret_row = (struct chapter_row) { .position = item.position,
                                          .identity = item.identity,
                                          .item = true,
                                          .codes = bytes };
    return err;
}

/* --- back to the event --- */

static bool
take_name(const struct chapter_row *row, const struct words *words,
          struct arena *arena, view *ret_name)
{
    if (row->goods == WORDS_NONE || row->goods > words->count)
        return false;
    *ret_name = arena_copy(arena, words_get(words, row->goods));
    return true;
}

static bool
take_line(const struct chapter_row *row, uint32_t index, const uint8_t **skus,
          const struct words *words, struct arena *arena, struct event_line *to)
{
    uint8_t room[LIMIT_CODE_SIZE];
    struct chapter_line line;
    view sku = { 0 };

    memcpy(&line, row->lines + index * sizeof line, sizeof line);
    to->amount.minor = line.amount;
    to->qty = line.qty;
    if (line.goods > words->count ||
        (line.sku != 0 &&
         !chapter_row_take_sku(skus, row->skus.bytes + row->skus.size, room,
                               &sku)))
        return false;
    to->sku = arena_copy(arena, sku);
    if (line.goods != WORDS_NONE)
        to->category = arena_copy(arena, words_get(words, line.goods));
    return true;
}

static bool
take_lines(const struct chapter_row *row, const struct words *words,
           struct arena *arena, struct event *event)
{
    const uint8_t *skus = row->skus.bytes;
    uint32_t count = row->goods;
    struct event_line *lines = ARENA_NEW(arena, struct event_line, count);

    if (count == 0 || count > LIMIT_EVENT_LINES)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!take_line(row, i, &skus, words, arena, &lines[i]))
            return false;
    event->sale.lines = lines;
    event->sale.line_count = count;
    return true;
}

static bool
take_one_line(const struct chapter_row *row, const struct words *words,
              struct arena *arena, struct event *event)
{
    struct event_line *line = ARENA_NEW(arena, struct event_line, 1);

    line->amount.minor = row->amount;
    line->qty = 1;
    event->sale.lines = line;
    event->sale.line_count = 1;
    return row->goods == WORDS_NONE ||
           take_name(row, words, arena, &line->category);
}

static bool
take_sale(const struct chapter_row *row, const struct words *words,
          struct arena *arena, struct event *event)
{
    enum chapter_kind kind = chapter_key_kind(row->key);

    event->kind = EVENT_PURCHASE;
    event->sale.total.minor = row->amount;
    event->sale.bought_on = EVENT_NO_DAY;
    if (kind == CHAPTER_LINE)
        return take_one_line(row, words, arena, event);
    return kind == CHAPTER_PURCHASE || take_lines(row, words, arena, event);
}

static bool
take_own(const struct chapter_row *row, const struct words *words,
         struct arena *arena, struct event *event)
{
    switch (chapter_key_kind(row->key)) {
    case CHAPTER_PURCHASE:
    case CHAPTER_LINE:
    case CHAPTER_LINES:
        return take_sale(row, words, arena, event);
    case CHAPTER_REDEEM:
        event->kind = EVENT_REDEEM;
        event->redeem.points.value = row->amount;
        event->redeem.value.minor = -1;
        return true;
    case CHAPTER_REWARD:
        event->kind = EVENT_REDEEM;
        event->redeem.value.minor = (int64_t)row->amount - 1;
        return take_name(row, words, arena, &event->redeem.reward);
    case CHAPTER_STAMP:
        event->kind = EVENT_STAMP;
        event->stamp.count = row->amount;
        return take_name(row, words, arena, &event->stamp.card);
    case CHAPTER_JOIN:
        event->kind = EVENT_JOIN;
        event->join.home_store = row->amount;
        return true;
    case CHAPTER_ACTIVITY:
        event->kind = EVENT_ACTIVITY;
        return take_name(row, words, arena, &event->activity.name);
    }
    return false;
}

static bool
take_more(const uint8_t **at, const uint8_t *end, struct arena *arena,
          struct event *event)
{
    uint64_t value;

    if (event->kind == EVENT_JOIN)
        return varint_take(at, end, &event->join.referrer);
    if (event->kind != EVENT_PURCHASE || !varint_take(at, end, &value))
        return false;
    event->sale.off.minor = (int64_t)value;
    struct event_line *lines =
        ARENA_NEW(arena, struct event_line, event->sale.line_count);
    for (uint32_t i = 0; i < event->sale.line_count; i++) {
        lines[i] = event->sale.lines[i];
        if (!varint_take(at, end, &value) || value > LIMIT_MONEY_MINOR)
            return false;
        lines[i].amount.minor += (int64_t)value;
    }
    event->sale.lines = lines;
    return true;
}

static bool
take_codes(const struct chapter_row *row, struct arena *arena,
           struct event *event)
{
    const uint8_t *at = row->codes.bytes;
    const uint8_t *end = at + row->codes.size;
    view receipt;

    if (!take_code(row->tag >> CHAPTER_TAG_RECEIPT & FORM_MASK, &at, end, arena,
                   &receipt) ||
        !take_code(row->tag >> CHAPTER_TAG_ID & FORM_MASK, &at, end, arena,
                   &event->id))
        return false;
    if (event->kind == EVENT_PURCHASE)
        event->sale.receipt = receipt;
    else if (event->kind == EVENT_REDEEM)
        event->redeem.receipt = receipt;
    if ((row->tag & CHAPTER_TAG_MORE) != 0 &&
        !take_more(&at, end, arena, event))
        return false;
    return at == end;
}

enum err
chapter_row_event(const struct chapter_row *row, account_id account,
                  const struct words *words, struct arena *arena,
                  struct event *ret_event)
{
    struct event event = { .store = chapter_key_store(row->key),
                           .identity = row->identity,
                           .at_ms = chapter_key_at_ms(row->key),
                           .recorded_ms = row->recorded_ms,
                           .account = account };

    assert(!row->item);
    if (!take_own(row, words, arena, &event) || !take_codes(row, arena, &event))
        return err_corrupt();
    *ret_event = event;
    return OK;
}

bool
chapter_row_pass_codes(const struct chapter_row *row, const uint8_t **at,
                       const uint8_t *end)
{
    bool lines = chapter_key_kind(row->key) == CHAPTER_LINES;
    uint32_t more = (row->tag & CHAPTER_TAG_MORE) == 0 ? 0
                    : lines                            ? 1u + row->goods
                                                       : 1;
    uint64_t value;

    if (!pass_code(row->tag >> CHAPTER_TAG_RECEIPT & FORM_MASK, at, end) ||
        !pass_code(row->tag >> CHAPTER_TAG_ID & FORM_MASK, at, end))
        return false;
    for (uint32_t i = 0; i < more; i++)
        if (!varint_take(at, end, &value))
            return false;
    return true;
}

int
chapter_row_compare(const struct chapter_row *a, const struct chapter_row *b)
{
    const uint32_t low = CHAPTER_KIND_BITS + CHAPTER_STORE_BITS;

    if (a->key >> low != b->key >> low)
        return a->key >> low < b->key >> low ? -1 : 1;
    int order = identity_compare(a->identity, b->identity);
    if (order != 0)
        return order;
    return a->position < b->position ? -1 : a->position > b->position;
}
