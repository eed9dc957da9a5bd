#include "core/state_packed.h"

#include <string.h>

enum { FORMAT = 3 };

view
state_packed_head(uint64_t position, uint8_t room[static STATE_PACKED_HEAD])
{
    static_assert(sizeof position == STATE_PACKED_HEAD, "as long");
    memcpy(room, &position, sizeof position);
    return (view) { room, sizeof position };
}

enum err
state_packed_write(struct text *text, uint64_t position, view bytes)
{
    uint8_t head[STATE_PACKED_HEAD];

    text_clear(text);
    text_view_append(text, state_packed_head(position, head));
    text_view_append(text, bytes);
    return text_ok(text) ? OK : ERR_MEMORY;
}

enum err
state_packed_read(view blob, struct state_packed *ret_packed)
{
    if (blob.size < STATE_PACKED_HEAD)
        return err_corrupt();
    memcpy(&ret_packed->position, blob.bytes, STATE_PACKED_HEAD);
    ret_packed->bytes = (view) { blob.bytes + STATE_PACKED_HEAD,
                                 blob.size - STATE_PACKED_HEAD };
    return OK;
}

struct runset
state_packed_set(void)
{
    return (struct runset) {
        .name = "state",
        .kind = RUNS_STATE,
        .rule = RUNS_NEWEST,
        .format = FORMAT,
    };
}

enum err
state_packed_find(const struct runset *set, view key, view *ret_blob)
{
    for (uint32_t i = set->run_count; i-- > 0;) {
        struct runs_cursor cursor;
        enum err err = runs_seek(set->runs[i], key, &cursor);
        if (err == OK)
            err = runs_next(&cursor);
        if (err == OK && view_equal(cursor.key, key)) {
            *ret_blob = cursor.blob;
            return OK;
        }
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
    }
    return ERR_NOT_FOUND;
}
