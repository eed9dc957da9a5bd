/*
 * group.c - leader and followers; see group.h
 */
#include "core/group.h"

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

/* What one piece of work shall hold: at least one request. */
static struct group_request *
take(struct group *group)
{
    struct group_request *first = group->first;
    struct group_request *last = first;

    assert(first != NULL);
    uint64_t weight = first->weight;
    while (last->next != NULL &&
           weight + last->next->weight <= group->weight_max) {
        last = last->next;
        weight += last->weight;
    }
    group->first = last->next;
    if (group->first == NULL)
        group->last_link = &group->first;
    last->next = NULL;
    return first;
}

/* The lock is held on entry and on return.  The queue may hold more than one
 * group, so this may do the work of others only. */
static void
lead(struct group *group)
{
    struct group_request *each = take(group);

    group->leading = true;
    pthread_mutex_unlock(&group->lock);
    group->work(group->context, each);
    pthread_mutex_lock(&group->lock);
    group->leading = false;
    while (each != NULL) {
        struct group_request *next = each->next; /* gone once it is awake */
        each->done = true;
        pthread_cond_signal(&each->woken);
        each = next;
    }
    if (group->first != NULL)
        pthread_cond_signal(&group->first->woken);
}

void
group_submit(struct group *group, struct group_request *request)
{
    request->next = NULL;
    request->done = false;
    pthread_cond_init(&request->woken, NULL);
    pthread_mutex_lock(&group->lock);
    *group->last_link = request;
    group->last_link = &request->next;
    while (!request->done) {
        if (group->leading)
            pthread_cond_wait(&request->woken, &group->lock);
        else
            lead(group);
    }
    pthread_mutex_unlock(&group->lock);
    pthread_cond_destroy(&request->woken);
}
