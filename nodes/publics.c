#include "nodes/publics.h"

#include <stdlib.h>

void
publics_close(struct publics *publics)
{
    free(publics->list);
    *publics = (struct publics) { 0 };
}

static enum err
add(struct publics *publics, stream_id stream)
{
    for (uint32_t i = 0; i < publics->count; i++)
        if (stream_equal(publics->list[i], stream))
            return OK;
    if (publics->count == publics->room) {
        uint32_t wanted = publics->room ? publics->room * 2 : 8;
        stream_id *grown =
            realloc(publics->list, wanted * sizeof publics->list[0]);
        if (!grown)
            return ERR_MEMORY;
        publics->list = grown;
        publics->room = wanted;
    }
    publics->list[publics->count++] = stream;
    return OK;
}

static enum err
walk(struct publics *publics, struct reader *reader)
{
    struct reader_stream found = { 0 };
    enum err err;

    while ((err = reader_next_stream(reader, found.stream, &found)) == OK) {
        publics->visited++;
        if (found.stream.channel == CHANNEL_PUBLIC)
            err = add(publics, found.stream);
        if (err != OK)
            return err;
    }
    if (err != ERR_NOT_FOUND)
        return err;
    publics->next = reader_last(reader) + 1;
    return OK;
}

enum err
publics_look(struct publics *publics, struct reader *reader)
{
    struct reader_item item;
    enum err err = OK;

    if (publics->next == 0)
        return walk(publics, reader);
    /* What is public is control items. */
    while ((err = reader_next_control(reader, publics->next, &item)) == OK) {
        publics->visited++;
        if (item.record.stream.channel == CHANNEL_PUBLIC)
            err = add(publics, item.record.stream);
        if (err != OK)
            return err;
        publics->next = item.position + 1;
    }
    /* One that can't be read, now or by this program, does not say whose it
     * is. */
    if (err == ERR_CORRUPT || err == ERR_UNKNOWN)
        return walk(publics, reader);
    return err == ERR_NOT_FOUND ? OK : err;
}
