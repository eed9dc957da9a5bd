/*
 * watch.h - who is told how far a long piece of work has come
 *
 * Work that takes minutes says what it is doing, of how many things, and now
 * and then how many are done; core says it to whoever asked, and draws nothing.
 * A watch is told by one thread, that of whoever began the work.  NULL, or one
 * without a function: nobody asks.
 */
#ifndef CORE_WATCH_H
#define CORE_WATCH_H

#include "core/base.h"

/* "records read:", 1200 of 5000; a total of 0: nobody knows, or can count. */
typedef void watch_tell(void *context, const char *words, uint64_t done,
                        uint64_t total);

enum { WATCH_STEP = 1024 }; /* small things between two times it is told */

struct watch {
    watch_tell *tell;
    void *context;
    const char *words; /* of what is being done; literal */
    uint64_t total;
};

/* Something else is being done from now on. */
static inline void
watch_begin(struct watch *watch, const char *words, uint64_t total)
{
    if (watch == NULL || watch->tell == NULL)
        return;
    watch->words = words;
    watch->total = total;
    watch->tell(watch->context, words, 0, total);
}

/* So much of it is done.  What came after it was counted is not told. */
static inline void
watch_reach(const struct watch *watch, uint64_t done)
{
    if (watch != NULL && watch->tell != NULL)
        watch->tell(watch->context, watch->words,
                    done < watch->total ? done : watch->total, watch->total);
}

#endif
