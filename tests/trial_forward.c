/*
 * trial_forward.c - what is stored and folded on equals what is folded anew
 *
 * After every single event or referral, as if they arrived in canonical order:
 * the packed state of the history so far is unpacked, taken one step on where
 * the fold says that it may, and packed again; it must have the bytes of the
 * whole history folded anew, and the step the same effects.  An event that
 * comes late may be taken on only where that makes no difference.  At the end
 * the stored state must answer for later times as the walk does, and a question
 * must leave no trace.
 */
#include "tests/trial_state.h"

#include "core/balance.h"

#include <stdlib.h>
#include <string.h>

struct arrival {
    const struct event *event;
    const struct referral *referral; /* NULL: an event of its own */
};

static int
compare_arrivals(const void *a, const void *b)
{
    const struct arrival *left = a;
    const struct arrival *right = b;

    return event_compare(left->event, right->event);
}

static struct arrival *
arrivals_of(struct trial *trial)
{
    uint32_t count = trial->event_count;
    struct arrival *arrivals = ARENA_NEW(&trial->arena, struct arrival,
                                         count + trial->referral_count + 1);

    for (uint32_t i = 0; i < count; i++)
        arrivals[i].event = trial->events[i];
    for (uint32_t i = 0; i < trial->referral_count; i++)
        arrivals[count + i] = (struct arrival) { trial->referrals[i].event,
                                                 &trial->referrals[i] };
    qsort(arrivals, count + trial->referral_count, sizeof arrivals[0],
          compare_arrivals);
    return arrivals;
}

/* Opens a walk of the first arrivals. */
static void
walk_arrivals(struct trial *trial, const struct arrival *arrivals,
              uint32_t count, int64_t until_ms, struct walk *ret_walk)
{
    const struct event **events =
        ARENA_NEW(&trial->arena, const struct event *, count + 1);
    struct referral *referrals =
        ARENA_NEW(&trial->arena, struct referral, count + 1);
    struct walk_input input = {
        .fold = trial->fold,
        .account = trial->account,
        .events = events,
        .referrals = referrals,
        .until_ms = until_ms,
    };

    for (uint32_t i = 0; i < count; i++)
        if (arrivals[i].referral != NULL)
            referrals[input.referral_count++] = *arrivals[i].referral;
        else
            events[input.event_count++] = arrivals[i].event;
    walk_open(ret_walk, &input, &trial->arena);
}

/* The instant of the last of the first arrivals that counts; 0: none does. */
static int64_t
last_counting(struct trial *trial, const struct arrival *arrivals,
              uint32_t count)
{
    const struct event **events =
        ARENA_NEW(&trial->arena, const struct event *, count + 1);
    uint32_t event_count = 0;
    uint32_t live_count;
    int64_t last = 0;

    for (uint32_t i = 0; i < count; i++)
        if (arrivals[i].referral == NULL)
            events[event_count++] = arrivals[i].event;
        else
            last = arrivals[i].event->at_ms;
    const struct event *const *live =
        walk_live(events, event_count, &trial->arena, &live_count);
    if (live_count > 0 && live[live_count - 1]->at_ms > last)
        last = live[live_count - 1]->at_ms;
    return last;
}

/* An account without an event that counts is not stored. */
static void
pack(struct trial *trial, const struct account *account,
     struct packed *ret_packed)
{
    ret_packed->size = 0;
    if (!account->begun)
        return;
    size_t size = account_pack(account, trial->timeline, ret_packed->bytes,
                               sizeof ret_packed->bytes);

    assert(size > 0);
    ret_packed->size = (uint32_t)size;
}

static bool
unpack(struct trial *trial, const struct packed *packed,
       struct account *ret_account)
{
    if (account_unpack((view) { packed->bytes, packed->size }, trial->account,
                       trial->timeline, &trial->arena, ret_account) == OK)
        return true;
    return trial_differs(trial, "a packed state can't be read\n");
}

/* Takes the clock and then one arrival. */
static void
step_on(struct fold *fold, struct account *account,
        const struct arrival *arrival)
{
    fold_run_clock(fold, account, arrival->event->at_ms);
    fold_effects(fold)->count = 0;
    if (arrival->referral != NULL)
        fold_referral(fold, account, arrival->referral);
    else
        fold_event(fold, account, arrival->event);
}

/* The short way, where it goes, leads to the same state; what it refuses it
 * leaves as it was. */
static bool
check_onward(struct trial *trial, const struct packed *before,
             const struct arrival *arrival, const struct packed *after)
{
    struct account account;
    struct packed *packed = &trial->packed[2];
    struct fold *fold = trial->fold;

    fold_effects(fold)->count = 0;
    fold_use_arena(fold, &trial->arena);
    if (before->size == 0)
        account_open(&account, trial->account, &trial->arena);
    else if (!unpack(trial, before, &account))
        return false;
    if (!fold_can_forward(&account, arrival->event))
        return true;
    fold_run_clock(fold, &account, arrival->event->at_ms);
    fold_effects(fold)->count = 0;
    bool taken = onward_take(trial->onward, &account, arrival->event);
    if (!taken) {
        fold_event(fold, &account, arrival->event);
        fold_run_clock(fold, &account, arrival->event->at_ms);
        fold_effects(fold)->count = 0;
    }
    pack(trial, &account, packed);
    if (packed->size == after->size &&
        memcmp(packed->bytes, after->bytes, after->size) == 0)
        return true;
    return trial_differs(trial, taken ? "taken onward, another state\n"
                                      : "refused, and another state\n");
}

