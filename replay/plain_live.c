#include "replay/plain_live.h"

#include "core/chapter_write.h"
#include "core/walk.h"

bool
plain_live_chapter(const struct plain_live *live,
                   const struct history_account *history, struct arena scratch,
                   view *ret_chapter)
{
    uint32_t count;
    const struct event *const *events =
        walk_live(history->events, history->event_count, &scratch, &count);
    struct chapter_row *rows = ARENA_NEW(&scratch, struct chapter_row, count);

    assert(live->words->sealed);
    if (count == 0 || history->referred_count > 0)
        return false;
    /* Where in the journal they came from plays no part. */
    for (uint32_t i = 0; i < count; i++)
        if (!chapter_row_of(events[i], i + 1, live->words, &scratch, &rows[i]))
            return false;
    text_clear(live->text);
    chapter_write(rows, count, history->account, live->words, scratch,
                  live->text);
    if (!text_ok(live->text))
        return false;
    *ret_chapter = arena_copy(live->arena, text_view(live->text));
    return true;
}
