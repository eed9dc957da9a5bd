#include "core/chore.h"

static void *
run(void *argument)
{
    struct chore *chore = argument;

    chore->err = chore->work(chore->context);
    atomic_store(&chore->done, true);
    return NULL;
}

void
chore_begin(struct chore *chore, chore_work *work, void *context, bool beside)
{
    assert(!chore->begun);
    chore->begun = true;
    chore->work = work;
    chore->context = context;
    atomic_store(&chore->done, false);
    chore->threaded =
        beside && pthread_create(&chore->thread, NULL, run, chore) == 0;
    if (!chore->threaded)
        run(chore);
}

bool
chore_is_done(const struct chore *chore)
{
    return !chore->begun || atomic_load(&chore->done);
}

enum err
chore_end(struct chore *chore)
{
    if (!chore->begun)
        return OK;
    if (chore->threaded)
        pthread_join(chore->thread, NULL);
    chore->begun = false;
    assert(atomic_load(&chore->done));
    return chore->err;
}
