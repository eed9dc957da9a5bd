/*
 * group.h - many callers, one piece of work: the queue of a group commit
 *
 * Callers queue up with their requests.  The first that finds nobody at work
 * leads: it takes what is queued, up to a weight, does it all at once and wakes
 * the others.  Those who come meanwhile form the next group.  So a lone caller
 * waits for nobody, and under load the groups grow by themselves.
 *
 * Those who were just served come back at about the same time.  A leader waits
 * for as many as there were before, in pauses far shorter than a flush and only
 * as long as some come: else the first to come back would go alone, and the
 * others would wait for two pieces of work.
 */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include <pthread.h>
#include <semaphore.h>

#include "core/base.h"

/* The first member of a caller's own request, on its stack. */
struct group_request {
    struct group_request *next;
    uint32_t weight;
    bool done;
    sem_t woken; /* done, or to lead */
};

/* Does all requests of the list from `first` on; one call at a time. */
typedef void group_work(void *context, struct group_request *first);

struct group {
    pthread_mutex_t lock;
    bool leading;
    struct group_request *first;
    struct group_request **last_link;
    uint32_t queued;
    uint32_t expected; /* how many were there at the end of the last work */
    uint32_t weight_max;
    group_work *work;
    void *context; /* borrowed */
};

void group_open(struct group *group, uint32_t weight_max, group_work *work,
                void *context);
/* Nobody waits any more. */
void group_close(struct group *group);

/* Returns when the request has been done, by this thread or another.  The
 * caller has set its weight. */
void group_submit(struct group *group, struct group_request *request);

#endif
