/*
 * mapping.c - each row is cut down to the cells that the mapping uses, those
 * of side files are added, and the rows of one event are brought together, in
 * the order of their first rows
 */
#include "tools/mapping.h"

#include "tools/lookup.h"
#include "tools/mapping_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPING_PATH_SIZE = 4096 };

/* Address space for the rows of a side file. */
#define MAPPING_SIDE_ROOM ((size_t)1 << 32)

/* A side file by its key. */
struct side {
    struct lookup *lookup; /* key to number of the row, from 1 */
    struct arena arena;    /* the cells */
    view **rows;           /* each has room for mapping.columns */
    uint64_t row_count;
    uint64_t row_room;
};

/* The rows of one receipt.  They are copies, each by itself: receipts come to
 * their ends in any order. */
struct group {
    struct mapping_rows rows;
    uint32_t left; /* rows still to come, where they are counted */
};

struct converter {
    const struct mapping *mapping;
    const struct mapping_sink *sink;
    struct mapping_count count;
    struct complaint *complaint;
    struct csv *csv;
    struct mapping_event maker;
    struct lookup *groups;    /* key to place in `group_list`, from 1 */
    struct group *group_list; /* by their first rows */
    uint64_t group_count;
    uint64_t group_room;
    uint64_t group_next;             /* all before it are done with */
    bool is_counted;                 /* how many rows each group has */
    view cells[MAPPING_COLUMNS_MAX]; /* of the row at hand */
    struct side sides[MAPPING_SIDES_MAX];
    int32_t places[MAPPING_COLUMNS_MAX]; /* in the file; -1: of a side file */
    uint32_t width;                      /* columns of the file */
};

/* --- events and rejects ------------------------------------------------- */

static enum err
reject(struct converter *converter, const struct mapping_row *row,
       const char *why)
{
    converter->count.rejected++;
    return converter->sink->reject(converter->sink->context, row->line,
                                   row->text, why);
}

/* The rows as they stood in the file, but one after another. */
static view
join_rows(const struct mapping_rows *rows, struct arena *arena)
{
    uint32_t size = 0;

    for (const struct mapping_row *row = rows->first; row; row = row->next)
        size += row->text.size + 1;
    uint8_t *text = arena_take(arena, size);
    uint8_t *at = text;
    for (const struct mapping_row *row = rows->first; row; row = row->next) {
        if (row->text.size > 0)
            memcpy(at, row->text.bytes, row->text.size);
        at += row->text.size;
        *at++ = '\n';
    }
    return (view) { text, size - 1 };
}

/* Hands the event of these rows on, or rejects each of them. */
static enum err
finish(struct converter *converter, const struct mapping_rows *rows)
{
    struct event event;
    struct json_extra extra;

    enum err err = mapping_event_make(&converter->maker, rows,
                                      converter->sink->arena, &event, &extra);
    if (err == OK) {
        converter->count.events++;
        return converter->sink->event(converter->sink->context, &event, &extra,
                                      rows->first->line,
                                      join_rows(rows, converter->sink->arena));
    }
    if (err != ERR_INPUT)
        return err;
    err = OK;
    for (const struct mapping_row *row = rows->first; row != NULL && err == OK;
         row = row->next)
        err = reject(converter, row, converter->maker.why.text);
    return err;
}

/* --- side files --------------------------------------------------------- */

static bool
has_room(const struct arena *arena, size_t size)
{
    return (size_t)(arena->end - arena->next) > size;
}

/* The place of the column in a heading; -1: it has none. */
static int32_t
find_column(const struct csv *csv, view name)
{
    for (uint32_t i = 0; i < csv_count(csv); i++)
        if (view_equal(csv_field(csv, i), name))
            return (int32_t)i;
    return -1;
}

