#include "core/json.h"

#include "core/json_fields.h"
#include "core/json_quick.h"

#include <inttypes.h>

/* One entry of `lines`.  Its complaints name the field alone; read_lines()
 * puts in front of it which line it is on. */
static enum err
read_line(struct json_reader *reader, const struct json_tree *node,
          bool by_receipt, struct event_line *line)
{
    struct json_entry entry = { 0 };
    uint64_t seen = 0;

    line->qty = 1;
    while (json_next(node, &entry)) {
        struct json_value value = { 0 };
        uint32_t field =
            json_form_find(json_fields_line_forms, LINE_END, 0, entry.key);
        if (field == LINE_END ||
            (json_fields_line_may(by_receipt) & JSON_BIT(field)) == 0)
            return complain(reader->complaint,
                            "%s: expected %s, found an unknown field",
                            err_quote(entry.key).text,
                            by_receipt ? "only line and amount"
                                       : "amount, category, sku or qty");
        enum err err =
            json_value_read(entry.value, &json_fields_line_forms[field],
                            reader->complaint, &value);
        if (err != OK)
            return err;
        seen |= JSON_BIT(field);
        value.text = arena_copy(reader->arena, value.text);
        json_fields_store_line(line, (enum json_line_field)field, &value);
    }
    uint64_t missing = json_fields_line_must(by_receipt) & ~seen;
    if (missing == 0)
        return OK;
    return complain(reader->complaint,
                    "%s: expected on every line, found "
                    "nothing",
                    json_fields_line_forms[__builtin_ctzll(missing)].name);
}

static enum err
read_lines(struct json_reader *reader, const struct json_tree *node,
           bool by_receipt)
{
    uint32_t count = node == NULL ? 0 : json_count(node);

    if (json_type_of(node) != JSON_TYPE_ARRAY || count == 0 ||
        count > LIMIT_EVENT_LINES)
        return complain(reader->complaint,
                        "lines: expected a list of 1 to %d objects, found %s",
                        LIMIT_EVENT_LINES,
                        json_type_of(node) != JSON_TYPE_ARRAY
                            ? json_quote(node).text
                        : count == 0 ? "an empty one"
                                     : "a longer one");
    struct event_line *lines =
        ARENA_NEW(reader->arena, struct event_line, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct json_tree *entry = json_at(node, i);
        if (json_type_of(entry) != JSON_TYPE_OBJECT)
            return complain(reader->complaint,
                            "lines[%" PRIu32 "]: expected an object, found %s",
                            i, json_quote(entry).text);
        if (read_line(reader, entry, by_receipt, &lines[i]) == OK)
            continue;
        if (reader->complaint != NULL) {
            struct complaint inner = *reader->complaint;
            (void)complain(reader->complaint, "lines[%" PRIu32 "].%s", i,
                           inner.text);
        }
        return ERR_INPUT;
    }
    reader->event.sale.lines = lines;
    reader->event.sale.line_count = count;
    return OK;
}

static enum err
read_field(struct json_reader *reader, enum json_field field,
           const struct json_tree *node)
{
    const struct json_form *form = &json_fields_forms[field];
    struct json_value value = { 0 };

    /* What its entries may be depends on whether there is a receipt. */
    if (form->type == TYPE_LINES)
        return json_fields_store(reader, field, &value);
    enum err err = json_value_read(node, form, reader->complaint, &value);
    if (err != OK)
        return err;
    value.text = arena_copy(reader->arena, value.text);
    return json_fields_store(reader, field, &value);
}

static enum err
read_kind(struct json_reader *reader, const struct json_tree *root)
{
    const struct json_tree *node = json_get(root, "kind");
    view name;

    if (json_type_of(root) != JSON_TYPE_OBJECT)
        return json_complain(reader->complaint, "the line", "a JSON object",
                             root);
    if (!json_get_string(node, &name) || !json_fields_start(reader, name))
        return json_complain(reader->complaint, "kind",
                             "join, purchase, return, void, stamp, redeem, "
                             "reverse, consent, activity, grant, adjust, "
                             "pass_sale or pass_use",
                             node);
    return OK;
}

static enum err
read_fields(struct json_reader *reader, const struct json_tree *root)
{
    enum event_kind kind = reader->event.kind;
    struct json_entry entry = { 0 };

    while (json_next(root, &entry)) {
        uint32_t field =
            json_form_find(json_fields_forms, FIELD_END, 0, entry.key);
        if (field == FIELD_END ||
            !json_fields_allowed(kind, (enum json_field)field))
            return complain(
                reader->complaint, "%s: expected a field of kind %s, found %s",
                err_quote(entry.key).text, event_kind_name(kind),
                field == FIELD_END ? "an unknown one" : "one of another kind");
        enum err err = read_field(reader, (enum json_field)field, entry.value);
        if (err != OK)
            return err;
    }
    return OK;
}

static enum err
read_root(struct json_reader *reader, const struct json_tree *root)
{
    enum err err = read_kind(reader, root);

    if (err == OK)
        err = read_fields(reader, root);
    if (err == OK)
        err = json_fields_check_shape(reader);
    if (err == OK && json_fields_has(reader, FIELD_LINES))
        err = read_lines(reader, json_get(root, "lines"),
                         reader->event.kind == EVENT_RETURN &&
                             json_fields_has(reader, FIELD_RECEIPT));
    if (err == OK)
        err = json_fields_check_values(reader);
    return err;
}

enum err
json_read_event(view line, struct arena *arena, struct event *ret_event,
                struct json_extra *ret_extra, struct complaint *complaint)
{
    struct json_reader reader = { .arena = arena };
    struct json_tree *root = NULL;
    enum err err = OK;

    if (line.size > LIMIT_JSON_LINE)
        return complain(complaint,
                        "the line: expected at most %d bytes, found %" PRIu32,
                        LIMIT_JSON_LINE, line.size);
    if (!json_quick_read(line, &reader)) {
        reader =
            (struct json_reader) { .arena = arena, .complaint = complaint };
        err = json_open(line, &root, complaint);
        if (err == OK)
            err = read_root(&reader, root);
        json_close(root);
    }
    if (err != OK)
        return err;
    *ret_event = reader.event;
    *ret_extra = reader.extra;
    return OK;
}
