#include "core/history_places.h"

#include "core/history_parts.h"
#include "core/list.h"

#include <stdlib.h>

static enum err
take_chapter(view bytes, struct arena *arena, struct history_places *places)
{
    struct chapter chapter;
    struct chapter_cursor cursor;
    struct chapter_row row;
    enum err err = chapter_open(bytes, &chapter);

    if (err != OK)
        return err;
    chapter_start(&chapter, &cursor);
    while ((err = chapter_next(&cursor, &row)) == OK)
        *LIST_ADD(arena, places) = row.position;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err
take_run(const struct runs *runs, view key, struct arena *arena,
         struct history_places *places)
{
    struct runs_cursor cursor = { .runs = runs };
    enum err err = runs_reach(&cursor, key);

    while (err == OK && view_equal(cursor.key, key)) {
        err = take_chapter(cursor.blob, arena, places);
        if (err == OK)
            err = runs_next(&cursor);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static void
take_tail(const struct tail *tail, account_id account, struct arena *arena,
          struct history_places *places)
{
    struct tail_cursor cursor;
    const struct docket *docket;

    tail_seek(tail, account, &cursor);
    while ((docket = tail_next(&cursor)) != NULL)
        *LIST_ADD(arena, places) = docket->position;
}

static int
compare_positions(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

enum err
history_places(const struct history *history, account_id account,
               struct arena *arena, struct history_places *ret_places)
{
    const runs_key key = runs_key_of(account);
    struct history_places places = { 0 };
    enum err err = OK;

    for (uint32_t i = 0; i < history->set.run_count && err == OK; i++)
        err =
            take_run(history->set.runs[i], runs_key_view(&key), arena, &places);
    if (err != OK)
        return err;
    take_tail(&history->write.tail, account, arena, &places);
    take_tail(&history->tail, account, arena, &places);
    if (places.count > 0)
        qsort(places.items, places.count, sizeof *places.items,
              compare_positions);
    *ret_places = places;
    return OK;
}
