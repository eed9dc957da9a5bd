#include "nodes/fork.h"

#include <string.h>

bool
fork_narrow(struct fork_search *fork, stream_id stream, uint64_t common,
            uint64_t differs)
{
    if (!fork->busy || !stream_equal(fork->stream, stream)) {
        if (fork->busy || differs == 0)
            return false;
        *fork = (struct fork_search) { .busy = true,
                                       .stream = stream,
                                       .differs = differs };
    }
    uint64_t low = common > fork->common ? common : fork->common;
    uint64_t high =
        differs != 0 && differs < fork->differs ? differs : fork->differs;
    if (low >= high)
        return false;
    fork->common = low;
    fork->differs = high;
    fork->probing = true;
    return true;
}

uint32_t
fork_seqs(const struct fork_search *fork, uint64_t ret_seqs[static SYNC_PROBES])
{
    uint32_t count = 0;

    if (fork->asked > 0) {
        for (; count < fork->asked; count++)
            ret_seqs[count] = fork->heads[count].seq;
        return count;
    }
    assert(fork->probing);
    assert(fork->common < fork->differs);
    if (fork->common > 0)
        ret_seqs[count++] = fork->common;
    /* Up to thirty between; the last is differs - 1, so that finding no end
     * there means that there is none. */
    uint64_t between = fork->differs - fork->common - 1;
    uint32_t steps = SYNC_PROBES - 2;
    if (between < steps)
        steps = (uint32_t)between;
    for (uint32_t i = 1; i <= steps; i++)
        ret_seqs[count++] =
            fork->common + between / steps * i + between % steps * i / steps;
    ret_seqs[count++] = fork->differs;
    assert(count <= SYNC_PROBES);
    return count;
}

void
fork_probe(struct fork_search *fork, const stream_head *ends, uint32_t count)
{
    assert(fork->probing);
    stream_head edge[2];
    uint32_t edges = 0;
    fork->head_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t seq = ends[i].seq;
        if (seq > 0 && (seq == fork->common || seq == fork->differs) &&
            edges < 2 && (edges == 0 || edge[edges - 1].seq < seq))
            edge[edges++] = ends[i];
        if (seq > fork->common && seq < fork->differs &&
            (fork->head_count == 0 ||
             fork->heads[fork->head_count - 1].seq < seq))
            fork->heads[fork->head_count++] = ends[i];
    }
    fork->probing = false;
    fork->neighbours = fork->head_count == 0;
    if (fork->neighbours) {
        memcpy(fork->heads, edge, edges * sizeof edge[0]);
        fork->head_count = edges;
    }
}

void
fork_question(struct fork_search *fork, stream_id stream,
              const stream_head *heads, uint32_t count, bool neighbours)
{
    assert(count > 0);
    assert(count <= SYNC_PROBES);
    *fork = (struct fork_search) { .busy = true,
                                   .stream = stream,
                                   .neighbours = neighbours,
                                   .asked = count,
                                   .head_count = count };
    memcpy(fork->heads, heads, count * sizeof heads[0]);
}

struct fork_answer
fork_compare(const struct fork_search *fork, const stream_head *ours,
             uint32_t count)
{
    struct fork_answer answer = { 0 };

    for (uint32_t i = 0; i < fork->asked; i++) {
        if (i >= count || ours[i].seq != fork->heads[i].seq ||
            !digest_equal(ours[i].chain, fork->heads[i].chain)) {
            answer.differs = fork->heads[i].seq;
            break;
        }
        answer.common = ours[i];
    }
    return answer;
}
