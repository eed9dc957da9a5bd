#include "core/draft.h"

#include "core/list.h"

enum {
    ROWS_MAX = 1 << 16,      /* of one chapter, ... */
    ROWS_SIZE_MAX = 1 << 23, /* ... and bytes of it */
    ROW_SIZE_MAX = 64 + LIMIT_EVENT_SIZE + ITEM_HEAD_MAX +
                   LIMIT_EVENT_LINES * (12 + 2 * LIMIT_CODE_SIZE),
};
static_assert(ROWS_SIZE_MAX + ROW_SIZE_MAX + (1 << 13) < RUNS_BLOB_SIZE_MAX,
              "a chapter fits a blob");

bool
draft_open(struct draft *draft, const struct words *words)
{
    *draft = (struct draft) { .words = words };
    return arena_open(&draft->arena, LIMIT_ARENA_SIZE);
}

void
draft_close(struct draft *draft)
{
    arena_close(&draft->arena);
    text_close(&draft->text);
}

enum err
draft_begin(struct draft *draft, view key)
{
    arena_reset(&draft->arena);
    draft->rows = (struct draft_rows) { 0 };
    draft->next = 0;
    draft->key = key;
    return runs_key_account(key, &draft->account) ? OK : err_corrupt();
}

static struct chapter_row *
add_row(struct draft *draft)
{
    return LIST_ADD(&draft->arena, &draft->rows);
}

void
draft_rows(struct draft *draft, struct chapter_row *rows, uint32_t count)
{
    assert(draft->rows.count == 0);
    draft->rows = (struct draft_rows) { rows, count, count };
}

void
draft_dockets(struct draft *draft, const struct docket_place *places,
              uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        docket_row(places[i].docket, add_row(draft));
}

enum err
draft_chapter(struct draft *draft, view bytes)
{
    struct chapter chapter;
    struct chapter_cursor cursor;
    enum err err = chapter_open(bytes, &chapter);

    if (err != OK)
        return err;
    chapter_start(&chapter, &cursor);
    for (uint32_t i = 0; i < chapter.plain_count + chapter.other_count; i++) {
        err = chapter_next(&cursor, add_row(draft));
        if (err != OK)
            return err == ERR_NOT_FOUND ? err_corrupt() : err;
    }
    err = chapter_next(&cursor, &(struct chapter_row) { 0 });
    return err == ERR_NOT_FOUND ? OK : err_corrupt();
}

/* How many of the rows from `first` on go into one chapter. */
static uint32_t
part_of(const struct draft *draft, uint32_t first)
{
    uint32_t size = 0;
    uint32_t at = first;

    while (at < draft->rows.count && at - first < ROWS_MAX &&
           size < ROWS_SIZE_MAX)
        size += chapter_write_size(&draft->rows.items[at++]);
    return at - first;
}

enum err
draft_take(struct draft *draft, view *ret_chapter)
{
    uint32_t first = draft->next;

    if (first == draft->rows.count)
        return ERR_NOT_FOUND;
    if (first == 0)
        chapter_sort(draft->rows.items, draft->rows.count);
    uint32_t count = part_of(draft, first);
    text_clear(&draft->text);
    chapter_write(draft->rows.items + first, count, draft->account,
                  draft->words, draft->arena, &draft->text);
    draft->next = first + count;
    if (!text_ok(&draft->text))
        return ERR_MEMORY;
    *ret_chapter = text_view(&draft->text);
    return OK;
}

enum err
draft_end(struct draft *draft, struct runs_writer *writer)
{
    view chapter;
    enum err err;

    while ((err = draft_take(draft, &chapter)) == OK)
        runs_add(writer, draft->key, chapter);
    return err == ERR_NOT_FOUND ? OK : err;
}
