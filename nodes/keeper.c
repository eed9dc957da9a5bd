#include "nodes/keeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/journal.h"
#include "nodes/trace.h"

enum { LOOK_MS = 50, TEND_LOOKS = 1200, TROUBLE_LOOKS = 20 };

struct keeper {
    struct ledger *ledger;
    struct journal *journal;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t news;
    bool woken;
    bool ending;
    uint64_t position;
};

static bool
sleep_until_news(struct keeper *keeper)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->woken && !keeper->ending) {
        if (pthread_cond_timedwait(&keeper->news, &keeper->lock, &until) != 0)
            break;
    }
    keeper->woken = false;
    bool go_on = !keeper->ending;
    pthread_mutex_unlock(&keeper->lock);
    return go_on;
}

/* What can't be folded now is tried again; appending and replicating go on
 * meanwhile.  It is said once, not twenty times a second. */
static bool
fold(struct keeper *keeper, bool was_well)
{
    struct complaint complaint = { 0 };
    enum err err = ledger_refresh(keeper->ledger, &complaint);

    if (err != OK) {
        if (was_well)
            trace(TRACE_ERROR, ledger_who(keeper->ledger).node, "fold",
                  "err=%s what=\"%s\"", err_name(err), complaint.text);
        return false;
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->position = ledger_position(keeper->ledger);
    pthread_mutex_unlock(&keeper->lock);
    return true;
}

static void *
keep(void *argument)
{
    struct keeper *keeper = argument;
    uint64_t txn = UINT64_MAX;
    bool well = true;

    for (uint32_t look = 1; sleep_until_news(keeper); look++) {
        if (look % TEND_LOOKS == 0)
            journal_tend(keeper->journal);
        uint64_t now = journal_last_txn(keeper->journal);
        if (now == txn && (well || look % TROUBLE_LOOKS != 0))
            continue;
        well = fold(keeper, well);
        txn = now;
    }
    return NULL;
}

enum err
keeper_open(struct ledger *ledger, struct keeper **ret_keeper)
{
    pthread_condattr_t steady;
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return ERR_MEMORY;
    keeper->ledger = ledger;
    keeper->journal = ledger_journal(ledger);
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->news, &steady);
    pthread_condattr_destroy(&steady);
    if (pthread_create(&keeper->thread, NULL, keep, keeper) != 0) {
        pthread_cond_destroy(&keeper->news);
        pthread_mutex_destroy(&keeper->lock);
        free(keeper);
        return ERR_MEMORY;
    }
    *ret_keeper = keeper;
    return OK;
}

void
keeper_close(struct keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->ending = true;
    pthread_cond_signal(&keeper->news);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    pthread_cond_destroy(&keeper->news);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

void
keeper_wake(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->woken = true;
    pthread_cond_signal(&keeper->news);
    pthread_mutex_unlock(&keeper->lock);
}

uint64_t
keeper_position(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    uint64_t position = keeper->position;
    pthread_mutex_unlock(&keeper->lock);
    return position;
}
