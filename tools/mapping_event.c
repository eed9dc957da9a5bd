#include "tools/mapping_event.h"

#include "tools/cell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAPPING_VALUE_SIZE_MAX = 4096 }; /* one field, before it is checked */

/* Address space for the values of one event. */
#define MAPPING_EVENT_ROOM ((size_t)256 * 1048576)

/* --- values ------------------------------------------------------------- */

static void
write_template(const struct mapping_event *maker, struct template template,
               const struct mapping_row *row, struct text *out)
{
    for (uint32_t i = 0; i < template.count; i++) {
        const struct template_piece *piece = &template.pieces[i];
        text_view_append(out, piece->text);
        if (piece->column >= 0)
            text_view_append(out, row->cells[piece->column]);
        else if (piece->column == MAPPING_COLUMN_NTH && maker->nth > 0)
            text_unsigned(out, maker->nth);
    }
}

/* The value's text, after `missing` and `values`; lies in the event's arena.
 * Empty: the field is left out. */
static view
evaluate(struct mapping_event *maker, const struct mapping_value *value,
         const struct mapping_row *row)
{
    text_clear(&maker->scratch);
    write_template(maker, value->text, row, &maker->scratch);
    view text = text_view(&maker->scratch);
    if (text.size > MAPPING_VALUE_SIZE_MAX) {
        maker->too_long = true;
        return (view) { 0 };
    }
    for (uint32_t i = 0; i < value->missing_count; i++)
        if (view_equal(text, value->missing[i]))
            return (view) { 0 };
    for (uint32_t i = 0; i < value->value_count; i++)
        if (view_equal(text, value->values[i].from))
            return value->values[i].to;
    return arena_copy(&maker->arena, text);
}

/* Keeps the reason; returns ERR_INPUT, so that the event can be given up. */
static enum err PRINTF_LIKE(2, 3)
    refuse(struct mapping_event *maker, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(maker->why.text, sizeof maker->why.text, format, list);
    va_end(list);
    return ERR_INPUT;
}

static enum err
refuse_value(struct mapping_event *maker, const char *field, view text,
             const char *expected)
{
    struct mistake_quote quote;

    return refuse(maker, "%s: expected %s, found %s", field, expected,
                  mistake_quote(text, &quote));
}

static enum err
read_amount(struct mapping_event *maker, const char *field, view a, view b,
            money *ret_amount)
{
    const struct mapping *mapping = maker->mapping;
    decimal first;
    decimal second = { 1, 0 };

    if (!cell_decimal(a, mapping->decimal_mark, &first))
        return refuse_value(maker, field, a, "a decimal number");
    if (b.size > 0 && !cell_decimal(b, mapping->decimal_mark, &second))
        return refuse_value(maker, field, b, "a decimal number");
    if (!cell_money_half_away(first, second, mapping->money_is_minor,
                              ret_amount))
        return refuse_value(maker, field, a, "less money");
    return OK;
}

/* --- fields ------------------------------------------------------------- */

static enum err
write_date(struct mapping_event *maker, const struct mapping_field *field,
           view text)
{
    const struct cell_clock *clock = &maker->mapping->clock;
    int64_t at_ms;
    int32_t day;
    char date[11];

    if (field->type == MAPPING_TIME) {
        if (!cell_time(text, clock, &at_ms))
            return refuse_value(maker, field->name, text,
                                "a time as the mapping says");
        text_json_time(&maker->json, field->name, at_ms);
        return OK;
    }
    if (!cell_day(text, clock, &day))
        return refuse_value(maker, field->name, text,
                            "a date as the mapping says");
    calendar_format_date(day, date);
    text_json_view(&maker->json, field->name, view_of(date));
    return OK;
}

static enum err
write_bool(struct mapping_event *maker, const struct mapping_field *field,
           view text)
{
    static const char *const YES[] = { "true", "yes", "1", "Y", "y", "TRUE" };
    static const char *const NO[] = { "false", "no", "0", "N", "n", "FALSE" };
    bool yes = false;
    bool no = false;

    for (uint32_t i = 0; i < COUNT_OF(YES); i++) {
        yes = yes || view_equal(text, view_of(YES[i]));
        no = no || view_equal(text, view_of(NO[i]));
    }
    if (!yes && !no)
        return refuse_value(maker, field->name, text, "true or false");
    text_json_bool(&maker->json, field->name, yes);
    return OK;
}