static view *
grow_side(struct side *side, uint32_t column_count)
{
    if (side->row_count == side->row_room) {
        uint64_t room = side->row_room == 0 ? 64 : side->row_room * 2;
        view **rows = realloc(side->rows, room * sizeof *rows);
        if (rows == NULL)
            return NULL;
        side->rows = rows;
        side->row_room = room;
    }
    view *cells = ARENA_NEW(&side->arena, view, column_count);
    side->rows[side->row_count++] = cells;
    return cells;
}

/* The next row of a file in which none may be missed. */
static enum err
next_row(struct csv *csv, struct complaint *complaint)
{
    struct complaint why;

    enum err err = csv_next(csv, &why);
    if (err == ERR_INPUT)
        complain(complaint, "line %llu: %.400s",
                 (unsigned long long)csv_line(csv), why.text);
    else if (err == ERR_IO)
        *complaint = why;
    return err;
}

static enum err
read_side_rows(struct converter *converter, uint32_t index, struct csv *csv)
{
    const struct mapping *mapping = converter->mapping;
    struct side *side = &converter->sides[index];
    int32_t places[MAPPING_COLUMNS_MAX];

    enum err err = next_row(csv, converter->complaint);
    if (err != OK)
        return err == ERR_NOT_FOUND
                   ? complain(converter->complaint, "the file is empty")
                   : err;
    int32_t key = find_column(csv, mapping->sides[index].key);
    for (uint32_t i = 0; i < mapping->column_count; i++) {
        bool here = mapping->columns[i].side == (int32_t)index;
        places[i] = here ? find_column(csv, mapping->columns[i].name) : -1;
        if (here && places[i] < 0)
            key = -1;
    }
    if (key < 0)
        return complain(converter->complaint,
                        "the file lacks a column that the mapping names");
    uint32_t width = csv_count(csv);
    while ((err = next_row(csv, converter->complaint)) == OK) {
        if (csv_count(csv) != width)
            return complain(converter->complaint,
                            "line %llu: expected %u columns, found %u",
                            (unsigned long long)csv_line(csv), width,
                            csv_count(csv));
        uint64_t *place =
            lookup_take(side->lookup, csv_field(csv, (uint32_t)key));
        bool room = has_room(&side->arena, 2 * (size_t)CSV_ROW_SIZE_MAX);
        view *cells = room ? grow_side(side, mapping->column_count) : NULL;
        if (place == NULL || cells == NULL)
            return ERR_MEMORY;
        *place = side->row_count;
        for (uint32_t i = 0; i < mapping->column_count; i++)
            if (places[i] >= 0)
                cells[i] = arena_copy(&side->arena,
                                      csv_field(csv, (uint32_t)places[i]));
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Reads the side file, which lies beside the data. */
static enum err
read_side(struct converter *converter, uint32_t index, const char *path)
{
    view file = converter->mapping->sides[index].file;
    struct side *side = &converter->sides[index];
    const char *slash = strrchr(path, '/');
    struct csv *csv = NULL;
    char beside[MAPPING_PATH_SIZE];

    snprintf(beside, sizeof beside, "%.*s%.*s",
             slash == NULL ? 0 : (int)(slash - path) + 1, path, (int)file.size,
             (const char *)file.bytes);
    side->lookup = lookup_open();
    if (side->lookup == NULL || !arena_open(&side->arena, MAPPING_SIDE_ROOM))
        return ERR_MEMORY;
    FILE *in = fopen(beside, "rb");
    if (in == NULL)
        return complain(converter->complaint, "%s: %s", beside,
                        strerror(errno));
    enum err err = csv_open(in, (struct csv_layout) { .delimiter = ',' }, &csv);
    if (err == OK)
        err = csv_check(csv, converter->complaint);
    if (err == OK)
        err = read_side_rows(converter, index, csv);
    if (err == ERR_INPUT) {
        struct complaint why = *converter->complaint;
        complain(converter->complaint, "%s: %.400s", beside, why.text);
    }
    csv_close(csv);
    fclose(in);
    return err;
}

/* --- rows --------------------------------------------------------------- */

/* The heading row shows a wrong delimiter at once. */
static enum err
complain_column(const struct converter *converter, view name)
{
    const bool has_row = converter->mapping->heading == NULL;
    struct mistake_quote column, row;

    return complain(
        converter->complaint,
        "the file has no column %s, which the mapping names%s%s",
        mistake_quote(name, &column), has_row ? "; its heading row is " : "",
        has_row ? mistake_quote(csv_row(converter->csv), &row) : "");
}

/* Where the columns stand that the mapping uses. */
static enum err
read_heading(struct converter *converter)
{
    const struct mapping *mapping = converter->mapping;
    enum err err = csv_check(converter->csv, converter->complaint);

    if (err == OK && mapping->heading == NULL)
        err = next_row(converter->csv, converter->complaint);
    if (err == ERR_NOT_FOUND)
        return complain(converter->complaint,
                        "expected a heading row, found an empty file");
    if (err != OK)
        return err;
    converter->width = mapping->heading == NULL ? csv_count(converter->csv)
                                                : mapping->heading_count;
    for (uint32_t i = 0; i < mapping->column_count; i++) {
        const struct mapping_column *column = &mapping->columns[i];
        int32_t place = -1;
        for (uint32_t c = 0; c < mapping->heading_count; c++)
            if (view_equal(mapping->heading[c], column->name))
                place = (int32_t)c;
        if (mapping->heading == NULL)
            place = find_column(converter->csv, column->name);
        if (place < 0 && column->side < 0)
            return complain_column(converter, column->name);
        converter->places[i] = column->side < 0 ? place : -1;
    }
    return OK;
}

/* Fills in the cells of a side file.  ERR_INPUT: its key is not there. */
static enum err
join_side(struct converter *converter, uint32_t index, view *cells,
          struct complaint *why)
{
    const struct mapping *mapping = converter->mapping;
    const struct side *side = &converter->sides[index];
    const struct mapping_row row = { .cells = cells };
    struct mistake_quote quote;

    view key =
        mapping_event_fill(&converter->maker, mapping->sides[index].from, &row);
    const uint64_t *number_found = lookup_find(side->lookup, key);
    if (number_found == NULL)
        return complain(why, "%.*s has no %s",
                        (int)mapping->sides[index].file.size,
                        (const char *)mapping->sides[index].file.bytes,
                        mistake_quote(key, &quote));
    for (uint32_t i = 0; i < mapping->column_count; i++)
        if (mapping->columns[i].side == (int32_t)index)
            cells[i] = side->rows[*number_found - 1][i];
    return OK;
}

static bool
is_skipped(const struct mapping *mapping, const view *cells)
{
    for (uint32_t i = 0; i < mapping->skip_count; i++) {
        const struct mapping_skip *skip = &mapping->skips[i];
        view cell = cells[skip->column];
        for (uint32_t v = 0; v < skip->value_count; v++) {
            view value = skip->values[v];
            if (skip->is_prefix && cell.size > value.size)
                cell.size = value.size;
            if (view_equal(cell, value))
                return true;
            cell = cells[skip->column];
        }
    }
    return false;
}

/* The cells of what csv.h has just read.  ERR_INPUT: it can't be taken. */
static enum err
find_cells(struct converter *converter, struct complaint *why)
{
    const struct mapping *mapping = converter->mapping;
    uint32_t width = csv_count(converter->csv);

    if (width != converter->width)
        return complain(why, "expected %u columns, found %u", converter->width,
                        width);
    for (uint32_t i = 0; i < mapping->column_count; i++)
        if (converter->places[i] >= 0)
            converter->cells[i] =
                csv_field(converter->csv, (uint32_t)converter->places[i]);
    for (uint32_t i = 0; i < mapping->side_count; i++) {
        enum err err = join_side(converter, i, converter->cells, why);
        if (err != OK)
            return err;
    }
    return OK;
}

/* --- groups ------------------------------------------------------------- */

/* The group of the row's key, made if there is none; NULL: there is no
 * memory left. */
static struct group *
find_group(struct converter *converter, const struct mapping_row *row)
{
    view key =
        mapping_event_fill(&converter->maker, converter->mapping->group, row);
    uint64_t *place = lookup_take(converter->groups, key);

    if (place == NULL)
        return NULL;
    if (*place > 0)
        return &converter->group_list[*place - 1];
    if (converter->group_count == converter->group_room) {
        uint64_t room =
            converter->group_room == 0 ? 1024 : converter->group_room * 2;
        struct group *list =
            realloc(converter->group_list, room * sizeof *list);
        if (list == NULL)
            return NULL;
        converter->group_list = list;
        converter->group_room = room;
    }
    converter->group_list[converter->group_count] = (struct group) { 0 };
    *place = ++converter->group_count;
    return &converter->group_list[*place - 1];
}

static view
put_bytes(uint8_t **at, view bytes)
{
    const view copy = { *at, bytes.size };

    if (bytes.size > 0)
        memcpy(*at, bytes.bytes, bytes.size);
    *at += bytes.size;
    return copy;
}

/* A copy of the row with all that it points to, in one piece; NULL: there is no
 * memory left. */
static struct mapping_row *
copy_row(const struct mapping_row *row, uint32_t column_count)
{
    const size_t cells_size = column_count * sizeof *row->cells;
    size_t size = sizeof *row + cells_size + row->text.size;

    for (uint32_t i = 0; i < column_count; i++)
        size += row->cells[i].size;
    struct mapping_row *copy = malloc(size);
    if (copy == NULL)
        return NULL;
    view *cells = (view *)(copy + 1);
    uint8_t *at = (uint8_t *)cells + cells_size;
    *copy = (struct mapping_row) { .line = row->line, .cells = cells };
    copy->text = put_bytes(&at, row->text);
    for (uint32_t i = 0; i < column_count; i++)
        cells[i] = put_bytes(&at, row->cells[i]);
    return copy;
}

static void
close_group(struct group *group)
{
    struct mapping_row *next;

    for (struct mapping_row *row = group->rows.first; row != NULL; row = next) {
        next = row->next;
        free(row);
    }
    group->rows = (struct mapping_rows) { 0 };
}

/* Finishes the groups in their order: those that are whole, as far as none that
 * is not stands before them, or all. */
static enum err
finish_groups(struct converter *converter, bool all)
{
    enum err err = OK;

    while (err == OK && converter->group_next < converter->group_count) {
        struct group *group = &converter->group_list[converter->group_next];
        if (!all && group->left > 0)
            break;
        if (group->rows.first != NULL)
            err = finish(converter, &group->rows);
        close_group(group);
        converter->group_next++;
    }
    return err;
}

/* Adds the row to its group. */
static enum err
keep(struct converter *converter, const struct mapping_row *row)
{
    struct group *group = find_group(converter, row);

    if (group == NULL)
        return ERR_MEMORY;
    if (group->left == 0 && converter->is_counted)
        return reject(converter, row, "the file has changed while it was read");
    struct mapping_row *copy = copy_row(row, converter->mapping->column_count);
    if (copy == NULL)
        return ERR_MEMORY;
    if (group->rows.first == NULL)
        group->rows.first = copy;
    else
        group->rows.last->next = copy;
    group->rows.last = copy;
    group->rows.count++;
    if (!converter->is_counted)
        return OK;
    group->left--;
    return finish_groups(converter, false);
}

/* --- passes ------------------------------------------------------------- */

/* Counts it with its group, if it is going to be kept. */
static enum err
count_row(struct converter *converter, bool readable, struct complaint *why)
{
    const struct mapping_row row = { .cells = converter->cells };

    if (!readable || find_cells(converter, why) != OK ||
        is_skipped(converter->mapping, converter->cells))
        return OK;
    struct group *group = find_group(converter, &row);
    if (group == NULL)
        return ERR_MEMORY;
    group->left++;
    return OK;
}

/* A row that could not be read (`why` says it already) or can't be taken is
 * rejected; another one waits for its group, or becomes an event at once. */
static enum err
take_row(struct converter *converter, bool readable, struct complaint *why)
{
    struct mapping_row row = { .line = csv_line(converter->csv),
                               .text = csv_row(converter->csv),
                               .cells = converter->cells };

    converter->count.rows++;
    if (!readable || find_cells(converter, why) != OK)
        return reject(converter, &row, why->text);
    if (is_skipped(converter->mapping, converter->cells)) {
        converter->count.skipped++;
        return OK;
    }
    if (converter->mapping->group.count > 0)
        return keep(converter, &row);
    const struct mapping_rows rows = { &row, &row, 1 };
    return finish(converter, &rows);
}

/* All rows behind the heading. */
static enum err
each_row(struct converter *converter,
         enum err take(struct converter *, bool, struct complaint *))
{
    struct complaint complaint = { 0 };
    enum err err = OK;

    while (err == OK) {
        enum err read = csv_next(converter->csv, &complaint);
        if (read == ERR_NOT_FOUND)
            break;
        if (read == ERR_IO)
            *converter->complaint = complaint;
        if (read != OK && read != ERR_INPUT)
            return read;
        err = take(converter, read == OK, &complaint);
    }
    return err;
}

static struct csv_layout
layout_of(const struct mapping *mapping)
{
    return (struct csv_layout) { mapping->delimiter, mapping->widths,
                                 mapping->width_count };
}

/* How many rows each group has, where the file can be read twice: then none
 * waits longer than for its last one. */
static enum err
count_groups(struct converter *converter, FILE *in)
{
    const off_t start = ftello(in);

    if (converter->mapping->group.count == 0 || start < 0 ||
        fseeko(in, start, SEEK_SET) != 0)
        return OK;
    enum err err = read_heading(converter);
    if (err == OK)
        err = each_row(converter, count_row);
    if (err != OK)
        return err;
    converter->is_counted = true;
    csv_close(converter->csv);
    converter->csv = NULL;
    if (fseeko(in, start, SEEK_SET) != 0)
        return ERR_IO;
    return csv_open(in, layout_of(converter->mapping), &converter->csv);
}

static enum err
convert(struct converter *converter)
{
    enum err err = read_heading(converter);

    if (err == OK && converter->mapping->heading == NULL)
        err = converter->sink->heading(converter->sink->context,
                                       csv_row(converter->csv));
    if (err == OK)
        err = each_row(converter, take_row);
    if (err == OK)
        err = finish_groups(converter, true);
    return err;
}

static void
close_converter(struct converter *converter)
{
    for (uint32_t i = 0; i < MAPPING_SIDES_MAX; i++) {
        lookup_close(converter->sides[i].lookup);
        arena_close(&converter->sides[i].arena);
        free(converter->sides[i].rows);
    }
    csv_close(converter->csv);
    mapping_event_close(&converter->maker);
    lookup_close(converter->groups);
    for (uint64_t i = converter->group_next; i < converter->group_count; i++)
        close_group(&converter->group_list[i]);
    free(converter->group_list);
    free(converter);
}

enum err
mapping_convert(const struct mapping *mapping, FILE *in, const char *path,
                const struct mapping_sink *sink,
                struct mapping_count *ret_count, struct complaint *complaint)
{
    enum err err = ERR_MEMORY;

    struct converter *converter = calloc(1, sizeof *converter);
    if (converter == NULL)
        return ERR_MEMORY;
    converter->mapping = mapping;
    converter->sink = sink;
    converter->complaint = complaint;
    converter->groups = lookup_open();
    if (mapping_event_open(&converter->maker, mapping) != OK ||
        converter->groups == NULL)
        goto done;
    err = csv_open(in, layout_of(mapping), &converter->csv);
    for (uint32_t i = 0; i < mapping->side_count && err == OK; i++)
        err = read_side(converter, i, path);
    if (err == OK)
        err = count_groups(converter, in);
    if (err == OK)
        err = convert(converter);
    *ret_count = converter->count;
done:
    close_converter(converter);
    return err;
}
