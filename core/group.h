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
 *
 * A caller may hand in several requests at once, a chain: it sleeps once for
 * all of them.
 *
 * With many callers it is the waking that costs, more than the flush: so all of
 * a group sleep at one bell, which rings once for them.  There are two bells,
 * for those whose work is being done and for those who come meanwhile.  Whoever
 * is awake when nobody leads leads: mostly one who has just come.
 */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include "core/base.h"

#include <pthread.h>
#include <stdatomic.h>

/* The first member of a caller's own request, on its stack. */
struct group_request {
    struct group_request *next; /* of the same caller; NULL: no more */
    uint32_t weight;
    bool ends;        /* the last one of its caller */
    bool taken;       /* into the group of ... */
    uint32_t round;   /* ... this round */
    atomic_bool done; /* from then on its caller may be gone with it */
};

/* Does all requests of the list from `first` on; one call at a time. */
typedef void group_work(void *context, struct group_request *first);

struct group {
    pthread_mutex_t lock;
    bool leading;
    bool gathering; /* the leader waits for `expected` ones */
    struct group_request *first;
    struct group_request **last_link;
    uint32_t queued;      /* callers, by the ends of their chains */
    uint32_t expected;    /* how many were there at the end of the last work */
    uint32_t round;       /* of those who queue now */
    atomic_uint bells[2]; /* of even and of odd rounds */
    atomic_uint enough;   /* the leader's own bell, while it gathers */
    uint32_t weight_max;
    group_work *work;
    void *context; /* borrowed */
};

/* An empty group that does `work` for requests whose weights add up to
 * `weight_max` at most, or for one that is heavier alone. */
void group_open(struct group *group, uint32_t weight_max, group_work *work,
                void *context);
/* Nobody waits any more. */
void group_close(struct group *group);

/* Returns when the requests from `first` on have been done, in their order, by
 * this thread or another.  The caller has set each one's weight and `next`. */
void group_submit(struct group *group, struct group_request *first);

#endif
