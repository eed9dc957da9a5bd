#include "core/news.h"

void
news_begin(struct news *news, struct reader *reader, uint64_t after,
           uint64_t last)
{
    *news = (struct news) { .reader = reader, .next = after + 1, .last = last };
}

/* Into the next record.  One of a later format says nothing of its size: what
 * comes behind it tells where it ends. */
static enum err
enter(struct news *news)
{
    while (news->next <= news->last) {
        enum err err = reader_next(news->reader, news->next, &news->item);
        if (err == ERR_UNKNOWN) {
            news->next++;
            continue;
        }
        if (err != OK)
            return err;
        news->cursor = record_events(&news->item.record);
        news->position = news->item.position;
        news->inside = true;
        return OK;
    }
    return ERR_NOT_FOUND;
}

enum err
news_next(struct news *news, struct record_event *ret_event,
          uint64_t *ret_position)
{
    enum err err = OK;

    while (err == OK) {
        if (!news->inside) {
            err = enter(news);
            continue;
        }
        if (!record_next(&news->cursor, ret_event)) {
            news->next = news->item.position + news->item.record.count;
            news->inside = false;
            continue;
        }
        uint64_t position = news->position++;
        if (position < news->next || position > news->last)
            continue;
        *ret_position = position;
        return OK;
    }
    return err;
}