static void
write_folded(struct mapping_event *maker, const char *name, bool is_name,
             view text)
{
    text_clear(&maker->scratch);
    if (is_name)
        cell_fold_name(&maker->scratch, text);
    else
        cell_fold_code(&maker->scratch, text);
    text_json_view(&maker->json, name, text_view(&maker->scratch));
}

/* Writes the field with the value `text`, which is not empty. */
static enum err
write_field(struct mapping_event *maker, const struct mapping_field *field,
            view text)
{
    int64_t number;
    money amount;
    enum err err;

    switch (field->type) {
    case MAPPING_INTEGER:
        if (!cell_integer(text, &number))
            return refuse_value(maker, field->name, text, "an integer");
        text_json_integer(&maker->json, field->name, number);
        return OK;
    case MAPPING_MONEY:
        err = read_amount(maker, field->name, text, (view) { 0 }, &amount);
        if (err == OK)
            text_json_integer(&maker->json, field->name, amount.minor);
        return err;
    case MAPPING_TIME:
    case MAPPING_DAY:
        return write_date(maker, field, text);
    case MAPPING_NAME:
        write_folded(maker, field->name, true, text);
        return OK;
    case MAPPING_CODE:
        write_folded(maker, field->name, false, text);
        return OK;
    case MAPPING_TEXT:
        text_json_view(&maker->json, field->name, text);
        return OK;
    case MAPPING_BOOL:
        return write_bool(maker, field, text);
    }
    return ERR_INPUT;
}

/* --- receipts ----------------------------------------------------------- */

/* What a receipt comes to: the sum of its lines and what the columns say. */
struct sums {
    money lines;
    money total;
    money off;
    bool has_total;
    bool has_off;
};

static enum err
read_field_amount(struct mapping_event *maker, const struct mapping_row *row,
                  const char *name, money *ret_amount, bool *ret_has)
{
    const struct mapping_value *value =
        &maker->mapping->fields[mapping_file_find(name)];

    if (value->text.count == 0)
        return OK;
    view text = evaluate(maker, value, row);
    if (text.size == 0)
        return OK;
    *ret_has = true;
    return read_amount(maker, name, text, (view) { 0 }, ret_amount);
}

static enum err
read_line_amount(struct mapping_event *maker, const struct mapping_row *row,
                 money *ret_amount)
{
    const struct mapping *mapping = maker->mapping;
    const struct mapping_value amount = { .text = mapping->amount };
    const struct mapping_value factor = { .text = mapping->factor };
    view a = evaluate(maker, &amount, row);
    view b = { 0 };

    if (mapping->factor.count > 0) {
        b = evaluate(maker, &factor, row);
        if (b.size == 0)
            return refuse_value(maker, "amount", b, "a decimal number");
    }
    return read_amount(maker, "amount", a, b, ret_amount);
}

/* Sums the lines up, and makes total, off and lines agree where one of them
 * is not said: off = lines - total. */
static enum err
read_sums(struct mapping_event *maker, const struct mapping_rows *rows,
          struct sums *ret_sums)
{
    struct sums sums = { 0 };
    money amount = { 0 };

    enum err err = read_field_amount(maker, rows->first, "total", &sums.total,
                                     &sums.has_total);
    if (err == OK)
        err = read_field_amount(maker, rows->first, "off", &sums.off,
                                &sums.has_off);
    const struct mapping_row *row =
        maker->mapping->has_lines ? rows->first : NULL;
    for (; row != NULL && err == OK; row = row->next) {
        err = read_line_amount(maker, row, &amount);
        sums.lines = money_add(sums.lines, amount);
    }
    if (err != OK)
        return err;
    if (!sums.has_total)
        sums.total = money_sub(sums.lines, sums.off);
    else if (maker->mapping->has_lines && !sums.has_off)
        sums.off = money_sub(sums.lines, sums.total);
    *ret_sums = sums;
    return OK;
}

/* Goods by weight have no count of their own: 1.25 is one. */
static enum err
write_count(struct mapping_event *maker, view text)
{
    decimal value;

    if (!cell_decimal(text, maker->mapping->decimal_mark, &value))
        return refuse_value(maker, "qty", text, "a decimal number");
    for (; value.scale > 0 && value.digits % 10 == 0; value.scale--)
        value.digits /= 10;
    int64_t count = value.scale > 0 ? 1 : value.digits;
    text_json_integer(&maker->json, "qty", count < 0 ? -count : count);
    return OK;
}

