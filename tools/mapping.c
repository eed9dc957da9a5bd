/*
 * mapping.c - each row is cut down to the cells that the mapping uses, those
 * of side files are added, and the rows of one event are brought together
 */
#include "tools/mapping.h"

#include "tools/lookup.h"
#include "tools/mapping_event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAPPING_PATH_SIZE = 4096 };

/* Address space for the rows of a file that is grouped, and for the rows of a
 * side file. */
#define MAPPING_ROOM ((size_t)1 << 36)
#define MAPPING_SIDE_ROOM ((size_t)1 << 32)

/* A side file by its key. */
struct side {
    struct lookup *lookup; /* key to number of the row, from 1 */
    struct arena arena;    /* the cells */
    view **rows;           /* each has room for mapping.columns */
    uint64_t row_count;
    uint64_t row_room;
};

struct converter {
    const struct mapping *mapping;
    const struct mapping_sink *sink;
    struct mapping_count count;
    struct complaint *complaint;
    struct csv *csv;
    struct mapping_event maker;
    struct arena rows;
    struct lookup *groups; /* key to place in `group_list`, from 1 */
    struct mapping_rows *group_list;
    uint64_t group_count;
    uint64_t group_room;
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
    enum err err = OK;

    if (mapping->heading == NULL) {
        err = next_row(converter->csv, converter->complaint);
        if (err == ERR_NOT_FOUND)
            return complain(converter->complaint,
                            "expected a heading row, found an empty file");
        if (err == OK)
            err = converter->sink->heading(converter->sink->context,
                                           csv_row(converter->csv));
        if (err != OK)
            return err;
    }
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

/* Adds the row to the group of its key. */
static enum err
keep(struct converter *converter, struct mapping_row *row)
{
    view key =
        mapping_event_fill(&converter->maker, converter->mapping->group, row);
    uint64_t *place = lookup_take(converter->groups, key);
    if (place == NULL)
        return ERR_MEMORY;
    if (*place == 0) {
        if (converter->group_count == converter->group_room) {
            uint64_t room =
                converter->group_room == 0 ? 1024 : converter->group_room * 2;
            struct mapping_rows *list =
                realloc(converter->group_list, room * sizeof *list);
            if (list == NULL)
                return ERR_MEMORY;
            converter->group_list = list;
            converter->group_room = room;
        }
        *place = converter->group_count + 1;
        converter->group_list[converter->group_count++] =
            (struct mapping_rows) { row, row, 1 };
        return OK;
    }
    struct mapping_rows *group = &converter->group_list[*place - 1];
    group->last->next = row;
    group->last = row;
    group->count++;
    return OK;
}

/* The cells of what csv.h has just read.  ERR_INPUT: it can't be taken. */
static enum err
copy_cells(struct converter *converter, struct mapping_row *row,
           struct complaint *why)
{
    const struct mapping *mapping = converter->mapping;
    uint32_t width = csv_count(converter->csv);

    if (width != converter->width)
        return complain(why, "expected %u columns, found %u", converter->width,
                        width);
    view *cells = ARENA_NEW(&converter->rows, view, mapping->column_count + 1);
    for (uint32_t i = 0; i < mapping->column_count; i++)
        if (converter->places[i] >= 0)
            cells[i] = arena_copy(
                &converter->rows,
                csv_field(converter->csv, (uint32_t)converter->places[i]));
    row->cells = cells;
    for (uint32_t i = 0; i < mapping->side_count; i++) {
        enum err err = join_side(converter, i, cells, why);
        if (err != OK)
            return err;
    }
    return OK;
}

/* A row that could not be read (`why` says it already) or can't be taken is
 * rejected; another one waits for its group, or becomes an event at once. */
static enum err
take_row(struct converter *converter, bool readable, struct complaint *why)
{
    const struct mapping *mapping = converter->mapping;

    converter->count.rows++;
    if (mapping->group.count == 0)
        arena_reset(&converter->rows);
    if (!has_room(&converter->rows, 4 * (size_t)CSV_ROW_SIZE_MAX))
        return ERR_MEMORY;
    struct mapping_row *row =
        ARENA_NEW(&converter->rows, struct mapping_row, 1);
    row->line = csv_line(converter->csv);
    row->text = arena_copy(&converter->rows, csv_row(converter->csv));
    if (!readable || copy_cells(converter, row, why) != OK)
        return reject(converter, row, why->text);
    if (is_skipped(mapping, row->cells)) {
        converter->count.skipped++;
        return OK;
    }
    if (mapping->group.count > 0)
        return keep(converter, row);
    const struct mapping_rows rows = { row, row, 1 };
    return finish(converter, &rows);
}

static enum err
convert(struct converter *converter)
{
    struct complaint complaint = { 0 };

    enum err err = read_heading(converter);
    if (err != OK)
        return err;
    for (;;) {
        enum err read = csv_next(converter->csv, &complaint);
        if (read == ERR_NOT_FOUND)
            break;
        if (read != OK && read != ERR_INPUT)
            return read;
        err = take_row(converter, read == OK, &complaint);
        if (err != OK)
            return err;
    }
    for (uint64_t i = 0; i < converter->group_count && err == OK; i++)
        err = finish(converter, &converter->group_list[i]);
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
    arena_close(&converter->rows);
    mapping_event_close(&converter->maker);
    lookup_close(converter->groups);
    free(converter->group_list);
    free(converter);
}

enum err
mapping_convert(const struct mapping *mapping, FILE *in, const char *path,
                const struct mapping_sink *sink,
                struct mapping_count *ret_count, struct complaint *complaint)
{
    const struct csv_layout layout = {
        mapping->delimiter,
        mapping->widths,
        mapping->width_count,
    };
    enum err err = ERR_MEMORY;

    struct converter *converter = calloc(1, sizeof *converter);
    if (converter == NULL)
        return ERR_MEMORY;
    converter->mapping = mapping;
    converter->sink = sink;
    converter->complaint = complaint;
    converter->groups = lookup_open();
    if (mapping_event_open(&converter->maker, mapping) != OK ||
        converter->groups == NULL ||
        !arena_open(&converter->rows, MAPPING_ROOM))
        goto done;
    err = csv_open(in, layout, &converter->csv);
    for (uint32_t i = 0; i < mapping->side_count && err == OK; i++)
        err = read_side(converter, i, path);
    if (err == OK)
        err = convert(converter);
    *ret_count = converter->count;
done:
    close_converter(converter);
    return err;
}
