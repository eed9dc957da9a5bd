#include "core/lives.h"

#include "core/list.h"

#include <stdlib.h>

void
lives_close(struct lives *lives)
{
    free(lives->nodes);
    *lives = (struct lives) { 0 };
}

/* Streams come by node and incarnation. */
static enum err
add(struct lives *lives, stream_id stream)
{
    struct lives_node *last =
        lives->count > 0 ? &lives->nodes[lives->count - 1] : NULL;

    if (last != NULL && last->node == stream.node) {
        last->several |= last->incarnation != stream.incarnation;
        return OK;
    }
    if (lives->count == lives->room) {
        uint32_t room = lives->room == 0 ? 64 : lives->room * 2;
        struct lives_node *grown =
            realloc(lives->nodes, room * sizeof *lives->nodes);
        if (grown == NULL)
            return ERR_MEMORY;
        lives->nodes = grown;
        lives->room = room;
    }
    lives->nodes[lives->count++] =
        (struct lives_node) { .node = stream.node,
                              .incarnation = stream.incarnation };
    return OK;
}

static enum err
list_all(struct lives *lives, struct reader *reader)
{
    struct reader_stream stream = { 0 };
    enum err err = OK;

    lives->count = 0;
    while (err == OK) {
        err = reader_next_stream(reader, stream.stream, &stream);
        if (err == OK)
            err = add(lives, stream.stream);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static int
compare_node(const void *item, const void *key)
{
    const struct lives_node *one = item;
    const uint32_t *node = key;

    return one->node < *node ? -1 : one->node > *node;
}

static const struct lives_node *
find(const struct lives *lives, uint32_t node)
{
    uint32_t at = LIST_PLACE(lives->nodes, lives->count, &node, compare_node);

    return at < lives->count && lives->nodes[at].node == node
               ? &lives->nodes[at]
               : NULL;
}

static bool
is_listed(const struct lives_node *node, identity id)
{
    return node != NULL &&
           (node->several || node->incarnation == id.incarnation);
}

enum err
lives_is_only(struct lives *lives, struct reader *reader, identity id,
              bool *ret_only)
{
    const struct lives_node *node = find(lives, id.node);

    if (!is_listed(node, id)) {
        enum err err = list_all(lives, reader);
        if (err != OK) {
            lives_close(lives); /* half of them would look like all */
            return err;
        }
        node = find(lives, id.node);
    }
    *ret_only = node != NULL && !node->several;
    return OK;
}
