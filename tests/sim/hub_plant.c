#include "tests/sim/hub_plant.h"

#include "tests/sim/forgery.h"
#include "tests/sim/image.h"

enum {
    NOBODY_NODE = 424243, /* whom nobody has enrolled */
    BODY_MAX = 40,        /* bytes of an item that means nothing */
};

/* What is planted: records that follow on `after`, as the frame says. */
struct plant {
    struct world *world;
    struct luck *luck;
    const struct box *standby;
    stream_id stream; /* of the frame */
    stream_head after;
    stream_head head; /* of the records */
};

static struct forgery forgery;

static uint64_t
draw_incarnation(struct luck *luck)
{
    return luck_below(luck, 4) == 0 ? LIMIT_INCARNATION
                                    : 1 + luck_draw(luck) % LIMIT_INCARNATION;
}

/* The store will find something else at the hub than it has. */
static struct box *
draw_store(const struct plant *plant)
{
    const struct world *world = plant->world;
    struct box *box;

    do
        box = world->boxes[world->hub_count +
                           luck_below(plant->luck,
                                      world->box_count - world->hub_count)];
    while (box->kind != BOX_STORE);
    box->parted = true;
    return box;
}

/* One of a store's streams, as far as the standby has it; or a new one. */
static void
draw_branch(struct plant *plant)
{
    const struct disk_image *image = disk_journal(plant->standby->machine.disk);
    const uint32_t node = draw_store(plant)->node;
    stream_id stream = { .node = node };
    stream_head head;

    plant->stream =
        (stream_id) { .node = node,
                      .incarnation = draw_incarnation(plant->luck) };
    while (image_next_stream(image, &stream, &head) && stream.node == node) {
        if (stream.channel != CHANNEL_EVENTS)
            continue;
        plant->stream = stream;
        plant->after = head;
        if (luck_below(plant->luck, 2) == 0)
            return;
    }
}

static void
write_visit(const struct plant *plant, stream_id stream)
{
    const struct forgery_sale visit = { .at_ms = world_now_ms(),
                                        .store = plant->stream.node,
                                        .member = 1 };
    struct text core = { 0 };

    forgery_close(&forgery);
    forgery = (struct forgery) { .stream = stream,
                                 .head = plant->after,
                                 .now_ms = world_now_ms() };
    forgery_visit(&visit, &core);
    forgery_events(&forgery,
                   &(struct record_entry) { .core = text_view(&core) }, 1);
    text_close(&core);
}

/* Of whatever kind, and means nothing. */
static void
write_item(const struct plant *plant)
{
    static const uint8_t kinds[] = { RECORD_VERSION,   RECORD_MARK,
                                     RECORD_CLOSE,     RECORD_ENROL,
                                     RECORD_REVOKE,    RECORD_ENROL,
                                     RECORD_ENDPOINTS, RECORD_KEY,
                                     RECORD_BACKUP,    RECORD_SIGNED };
    uint8_t body[BODY_MAX];
    const uint32_t size = luck_below(plant->luck, BODY_MAX);

    for (uint32_t i = 0; i < size; i++)
        body[i] = (uint8_t)luck_draw(plant->luck);
    forgery_close(&forgery);
    forgery =
        (struct forgery) { .stream = plant->stream, .now_ms = world_now_ms() };
    const uint8_t kind = kinds[luck_below(plant->luck, COUNT_OF(kinds))];
    plant->world->closed_falsely |= kind == RECORD_CLOSE;
    forgery_control(&forgery, kind, (view) { body, size });
}

/* --- which --- */

static void
plant_nobody(struct plant *plant)
{
    plant->stream =
        (stream_id) { .node = NOBODY_NODE + luck_below(plant->luck, 3),
                      .incarnation = draw_incarnation(plant->luck) };
    write_visit(plant, plant->stream);
}

static void
plant_anew(struct plant *plant)
{
    plant->stream =
        (stream_id) { .node = draw_store(plant)->node,
                      .incarnation = draw_incarnation(plant->luck) };
    write_visit(plant, plant->stream);
}

static void
plant_branch(struct plant *plant)
{
    draw_branch(plant);
    write_visit(plant, plant->stream);
}

/* Records that do not hang together, or not with what there is. */
static void
plant_broken(struct plant *plant)
{
    stream_id stream;

    draw_branch(plant);
    stream = plant->stream;
    switch (luck_below(plant->luck, 4)) {
    case 0:
        plant->after.chain = luck_digest(plant->luck);
        plant->after.seq += plant->after.seq == 0;
        break;
    case 1:
        plant->after.seq += 1 + luck_below(plant->luck, 3);
        break;
    case 2:
        stream.incarnation = stream.incarnation % LIMIT_INCARNATION + 1;
        break;
    default:
        break;
    }
    write_visit(plant, stream);
    if (luck_below(plant->luck, 3) == 0)
        forgery.bytes.bytes[luck_draw(plant->luck) % forgery.bytes.size] ^= 1;
}

/* "You wrote that." */
static void
plant_own(struct plant *plant)
{
    const struct disk_image *image = disk_journal(plant->standby->machine.disk);
    stream_id stream = { .node = plant->standby->node };
    stream_head head;

    plant->stream =
        (stream_id) { .node = plant->standby->node,
                      .incarnation = draw_incarnation(plant->luck) };
    if (luck_below(plant->luck, 2) &&
        image_next_stream(image, &stream, &head) &&
        stream.node == plant->standby->node) {
        plant->stream = stream;
        plant->after = head;
    }
    write_visit(plant, plant->stream);
}

/* What only a hub may say, in a store's stream; or in books of some hub's past,
 * each time of another: of two that differ a standby could not choose. */
static void
plant_item(struct plant *plant)
{
    const bool books = luck_below(plant->luck, 4) != 0;

    plant->stream = (stream_id) {
        .node = books ? world_hub(plant->world)->node : draw_store(plant)->node,
        .incarnation = 1 + luck_draw(plant->luck) % LIMIT_INCARNATION,
        .channel = books ? CHANNEL_BOOKS : CHANNEL_EVENTS
    };
    write_item(plant);
}

void
hub_plant(struct world *world, const struct box *standby, struct frame *frame)
{
    static void (*const kinds[])(struct plant * plant) = {
        plant_nobody, plant_anew, plant_branch, plant_broken,
        plant_own,    plant_item, plant_item
    };
    struct plant plant = { .world = world,
                           .luck = &world->luck,
                           .standby = standby };

    kinds[luck_below(plant.luck, COUNT_OF(kinds))](&plant);
    frame->kind = FRAME_BATCH;
    frame->batch.stream = plant.stream;
    frame->batch.before = plant.after.chain;
    frame->batch.from = plant.after.seq + 1;
    frame->batch.to = frame->batch.head_seq = forgery.head.seq;
    frame->batch.total = 1;
    frame->batch.records = text_view(&forgery.bytes);
    if (luck_below(plant.luck, 8) == 0)
        frame->batch.head_seq = luck_draw(plant.luck); /* "and more to come" */
}
