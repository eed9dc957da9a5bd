#include "core/item.h"

#include <string.h>

struct head {
    uint8_t kind;
    uint8_t flags;
    uint16_t zero;
    uint32_t node;
    uint64_t position;
    uint64_t incarnation;
    uint64_t seq;
};
static_assert(sizeof(struct head) == ITEM_HEAD_SIZE, "as the format says");

enum { FLAG_COPY = 1 };

uint32_t
item_head_size(const struct item *item)
{
    return item->copy ? ITEM_HEAD_MAX : ITEM_HEAD_SIZE;
}

void
item_encode_head(const struct item *item, uint8_t *bytes)
{
    bool event = item->kind != ITEM_POINTER;
    const struct head head = {
        .kind = item->kind,
        .flags = item->copy ? FLAG_COPY : 0,
        .node = event ? item->identity.node : 0,
        .position = item->position,
        .incarnation = event ? item->identity.incarnation : 0,
        .seq = event ? item->identity.seq : item->referred,
    };

    assert(item->kind >= ITEM_EVENT && item->kind <= ITEM_ODD);
    assert(item->position > 0);
    assert(event || !item->copy);
    memcpy(bytes, &head, sizeof head);
    if (item->copy)
        memcpy(bytes + sizeof head, &item->carrier, sizeof item->carrier);
}

enum err
item_decode(view bytes, struct item *ret_item)
{
    struct head head;

    if (bytes.size < sizeof head)
        return err_corrupt();
    memcpy(&head, bytes.bytes, sizeof head);
    if (head.position == 0 || head.zero != 0 || head.flags > FLAG_COPY)
        return err_corrupt();
    struct item item = {
        .kind = head.kind,
        .copy = head.flags == FLAG_COPY,
        .position = head.position,
    };
    const uint32_t size = item_head_size(&item);
    if ((head.kind == ITEM_EVENT || head.kind == ITEM_ODD) &&
        bytes.size >= size) {
        item.identity = (identity) { head.incarnation, head.seq, head.node };
        item.core = (view) { bytes.bytes + size, bytes.size - size };
        if (item.copy)
            memcpy(&item.carrier, bytes.bytes + sizeof head,
                   sizeof item.carrier);
    } else if (head.kind == ITEM_POINTER && bytes.size == sizeof head) {
        item.referred = head.seq;
    } else {
        return err_corrupt();
    }
    *ret_item = item;
    return OK;
}