static enum err
write_line(struct mapping_event *maker, const struct mapping_row *row,
           int64_t sign)
{
    const struct mapping *mapping = maker->mapping;
    money amount;

    enum err err = read_line_amount(maker, row, &amount);
    if (err != OK)
        return err;
    text_comma(&maker->json);
    text_char(&maker->json, '{');
    text_json_integer(&maker->json, "amount", sign * amount.minor);
    view category = evaluate(maker, &mapping->category, row);
    if (category.size > 0)
        write_folded(maker, "category", true, category);
    view sku = evaluate(maker, &mapping->sku, row);
    if (sku.size > 0)
        write_folded(maker, "sku", false, sku);
    view qty = evaluate(maker, &mapping->qty, row);
    if (qty.size > 0)
        err = write_count(maker, qty);
    text_char(&maker->json, '}');
    return err;
}

/* A receipt that comes to less than nothing is written with its signs turned,
 * which is what a blind return wants. */
static enum err
write_receipt(struct mapping_event *maker, const struct mapping_rows *rows,
              const struct sums *sums, enum event_kind kind)
{
    bool turned = kind == EVENT_RETURN && sums->total.minor < 0;
    int64_t sign = turned ? -1 : 1;
    enum err err = OK;

    text_json_integer(&maker->json, "total", sign * sums->total.minor);
    if (sums->off.minor != 0)
        text_json_integer(&maker->json, "off", sign * sums->off.minor);
    if (!maker->mapping->has_lines)
        return OK;
    text_json_key(&maker->json, "lines");
    text_char(&maker->json, '[');
    for (const struct mapping_row *row = rows->first; row != NULL && err == OK;
         row = row->next)
        err = write_line(maker, row, sign);
    text_char(&maker->json, ']');
    return err;
}

/* --- events ------------------------------------------------------------- */

static bool
begins_with(view text, view prefix)
{
    return text.size >= prefix.size &&
           view_equal((view) { text.bytes, prefix.size }, prefix);
}

static bool
kind_by_value(const struct mapping_kind *kind, view cell,
              enum event_kind *ret_kind)
{
    for (uint32_t i = 0; i < kind->value_count; i++)
        if (view_equal(cell, kind->values[i].from))
            return event_kind_parse(kind->values[i].to, ret_kind);
    return false;
}

static bool
kind_by_prefix(const struct mapping_kind *kind, view receipt,
               enum event_kind *ret_kind)
{
    for (uint32_t i = 0; i < kind->prefix_count; i++)
        if (begins_with(receipt, kind->prefixes[i].from))
            return event_kind_parse(kind->prefixes[i].to, ret_kind);
    return false;
}

static enum err
tell_kind(struct mapping_event *maker, const struct mapping_rows *rows,
          const struct sums *sums, enum event_kind *ret_kind)
{
    const struct mapping_kind *kind = &maker->mapping->kind;
    const struct mapping_row *row = rows->first;

    if (kind->value_count > 0 &&
        kind_by_value(kind, row->cells[kind->column], ret_kind))
        return OK;
    if (kind->prefix_count > 0) {
        uint32_t field = mapping_file_find("receipt");
        if (kind_by_prefix(kind,
                           evaluate(maker, &maker->mapping->fields[field], row),
                           ret_kind))
            return OK;
    }
    *ret_kind = kind->otherwise;
    if (kind->negative != 0 && sums->total.minor < 0)
        *ret_kind = kind->negative;
    if (*ret_kind == 0)
        return kind->value_count > 0
                   ? refuse_value(maker, "kind", row->cells[kind->column],
                                  "one of the values of the mapping")
                   : refuse(maker, "kind: the mapping tells none");
    return OK;
}

