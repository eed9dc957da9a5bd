#include "nodes/answer.h"

#include "core/codec.h"
#include "core/news.h"
#include "core/ordinary.h"
#include "nodes/hold.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_SIZE = 1 << 24 }; /* address space of one answer */

struct answerer {
    struct ledger *ledger;
    struct feed *feed;
    struct holds *holds;
    uint64_t looked;      /* position up to which no event is of a hold */
    struct arena scratch; /* of one account's history */
};

enum err
answer_open(struct ledger *ledger, struct feed *feed,
            struct answerer **ret_answerer)
{
    struct answerer *answerer = calloc(1, sizeof *answerer);
    if (!answerer)
        return ERR_MEMORY;
    answerer->ledger = ledger;
    answerer->feed = feed;
    answerer->holds = hold_open();
    if (!answerer->holds || !arena_open(&answerer->scratch, LIMIT_ARENA_SIZE)) {
        answer_end(answerer);
        return ERR_MEMORY;
    }
    *ret_answerer = answerer;
    return OK;
}

void
answer_end(struct answerer *answerer)
{
    if (!answerer)
        return;
    hold_close(answerer->holds);
    arena_close(&answerer->scratch);
    free(answerer);
}

void
answer_close(struct answer *answer)
{
    arena_close(&answer->arena);
    *answer = (struct answer) { 0 };
}

uint32_t
answer_holds(const struct answerer *answerer)
{
    return hold_count(answerer->holds);
}

/* --- reservations --- */

static void
drop_arrived(struct answerer *answerer, const struct record_event *stored)
{
    struct event event;

    /* What one node says of another ends nothing.  And most of what arrives is
     * no redemption. */
    if (stored->here.node != stored->origin.node ||
        ordinary_purchase(stored, &event))
        return;
    arena_reset(&answerer->scratch);
    if (codec_decode(stored->core, &answerer->scratch, &event) == OK)
        hold_drop(answerer->holds, stored->origin.node, event.id);
}

/* What can't be read is passed over: reservations end with their time, too. */
static void
look_at_news(struct answerer *answerer, uint64_t last)
{
    struct reader *reader = NULL;
    struct record_event stored;
    struct news news;
    uint64_t position;

    if (reader_open(ledger_journal(answerer->ledger), &reader) != OK)
        return;
    news_begin(&news, reader, answerer->looked, last);
    while (news_next(&news, &stored, &position) == OK)
        drop_arrived(answerer, &stored);
    answerer->looked = last;
    reader_close(reader);
}

void
answer_look(struct answerer *answerer, int64_t steady_ms)
{
    const uint64_t last = ledger_position(answerer->ledger);

    hold_expire(answerer->holds, steady_ms);
    if (hold_count(answerer->holds) == 0)
        answerer->looked = last;
    else if (answerer->looked < last)
        look_at_news(answerer, last);
}

/* --- redemptions --- */

/* One question about a redemption, while it is answered. */
struct matter {
    const struct answer_to *to;
    const struct timeline *timeline;
    struct history_account history;
    struct walk walk;
    int64_t at_ms;
};

/* The event of that node and id, if it has arrived. */
static const struct event *
find_arrived(const struct matter *matter, uint32_t node, view id)
{
    for (uint32_t i = 0; i < matter->history.event_count; i++) {
        const struct event *event = matter->history.events[i];
        if (event->identity.node == node && view_equal(event->id, id))
            return event;
    }
    return NULL;
}

/* The account as it is now.  A node's clock may be ahead of ours: what it
 * has told has happened, so now is not before that.  (Beyond what a node may
 * append it is no clock, but a mistake that an import has brought.) */
static enum err
walk_account(struct answerer *answerer, struct matter *matter, account_id id)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct arena *arena = &answerer->scratch;
    struct walk_input input;
    const int64_t limit_ms = matter->at_ms + LIMIT_FUTURE_MS;

    enum err err = ledger_timeline(answerer->ledger, LEDGER_KNOWN_ALL,
                                   &matter->timeline, NULL);
    if (err == OK)
        err = ledger_account(answerer->ledger, id, &question, arena,
                             &matter->history, NULL);
    if (err != OK)
        return err;
    for (uint32_t i = 0; i < matter->history.event_count; i++) {
        const int64_t at_ms = matter->history.events[i]->at_ms;
        if (at_ms > matter->at_ms && at_ms <= limit_ms)
            matter->at_ms = at_ms;
    }
    struct fold *fold = fold_open(matter->timeline, false, arena);
    fold_use_arena(fold, arena);
    err = ledger_walk_input(answerer->ledger, &matter->history, &question, fold,
                            matter->at_ms, arena, &input);
    if (err != OK)
        return err;
    walk_open(&matter->walk, &input, arena);
    walk_finish(&matter->walk);
    return OK;
}

