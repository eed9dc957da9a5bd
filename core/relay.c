#include "core/relay.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    PARTS_EACH = 2,      /* of a thread: one waits while it fills the next */
    HAND_SIZE = 1 << 18, /* handed in at a time */
};

struct relay {
    struct runs_writer *writer; /* whose turn it is has it */
    size_t part_max;            /* bytes of a part that wait for their turn */
    pthread_mutex_t lock;
    pthread_cond_t turned;
    atomic_uint turn; /* partition to be appended; changed under the lock, as is
                       * all that follows */
    uint32_t next;    /* partition to be taken */
    enum err err;
    struct runs_writer *made[LIMIT_PARTITIONS]; /* wait for their turn; owned */
    struct runs_writer *spare[PARTS_EACH * RELAY_THREADS_MAX]; /* likewise */
    uint32_t spare_count;
};

enum err
relay_open(struct runs_writer *writer, uint32_t threads, size_t part_max,
           struct relay **ret_relay)
{
    struct relay *relay = calloc(1, sizeof *relay);

    assert(threads > 0);
    assert(threads <= RELAY_THREADS_MAX);
    if (relay == NULL)
        return ERR_MEMORY;
    relay->writer = writer;
    relay->part_max = part_max;
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->turned, NULL);
    while (relay->spare_count < PARTS_EACH * threads) {
        enum err err = runs_create_part(&relay->spare[relay->spare_count]);
        if (err != OK) {
            relay_close(relay);
            return err;
        }
        relay->spare_count++;
    }
    *ret_relay = relay;
    return OK;
}

void
relay_close(struct relay *relay)
{
    if (relay == NULL)
        return;
    for (uint32_t i = 0; i < relay->spare_count; i++)
        runs_abandon(relay->spare[i]);
    pthread_cond_destroy(&relay->turned);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}

static bool
is_left(const struct relay *relay)
{
    return relay->next < LIMIT_PARTITIONS && relay->err == OK;
}

bool
relay_take(struct relay *relay, struct relay_part *ret_part)
{
    pthread_mutex_lock(&relay->lock);
    /* First the part: who has a partition must not wait for those behind. */
    while (is_left(relay) && relay->spare_count == 0)
        pthread_cond_wait(&relay->turned, &relay->lock);
    bool left = is_left(relay);
    if (left)
        *ret_part = (struct relay_part) {
            .relay = relay,
            .writer = relay->spare[--relay->spare_count],
            .partition = relay->next++,
        };
    pthread_mutex_unlock(&relay->lock);
    return left;
}

void
relay_hand_in(const struct relay_part *part)
{
    struct relay *relay = part->relay;
    size_t size = runs_part_size(part->writer);

    if (size < HAND_SIZE || (size < relay->part_max &&
                             atomic_load(&relay->turn) != part->partition))
        return;
    pthread_mutex_lock(&relay->lock);
    while (atomic_load(&relay->turn) != part->partition)
        pthread_cond_wait(&relay->turned, &relay->lock);
    if (relay->err == OK)
        runs_add_blocks(relay->writer, part->writer);
    pthread_mutex_unlock(&relay->lock);
}

/* Appends the part whose turn it is and those behind it that are there, too.
 * Nobody else touches the writer meanwhile: it is nobody else's turn.  The lock
 * is held, and let go while there is something to write. */
static void
append_made(struct relay *relay)
{
    uint32_t turn = atomic_load(&relay->turn);

    while (turn < LIMIT_PARTITIONS && relay->made[turn] != NULL) {
        struct runs_writer *part = relay->made[turn];
        bool sound = relay->err == OK;
        pthread_mutex_unlock(&relay->lock);
        if (sound)
            runs_add_part(relay->writer, part);
        else
            runs_empty_part(part);
        pthread_mutex_lock(&relay->lock);
        relay->made[turn] = NULL;
        relay->spare[relay->spare_count++] = part;
        atomic_store(&relay->turn, ++turn);
        pthread_cond_broadcast(&relay->turned);
    }
}

void
relay_end(const struct relay_part *part, enum err err)
{
    struct relay *relay = part->relay;

    pthread_mutex_lock(&relay->lock);
    if (relay->err == OK)
        relay->err = err;
    relay->made[part->partition] = part->writer;
    if (atomic_load(&relay->turn) == part->partition)
        append_made(relay);
    pthread_mutex_unlock(&relay->lock);
}

bool
relay_await_turn(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    uint32_t turn = atomic_load(&relay->turn);
    while (turn < LIMIT_PARTITIONS && relay->err == OK &&
           turn == atomic_load(&relay->turn))
        pthread_cond_wait(&relay->turned, &relay->lock);
    bool goes_on =
        atomic_load(&relay->turn) < LIMIT_PARTITIONS && relay->err == OK;
    pthread_mutex_unlock(&relay->lock);
    return goes_on;
}

enum err
relay_fault(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    enum err err = relay->err;
    pthread_mutex_unlock(&relay->lock);
    return err;
}
