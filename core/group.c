/*
 * group.c - leader and followers; see group.h
 */
#include "core/group.h"

#include <errno.h>
#include <time.h>

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

/* Waits for those who are expected back, as long as some come; the lock is
 * held on entry and on return. */
static void
gather(struct group *group)
{
    static const struct timespec PAUSE = { .tv_nsec = 20000 };
    uint32_t before = 0;

    while (group->queued < group->expected && group->queued > before) {
        before = group->queued;
        pthread_mutex_unlock(&group->lock);
        nanosleep(&PAUSE, NULL);
        pthread_mutex_lock(&group->lock);
    }
}

/* What one piece of work shall hold: at least one request. */
static struct group_request *
take(struct group *group, uint32_t *ret_count)
{
    struct group_request *first = group->first;
    struct group_request *last = first;
    uint32_t count = 1;

    assert(first != NULL);
    uint64_t weight = first->weight;
    while (last->next != NULL &&
           weight + last->next->weight <= group->weight_max) {
        last = last->next;
        weight += last->weight;
        count++;
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

/* Does one group, the caller's own request the first of it.  Whoever came
 * meanwhile and stands foremost leads next: so while nobody leads, nobody is
 * queued. */
static void
lead(struct group *group)
{
    uint32_t count;

    pthread_mutex_lock(&group->lock);
    gather(group);
    struct group_request *own = take(group, &count);
    pthread_mutex_unlock(&group->lock);
    group->work(group->context, own);
    pthread_mutex_lock(&group->lock);
    struct group_request *next = group->first;
    group->leading = next != NULL;
    group->expected = count + group->queued;
    pthread_mutex_unlock(&group->lock);
    if (next != NULL)
        sem_post(&next->woken);
    for (struct group_request *each = own->next, *after; each != NULL;
         each = after) {
        after = each->next; /* gone once it is awake */
        each->done = true;
        sem_post(&each->woken);
    }
    own->done = true;
}

void
group_submit(struct group *group, struct group_request *request)
{
    request->next = NULL;
    request->done = false;
    sem_init(&request->woken, 0, 0);
    pthread_mutex_lock(&group->lock);
    *group->last_link = request;
    group->last_link = &request->next;
    group->queued++;
    bool first = !group->leading;
    group->leading = true;
    pthread_mutex_unlock(&group->lock);
    while (!first && sem_wait(&request->woken) != 0)
        assert(errno == EINTR);
    if (!request->done)
        lead(group);
    assert(request->done);
    sem_destroy(&request->woken);
}