/* What is reserved for others. */
static void
add_holds(const struct answerer *answerer, const struct answer_to *to,
          struct decide_command *command)
{
    const struct ask *ask = &to->ask;
    const struct hold *hold;
    uint32_t cursor = 0;

    while ((hold = hold_next(answerer->holds, view_of(ask->accounts[0]),
                             &cursor)) != NULL) {
        if (hold->node == to->node &&
            view_equal(view_of(hold->id), view_of(ask->id)))
            continue;
        command->points_held = points_add(command->points_held, hold->points);
        command->vouchers_held +=
            hold->points.value == 0 &&
            view_equal(view_of(hold->reward), command->reward);
    }
}

static bool
reserve(struct answerer *answerer, const struct answer_to *to,
        const struct decision *decision, int64_t steady_ms)
{
    struct hold hold = { .node = to->node,
                         .points = decision->points,
                         .until_ms = steady_ms + HOLD_MS };

    strcpy(hold.id, to->ask.id);
    strcpy(hold.account, to->ask.accounts[0]);
    if (decision->by_voucher)
        strcpy(hold.reward, to->ask.reward);
    return hold_put(answerer->holds, &hold);
}

static bool
is_asked(const struct event *arrived, const struct ask *ask)
{
    return arrived->kind == EVENT_REDEEM &&
           arrived->redeem.points.value == ask->points.value &&
           view_equal(arrived->redeem.reward, view_of(ask->reward));
}

/* False: it can't be decided here and now. */
static bool
decide(struct answerer *answerer, struct matter *matter,
       struct decision *ret_decision)
{
    const struct ask *ask = &matter->to->ask;
    struct decide_command command = { .points = ask->points,
                                      .reward = view_of(ask->reward) };
    account_id id;

    arena_reset(&answerer->scratch);
    if (!account_parse(view_of(ask->accounts[0]), &id) ||
        walk_account(answerer, matter, id) != OK)
        return false;
    add_holds(answerer, matter->to, &command);
    *ret_decision = decide_redemption(matter->timeline, &matter->walk.account,
                                      &command, matter->at_ms);
    /* Told again what has happened already; an id is good for one event. */
    const struct event *arrived =
        find_arrived(matter, matter->to->node, view_of(ask->id));
    if (arrived)
        ret_decision->verdict =
            is_asked(arrived, ask) ? VERDICT_GRANTED : VERDICT_CONFLICT;
    return true;
}

static void
answer_redeem(struct answerer *answerer, const struct answer_to *to,
              int64_t wall_ms, int64_t steady_ms, struct answer *answer)
{
    struct matter matter = { .to = to, .at_ms = wall_ms };
    struct decision decision;

    answer_look(answerer, steady_ms);
    if (!decide(answerer, &matter, &decision))
        return;
    if (decision.verdict == VERDICT_GRANTED && !to->ask.dry_run &&
        !find_arrived(&matter, to->node, view_of(to->ask.id)) &&
        !reserve(answerer, to, &decision, steady_ms))
        return;
    ask_answer_decision(to->ask.number, &decision, &answer->arena,
                        &answer->frame);
}

/* --- states --- */

static void
answer_states(struct answerer *answerer, const struct answer_to *to,
              struct answer *answer)
{
    account_id accounts[ASK_ACCOUNTS_MAX];
    struct frame state;

    for (uint32_t i = 0; i < to->ask.account_count; i++)
        if (!account_parse(view_of(to->ask.accounts[i]), &accounts[i]))
            return;
    if (feed_look_up(answerer->feed, to->node, accounts, to->ask.account_count,
                     &answer->arena, &state) != OK)
        return;
    state.state.epoch = to->epoch;
    ask_answer_states(to->ask.number, &state, &answer->arena, &answer->frame);
}

bool
answer_needs_history(const struct answer_to *to)
{
    return to->ask.kind == ASK_REDEEM;
}

bool
answer_make(struct answerer *answerer, const struct answer_to *to,
            int64_t wall_ms, int64_t steady_ms, struct answer *ret_answer)
{
    *ret_answer = (struct answer) { .to = *to };
    if (!arena_open(&ret_answer->arena, ANSWER_SIZE))
        return false;
    ask_answer_none(to->ask.number, &ret_answer->frame);
    if (to->ask.kind == ASK_REDEEM)
        answer_redeem(answerer, to, wall_ms, steady_ms, ret_answer);
    else
        answer_states(answerer, to, ret_answer);
    /* What is too large to be sent is not known. */
    if (frame_payload_size(&ret_answer->frame) > LIMIT_FRAME_SIZE)
        ask_answer_none(to->ask.number, &ret_answer->frame);
    return true;
}