/* Numbers the events whose `id` has a {#} in it. */
static enum err
number(struct mapping_event *maker, const struct mapping_row *row)
{
    struct template template =
        maker->mapping->fields[mapping_file_find("id")].text;
    bool numbered = false;

    for (uint32_t i = 0; i < template.count; i++)
        numbered = numbered || template.pieces[i].column == MAPPING_COLUMN_NTH;
    maker->nth = 0;
    if (!numbered)
        return OK;
    text_clear(&maker->scratch);
    write_template(maker, template, row, &maker->scratch);
    uint64_t *count = lookup_take(maker->ids, text_view(&maker->scratch));
    if (count == NULL)
        return ERR_MEMORY;
    maker->nth = ++*count;
    return OK;
}

static bool
is_total(const struct mapping_field *field)
{
    return strcmp(field->name, "total") == 0 || strcmp(field->name, "off") == 0;
}

static bool
is_account(const struct mapping_field *field)
{
    return strcmp(field->name, "member") == 0 ||
           strcmp(field->name, "bearer") == 0;
}

static enum err
write_fields(struct mapping_event *maker, const struct mapping_row *row,
             enum event_kind kind)
{
    bool is_somebodys = false;

    for (uint32_t i = 0; i < MAPPING_FIELD_COUNT; i++) {
        const struct mapping_field *field = mapping_file_field(i);
        const struct mapping_value *value = &maker->mapping->fields[i];
        if (value->text.count == 0 || is_total(field) ||
            (field->kinds & (UINT32_C(1) << kind)) == 0)
            continue;
        view text = evaluate(maker, value, row);
        if (text.size == 0)
            continue;
        enum err err = write_field(maker, field, text);
        if (err != OK)
            return err;
        is_somebodys = is_somebodys || is_account(field);
    }
    if (!is_somebodys)
        return refuse(maker, "no customer: member and bearer are empty (skip "
                             "in the mapping leaves such rows out)");
    return OK;
}

/* Writes the rows as one JSON line.  ERR_INPUT: they make none, see `why`. */
static enum err
write_event(struct mapping_event *maker, const struct mapping_rows *rows)
{
    struct sums sums = { 0 };
    enum event_kind kind;

    if (rows->count > LIMIT_EVENT_LINES)
        return refuse(maker, "lines: expected at most %d rows, found %u",
                      LIMIT_EVENT_LINES, rows->count);
    enum err err = number(maker, rows->first);
    if (err == OK)
        err = read_sums(maker, rows, &sums);
    if (err == OK)
        err = tell_kind(maker, rows, &sums, &kind);
    if (err != OK)
        return err;
    text_clear(&maker->json);
    text_char(&maker->json, '{');
    text_json_view(&maker->json, "kind", view_of(event_kind_name(kind)));
    err = write_fields(maker, rows->first, kind);
    if (err == OK && (kind == EVENT_PURCHASE || kind == EVENT_RETURN))
        err = write_receipt(maker, rows, &sums, kind);
    text_char(&maker->json, '}');
    if (err == OK && maker->too_long)
        return refuse(maker, "a value is longer than %d bytes",
                      MAPPING_VALUE_SIZE_MAX);
    if (!text_ok(&maker->json) || !text_ok(&maker->scratch))
        return ERR_MEMORY;
    return err;
}

/* --- the maker ---------------------------------------------------------- */

enum err
mapping_event_open(struct mapping_event *maker, const struct mapping *mapping)
{
    *maker = (struct mapping_event) { .mapping = mapping };
    maker->ids = lookup_open();
    if (maker->ids == NULL || !arena_open(&maker->arena, MAPPING_EVENT_ROOM))
        return ERR_MEMORY;
    return OK;
}

void
mapping_event_close(struct mapping_event *maker)
{
    lookup_close(maker->ids);
    arena_close(&maker->arena);
    text_close(&maker->scratch);
    text_close(&maker->json);
}

enum err
mapping_event_make(struct mapping_event *maker, const struct mapping_rows *rows,
                   struct arena *arena, struct event *ret_event,
                   struct json_extra *ret_extra)
{
    arena_reset(&maker->arena);
    maker->too_long = false;
    maker->why.text[0] = '\0';
    enum err err = write_event(maker, rows);
    if (err != OK)
        return err;
    return json_read_event(text_view(&maker->json), arena, ret_event, ret_extra,
                           &maker->why);
}

view
mapping_event_fill(struct mapping_event *maker, struct template template,
                   const struct mapping_row *row)
{
    text_clear(&maker->scratch);
    write_template(maker, template, row, &maker->scratch);
    return text_view(&maker->scratch);
}