/* `anew` has taken the first `count` arrivals, its last step is the last. */
static bool
check_step(struct trial *trial, const struct packed *before,
           const struct arrival *arrival, const struct packed *after,
           const struct effect_list *effects)
{
    struct account account;
    struct packed *forward = &trial->packed[2];

    if (before->size == 0)
        return true;
    if (!unpack(trial, before, &account))
        return false;
    if (arrival->referral == NULL &&
        !fold_can_forward(&account, arrival->event))
        return true;
    struct fold *fold = trial->fold;
    fold_use_arena(fold, &trial->arena);
    step_on(fold, &account, arrival);
    if (!trial_same_effects(fold_effects(fold), effects))
        return trial_differs(trial, "folded forward, other effects\n");
    fold_run_clock(fold, &account, arrival->event->at_ms);
    pack(trial, &account, forward);
    if (forward->size == after->size &&
        memcmp(forward->bytes, after->bytes, after->size) == 0)
        return true;
    return trial_differs(trial, "folded forward, another state\n");
}

/* Takes all steps; the effects of the last arrival's are copied. */
static struct effect_list
finish(struct trial *trial, struct walk *walk, const struct event *last)
{
    struct effect_list kept = { 0 };

    while (walk_next(walk)) {
        if (walk->step.event != last)
            continue;
        kept.count = walk->step.effects->count;
        kept.items = ARENA_NEW(&trial->arena, struct effect, kept.count + 1);
        for (uint32_t i = 0; i < kept.count; i++)
            kept.items[i] = walk->step.effects->items[i];
    }
    return kept;
}

static void
balance_at(struct trial *trial, struct account *account, int64_t at_ms,
           struct text *text)
{
    struct fold *fold = trial->fold;

    fold_run_clock(fold, account, at_ms);
    text_clear(text);
    balance_json(text, trial->timeline, account, at_ms);
}

static bool
check_balance(struct trial *trial, struct account *account, int64_t at_ms)
{
    struct text said = { 0 };
    struct text expected = { 0 };
    struct walk walk;

    trial_walk(trial, trial->event_count, at_ms, &walk);
    walk_finish(&walk);
    balance_json(&expected, trial->timeline, &walk.account, at_ms);
    balance_at(trial, account, at_ms, &said);
    bool same = view_equal(text_view(&said), text_view(&expected));
    if (!same)
        trial_differs(trial, "stored state\nanew   %.*s\nstored %.*s\n",
                      (int)expected.size, (const char *)expected.bytes,
                      (int)said.size, (const char *)said.bytes);
    text_close(&said);
    text_close(&expected);
    return same;
}

/* The stored state, asked at two times one after the other and at the later one
 * at once. */
static bool
check_questions(struct trial *trial, const struct packed *packed,
                int64_t last_ms)
{
    struct account account;
    struct account other;
    int64_t until_ms = trial->made->until_ms;

    if (packed->size == 0 || last_ms > until_ms)
        return true;
    return unpack(trial, packed, &account) && unpack(trial, packed, &other) &&
           check_balance(trial, &account, last_ms + (until_ms - last_ms) / 2) &&
           check_balance(trial, &account, until_ms) &&
           check_balance(trial, &other, until_ms);
}

/* The last but one comes late: `anew` holds all of the first `count`. */
static bool
check_late(struct trial *trial, const struct arrival *arrivals, uint32_t count,
           const struct packed *anew)
{
    struct arrival *others =
        ARENA_NEW(&trial->arena, struct arrival, count + 1);
    struct packed *packed = &trial->packed[2];
    struct account account;
    struct walk walk;

    if (count < 2 || arrivals[count - 2].referral != NULL)
        return true;
    const struct arrival *late = &arrivals[count - 2];
    memcpy(others, arrivals, (count - 1) * sizeof *others);
    others[count - 2] = arrivals[count - 1];
    walk_arrivals(trial, others, count - 1,
                  last_counting(trial, others, count - 1), &walk);
    walk_finish(&walk);
    pack(trial, &walk.account, packed);
    if (packed->size == 0)
        return true;
    if (!unpack(trial, packed, &account))
        return false;
    if (!fold_can_forward(&account, late->event))
        return true;
    step_on(trial->fold, &account, late);
    fold_run_clock(trial->fold, &account, late->event->at_ms);
    pack(trial, &account, packed);
    if (packed->size == anew->size &&
        memcmp(packed->bytes, anew->bytes, anew->size) == 0)
        return true;
    return trial_differs(trial, "a late event folded forward\n");
}

bool
trial_check_forward(struct trial *trial)
{
    struct arrival *arrivals = arrivals_of(trial);
    uint32_t count = trial->event_count + trial->referral_count;
    struct packed *before = &trial->packed[0];
    struct packed *after = &trial->packed[1];
    struct walk walk;
    int64_t last_ms = 0;

    walk_arrivals(trial, arrivals, 0, 0, &walk);
    pack(trial, &walk.account, before);
    for (uint32_t i = 0; i < count; i++) {
        last_ms = last_counting(trial, arrivals, i + 1);
        walk_arrivals(trial, arrivals, i + 1, last_ms, &walk);
        struct effect_list effects = finish(trial, &walk, arrivals[i].event);
        pack(trial, &walk.account, after);
        if (!check_step(trial, before, &arrivals[i], after, &effects) ||
            ((i == 0 || before->size > 0) && arrivals[i].referral == NULL &&
             !check_onward(trial, before, &arrivals[i], after)) ||
            !check_late(trial, arrivals, i + 1, after))
            return false;
        struct packed *spare = before;
        before = after;
        after = spare;
    }
    return check_questions(trial, before, last_ms);
}
