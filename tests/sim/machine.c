#include "tests/sim/machine.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "core/chore.h"
#include "nodes/clock.h"

static struct machine *here;
static int64_t true_ms;

struct machine *
machine_here(void)
{
    return here;
}

void
machine_enter(struct machine *machine)
{
    here = machine;
}

void
machine_leave(void)
{
    here = NULL;
}

bool
machine_burn(struct machine *machine)
{
    if (machine->fuse < 0 || machine->dead)
        return false;
    if (machine->fuse-- > 0)
        return false;
    machine->dead = true;
    return true;
}

int64_t
machine_true_ms(void)
{
    return true_ms;
}

void
machine_set_true_ms(int64_t now_ms)
{
    assert(now_ms >= true_ms || now_ms == 0);
    true_ms = now_ms;
}

/* --- the other body of clock.h --- */

int64_t
clock_wall_ms(void)
{
    return MACHINE_EPOCH_MS + true_ms + (here ? here->wall_ms : 0);
}

int64_t
clock_steady_ms(void)
{
    return 1000000 + true_ms;
}

/* There is one thread.  A keeper is told that it has one of its own: the world
 * lets it look (keeper.h) when it pleases.  Who else wants some, to read much
 * by all cores (bulk.h), gets none, and does it all himself ... */
int __wrap_pthread_create(pthread_t *ret_thread, const pthread_attr_t *how,
                          void *(*run)(void *), void *argument);
int __wrap_pthread_join(pthread_t thread, void **ret_result);

int
__wrap_pthread_create(pthread_t *ret_thread, const pthread_attr_t *how,
                      void *(*run)(void *), void *argument)
{
    (void)how, (void)run;
    if (here == NULL || here->keeper != NULL)
        return EAGAIN;
    *ret_thread = 0;
    here->keeper = argument;
    return 0;
}

int
__wrap_pthread_join(pthread_t thread, void **ret_result)
{
    (void)thread, (void)ret_result;
    here->keeper = NULL;
    return 0;
}

/* ... and chores, which are done at once. */
void __real_chore_begin(struct chore *chore, chore_work *work, void *context,
                        bool beside);
void __wrap_chore_begin(struct chore *chore, chore_work *work, void *context,
                        bool beside);

void
__wrap_chore_begin(struct chore *chore, chore_work *work, void *context,
                   bool beside)
{
    (void)beside;
    __real_chore_begin(chore, work, context, false);
}

/* Nobody waits here: time goes by between turns. */
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

int
__wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted, (void)left;
    return 0;
}
