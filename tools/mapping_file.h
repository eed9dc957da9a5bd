/*
 * mapping_file.h - the YAML file that says how rows become events
 *
 *   delimiter: ","              # or  layout: blanks  or  widths: [5, 9, 8]
 *   columns: [a, b, c]          # names, where the file has no heading row
 *   timezone: Europe/London     # of times that name no offset
 *   time: "%Y-%m-%d %H:%M:%S"   # as strptime(3), %s: seconds since 1970; left
 *                               # out: RFC 3339 and alike
 *   shift_years: 20             # added to every date
 *   decimal: ","                # the mark in numbers; a point if left out
 *   money: minor                # amounts are cents already
 *   side: {campaign: {file: c.csv, key: id, from: "{campaign_id}"}}
 *   skip: [{column: Country, is: [Test]}, {column: Total, empty: true}]
 *   group: "{InvoiceNo} {CustomerID}"   # rows that make one receipt of `lines`
 *   kind: {column: Type, values: {S: purchase}, prefix: {C: return},
 *          negative: return, otherwise: purchase}
 *   event: {id: "...", at: "{Date}", member: "{Customer}", ...,
 *           lines: {amount: {product: [Quantity, Price]}, sku: "{Code}"}}
 *
 * A value is a text in which `{Column}` stands for the cell of that column,
 * `{side.Column}` for one of a side file, and `{#}` for how many rows or
 * receipts with the same `id` there were so far, this one included.  Or it is
 * a mapping: {from: TEXT, missing: [TEXT...], values: {TEXT: TEXT}}; what is
 * empty or `missing` leaves the field out.  The kind is told by the first of
 * `values`, `prefix` (of the field `receipt`), `negative` (the sign of the
 * total) and `otherwise` that applies; fields that it does not have are left
 * out, so that one file can hold several kinds.
 */
#ifndef TOOLS_MAPPING_FILE_H
#define TOOLS_MAPPING_FILE_H

#include "core/event.h"
#include "core/mistake.h"
#include "tools/cell.h"
#include "tools/csv.h"

enum {
    MAPPING_COLUMNS_MAX = 200, /* columns that one mapping uses */
    MAPPING_SIDES_MAX = 8,
    MAPPING_COLUMN_NTH = -2, /* what `{#}` stands for */
};

/* A text with holes: `text`, then the cell of `column`, and so on. */
struct template
{
    uint32_t count;
    const struct template_piece *pieces;
};

struct template_piece {
    view text;
    int32_t column; /* place in mapping.columns; -1: none */
};

struct translation {
    view from;
    view to;
};

struct mapping_value {
    struct template text; /* count 0: the field is not mapped */
    const view *missing;
    const struct translation *values;
    uint32_t missing_count;
    uint32_t value_count;
};

struct mapping_column {
    view name;
    int32_t side; /* place in mapping.sides; -1: the file itself */
};

struct mapping_side {
    view name;
    view file; /* beside the data */
    view key;  /* its column */
    struct template from;
};

struct mapping_skip {
    int32_t column;
    const view *values;
    uint32_t value_count;
    bool is_prefix; /* of values; else the whole cell */
};

/* How the kind is told; 0 where a way is not used. */
struct mapping_kind {
    int32_t column;
    const struct translation *values;
    const struct translation *prefixes;
    uint32_t value_count;
    uint32_t prefix_count;
    enum event_kind negative;
    enum event_kind otherwise;
};

/* The fields of events, as columns of the table in mapping_file.c. */
enum { MAPPING_FIELD_COUNT = 31 };

enum mapping_type {
    MAPPING_INTEGER,
    MAPPING_MONEY,
    MAPPING_TIME,
    MAPPING_DAY,
    MAPPING_NAME,
    MAPPING_CODE,
    MAPPING_TEXT,
    MAPPING_BOOL,
};

struct mapping_field {
    const char *name;
    enum mapping_type type;
    uint32_t kinds; /* 1 << event_kind of those that have it */
};

struct mapping {
    char delimiter; /* 0: blanks */
    const uint32_t *widths;
    uint32_t width_count;
    const view *heading; /* NULL: the first row is the heading */
    uint32_t heading_count;
    struct cell_clock clock;
    struct zone zone;
    char decimal_mark;
    bool money_is_minor;
    struct template group; /* count 0: each row is an event */
    struct mapping_kind kind;
    struct mapping_value fields[MAPPING_FIELD_COUNT];
    bool has_lines;
    struct template amount;
    struct template factor; /* count 0: none */
    struct mapping_value category;
    struct mapping_value sku;
    struct mapping_value qty;
    const struct mapping_skip *skips;
    uint32_t skip_count;
    uint32_t side_count;
    uint32_t column_count;
    struct mapping_side sides[MAPPING_SIDES_MAX];
    struct mapping_column columns[MAPPING_COLUMNS_MAX];
};

/* The field in that place of mapping.fields. */
const struct mapping_field *mapping_file_field(uint32_t index);
/* The place of a field; it is one of the table. */
uint32_t mapping_file_find(const char *name);

/* Reads a mapping file; everything lies in the arena and borrows `bytes`.
 * ERR_INPUT: there are mistakes, in the order of the file.  ERR_IO, ERR_MEMORY:
 * its time zone can't be read now. */
NODISCARD enum err mapping_file_read(view bytes, struct arena *arena,
                                     struct mistakes *mistakes,
                                     const struct mapping **ret_mapping);

#endif
