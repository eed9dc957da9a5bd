#include "nodes/errand.h"

#include <string.h>

bool
errand_take(struct errands *errands, uint64_t client, const struct ask *ask,
            uint64_t seq, int64_t now_ms)
{
    errands->asked++;
    if (errands->count == ERRAND_MAX)
        return false;
    struct errand *errand = &errands->list[errands->count++];
    *errand = (struct errand) { .client = client,
                                .ask = *ask,
                                .seq = seq,
                                .until_ms = now_ms + ERRAND_MS };
    errand->ask.number = ++errands->last;
    return true;
}

const struct ask *
errand_next(struct errands *errands, uint64_t acked)
{
    for (uint32_t i = 0; i < errands->count; i++) {
        struct errand *errand = &errands->list[i];
        if (errand->sent || errand->seq > acked)
            continue;
        errand->sent = true;
        return &errand->ask;
    }
    return NULL;
}

static void
take_out(struct errands *errands, uint32_t index, struct errand *ret_errand)
{
    *ret_errand = errands->list[index];
    errands->count--;
    memmove(&errands->list[index], &errands->list[index + 1],
            (errands->count - index) * sizeof errands->list[0]);
}

bool
errand_done(struct errands *errands, uint64_t number, enum ask_kind kind,
            struct errand *ret_errand)
{
    for (uint32_t i = 0; i < errands->count; i++) {
        if (errands->list[i].ask.number != number || !errands->list[i].sent)
            continue;
        take_out(errands, i, ret_errand);
        errands->answered += kind == ret_errand->ask.kind;
        return true;
    }
    return false;
}

bool
errand_late(struct errands *errands, int64_t now_ms, bool all,
            struct errand *ret_errand)
{
    for (uint32_t i = 0; i < errands->count; i++) {
        if (!all && errands->list[i].until_ms > now_ms)
            continue;
        take_out(errands, i, ret_errand);
        errands->late++;
        return true;
    }
    return false;
}
