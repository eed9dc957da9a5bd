/*
 * group.c - leader and followers; see group.h
 */
#include "core/group.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static_assert(sizeof(atomic_uint) == 4, "the kernel looks at four bytes");

void
group_open(struct group *group, uint32_t weight_max, group_work *work,
           void *context)
{
    *group = (struct group) {
        .weight_max = weight_max,
        .work = work,
        .context = context,
    };
    group->last_link = &group->first;
    pthread_mutex_init(&group->lock, NULL);
}

void
group_close(struct group *group)
{
    assert(group->first == NULL);
    assert(!group->leading);
    pthread_mutex_destroy(&group->lock);
}

/* Sleeps unless the bell has rung since it stood at `seen`.  It may return for
 * no reason; the caller looks. */
static void
listen(atomic_uint *bell, unsigned seen, const struct timespec *timeout)
{
    syscall(SYS_futex, bell, FUTEX_WAIT_PRIVATE, seen, timeout, NULL, 0);
}

static void
ring(atomic_uint *bell, int listeners)
{
    atomic_fetch_add(bell, 1);
    syscall(SYS_futex, bell, FUTEX_WAKE_PRIVATE, listeners, NULL, NULL, 0);
}

/* Waits for those who are expected back, as long as some come; the lock is
 * held on entry and on return. */
static void
gather(struct group *group)
{
    static const struct timespec PAUSE = { .tv_nsec = 20000 };
    uint32_t before = 0;

    group->gathering = true;
    while (group->queued < group->expected && group->queued > before) {
        before = group->queued;
        unsigned seen = atomic_load(&group->enough);
        pthread_mutex_unlock(&group->lock);
        listen(&group->enough, seen, &PAUSE);
        pthread_mutex_lock(&group->lock);
    }
    group->gathering = false;
}

static void
mark_taken(struct group *group, struct group_request *request)
{
    request->taken = true;
    request->round = group->round;
}

/* What one piece of work shall hold: at least one request.  Counted are the
 * callers that it serves to the end. */
static struct group_request *
take(struct group *group, uint32_t *ret_count)
{
    struct group_request *first = group->first;
    struct group_request *last = first;

    assert(first != NULL);
    uint64_t weight = first->weight;
    uint32_t count = first->ends;
    mark_taken(group, first);
    while (last->next != NULL &&
           weight + last->next->weight <= group->weight_max) {
        last = last->next;
        mark_taken(group, last);
        weight += last->weight;
        count += last->ends;
    }
    assert(count <= group->queued);
    group->queued -= count;
    *ret_count = count;
    group->first = last->next;
    if (group->first == NULL)
        group->last_link = &group->first;
    last->next = NULL;
    return first;
}

/* Does one group, not always with the caller's own request in it.  The lock is
 * held on entry and on return.  Those who found no place in the group listen at
 * its bell all the same, and the one of them or of the newcomers that the first
 * ring wakes leads next, unless somebody else is quicker. */
static void
lead(struct group *group)
{
    uint32_t count;

    group->leading = true;
    gather(group);
    struct group_request *each = take(group, &count);
    bool alone = count == 1 && group->first == NULL;
    uint32_t round = group->round++;
    pthread_mutex_unlock(&group->lock);
    group->work(group->context, each);
    while (each != NULL) {
        struct group_request *next = each->next;
        atomic_store(&each->done, true);
        each = next;
    }
    pthread_mutex_lock(&group->lock);
    group->leading = false;
    group->expected = count + group->queued;
    bool more = group->first != NULL;
    pthread_mutex_unlock(&group->lock);
    if (more)
        ring(&group->bells[(round + 1) % 2], 1);
    if (!alone)
        ring(&group->bells[round % 2], INT_MAX);
    pthread_mutex_lock(&group->lock);
}

/* Returns the last one of the chain: when that is done, all are. */
static struct group_request *
enqueue(struct group *group, struct group_request *first)
{
    struct group_request *last = NULL;

    for (struct group_request *each = first; each != NULL; each = each->next) {
        each->ends = each->next == NULL;
        each->taken = false;
        atomic_init(&each->done, false);
        last = each;
    }
    assert(last != NULL);
    *group->last_link = first;
    group->last_link = &last->next;
    group->queued++;
    if (group->gathering && group->queued == group->expected)
        ring(&group->enough, 1);
    return last;
}

/* The bell that will ring when the request is done, or may be taken next. */
static atomic_uint *
bell_of(struct group *group, const struct group_request *request)
{
    uint32_t round = request->taken ? request->round : group->round;

    return &group->bells[round % 2];
}

/* The bell is read under the lock, under which `leading` ends before it rings:
 * so nobody falls asleep over a ring that was meant for them. */
void
group_submit(struct group *group, struct group_request *first)
{
    pthread_mutex_lock(&group->lock);
    struct group_request *request = enqueue(group, first);
    while (!atomic_load(&request->done)) {
        if (!group->leading) {
            lead(group);
            continue;
        }
        atomic_uint *bell = bell_of(group, request);
        unsigned seen = atomic_load(bell);
        pthread_mutex_unlock(&group->lock);
        listen(bell, seen, NULL);
        if (atomic_load(&request->done))
            return;
        pthread_mutex_lock(&group->lock);
    }
    pthread_mutex_unlock(&group->lock);
}
