/*
 * history_account.h - the history of one account, as it is handed out
 */
#ifndef CORE_HISTORY_ACCOUNT_H
#define CORE_HISTORY_ACCOUNT_H

#include "core/event.h"

#define HISTORY_ALL UINT64_MAX /* no bound by position */

/* Why an event of the account does not count. */
enum history_why {
    HISTORY_RULE,  /* it breaks a rule of EVENTS.md */
    HISTORY_STORE, /* its node does not speak for that store */
    HISTORY_COPY,  /* a copy; it differs from what is held of the event */
};

struct history_aside {
    const struct event *event;
    uint64_t position;
    enum history_why why;
};

/* The events of one account.  All of it, with every view of the events, lives
 * in the arena that it was read into. */
struct history_account {
    account_id account;
    uint32_t event_count;
    uint32_t referred_count;
    const struct event *const *events; /* canonical order; as walk.h wants */
    const uint64_t *positions; /* of each event, when it first arrived */
    const uint64_t *referred;  /* members whose join named this account,
                                * ascending, each once; void or not */
    uint32_t aside_count;
    const struct history_aside *aside; /* quarantined, in order of arrival */
};

/* What has been taken in. */
struct history_counts {
    uint64_t events;  /* each arrival, repetitions too */
    uint64_t copies;  /* of other ledgers' events */
    uint64_t odd;     /* events that break a rule of EVENTS.md, or are of an
                       * unknown kind: without effect; and records of a later
                       * format, whatever is in them */
    uint64_t flagged; /* records whose writer's clock stood wrong */
};

/* Positions that the journal has marked, ascending. */
struct history_marks {
    const int64_t *positions;
    uint32_t count;
};

/* Whether a node may speak for a store (the allow-list of a hub): what it may
 * not is kept and has no effect. */
typedef bool history_admits(void *context, uint32_t node, uint32_t store);

#endif
