#include "core/dispute.h"

#include "core/census.h"
#include "core/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row_list {
    struct dispute_row *items;
    uint32_t count;
    uint32_t room;
};

/* One history of each account: as known at a position. */
struct side {
    const struct dispute_question *question;
    struct census *census;
    const struct timeline *timeline;
    struct arena arena; /* of one account's rows */
    struct row_list rows;
    bool over;
    account_id account; /* whose rows these are */
    int64_t first_ms;   /* the period: from here ... */
    int64_t last_ms;    /* ... to here, inclusive */
    int32_t partner;    /* number; PROGRAM_NONE: all */
};

enum { ROWS_SIZE = 1 << 30 };

/* --- names --- */

bool
dispute_parse(view name, int *ret_measure, struct mistake_guess *guess)
{
    static const struct {
        const char *name;
        int measure;
    } OTHERS[] = {
        { "clearing", DISPUTE_CLEARING },
        { "issue_cost", DISPUTE_ISSUE_COST },
        { "redeem_credit", DISPUTE_REDEEM_CREDIT },
        { "voucher_credit", DISPUTE_VOUCHER_CREDIT },
    };

    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++) {
        if (view_equal(name, view_of(effect_measure_name(m)))) {
            *ret_measure = (int)m;
            return true;
        }
        mistake_guess_offer(guess, view_of(effect_measure_name(m)));
    }
    for (uint32_t i = 0; i < COUNT_OF(OTHERS); i++) {
        if (view_equal(name, view_of(OTHERS[i].name))) {
            *ret_measure = OTHERS[i].measure;
            return true;
        }
        mistake_guess_offer(guess, view_of(OTHERS[i].name));
    }
    return false;
}

void
dispute_mask(account_id account, char text[static ACCOUNT_SIZE])
{
    char whole[ACCOUNT_SIZE];
    const char *prefix = account.member != 0 ? "" : "bearer:";

    account_format(account, whole);
    size_t own = strlen(whole) - strlen(prefix);
    size_t kept = own > 4 ? 2 : own > 2 ? 1 : 0;
    snprintf(text, ACCOUNT_SIZE, "%s***%s", prefix,
             whole + strlen(whole) - kept);
}

/* --- gathering one side --- */

static bool
is_wanted(const struct side *side, const struct effect *effect)
{
    const struct dispute_question *question = side->question;

    if (side->partner != PROGRAM_NONE && effect->partner != side->partner)
        return false;
    if (question->by_store && effect->store != question->store)
        return false;
    switch (question->measure) {
    case DISPUTE_ALL:
        return effect->measure < MEASURE_STATEMENT_COUNT;
    case DISPUTE_CLEARING:
        return effect->measure == MEASURE_CLEARING;
    case DISPUTE_ISSUE_COST:
        return effect_figure(effect->measure) == FIGURE_ISSUE_COST;
    case DISPUTE_REDEEM_CREDIT:
        return effect_figure(effect->measure) == FIGURE_REDEEM_CREDIT;
    case DISPUTE_VOUCHER_CREDIT:
        return effect_figure(effect->measure) == FIGURE_VOUCHER_CREDIT;
    default:
        return (int)effect->measure == question->measure;
    }
}

static const char *
kind_of(const struct step *step)
{
    if (step->kind == STEP_CHANGE)
        return fold_change_name(step->change);
    if (step->kind == STEP_REFERRAL)
        return "referral";
    return event_kind_name(step->event->kind);
}

static view
partner_name(const struct side *side, int32_t number)
{
    if (number == PROGRAM_NONE)
        return (view) { 0 };
    return timeline_name(side->timeline, NAME_PARTNER, number);
}

static void
take_step(void *context, const struct walk *walk)
{
    struct side *side = context;
    const struct step *step = &walk->step;

    if (step->at_ms < side->first_ms || step->at_ms > side->last_ms)
        return;
    for (uint32_t i = 0; i < step->effects->count; i++) {
        const struct effect *effect = &step->effects->items[i];
        if (!is_wanted(side, effect))
            continue;
        *LIST_ADD(&side->arena, &side->rows) = (struct dispute_row) {
            .account = walk->account.id,
            .at_ms = step->at_ms,
            .event =
                step->event == NULL ? (identity) { 0 } : step->event->identity,
            .kind = kind_of(step),
            .store = effect->store,
            .partner = partner_name(side, effect->partner),
            .other = effect->measure == MEASURE_CLEARING
                         ? partner_name(side, effect->other)
                         : (view) { 0 },
            .measure = effect->measure,
            .amount = effect->amount,
            .money = effect->money,
        };
    }
}

static enum err
no_rules(struct complaint *complaint)
{
    complain(complaint, "no rules had been published: there is nothing to "
                        "explain; see leima rules publish");
    return ERR_NOT_FOUND;
}

static enum err
open_side(struct ledger *ledger, uint64_t known,
          const struct dispute_question *question, struct side *side,
          struct complaint *complaint)
{
    enum err err = ledger_timeline(ledger, known, &side->timeline, complaint);

    if (err != OK)
        return err;
    if (side->timeline->version_count == 0)
        return no_rules(complaint);
    const struct zone *zone = &side->timeline->zone;
    side->question = question;
    side->first_ms = zone_month_start_ms(zone, question->period);
    side->last_ms = zone_month_start_ms(zone, question->period + 1) - 1;
    if (question->now_ms < side->last_ms)
        side->last_ms = question->now_ms;
    side->partner =
        question->partner.size == 0
            ? PROGRAM_NONE
            : timeline_find(side->timeline, NAME_PARTNER, question->partner);
    /* A partner that these rules don't know has no figure. */
    side->over = question->partner.size > 0 && side->partner == PROGRAM_NONE;
    if (side->over)
        return OK;
    if (!arena_open(&side->arena, ROWS_SIZE))
        return ERR_MEMORY;
    const struct census_options options = { .known = known,
                                            .at_ms = side->last_ms,
                                            .timeline = side->timeline,
                                            .step = take_step,
                                            .context = side };
    return census_open(ledger, &options, complaint, &side->census);
}

static void
close_side(struct side *side)
{
    census_close(side->census);
    arena_close(&side->arena);
}

/* The rows of the next account. */
static enum err
next_account(struct side *side)
{
    const struct walk *walk;

    if (side->over)
        return OK;
    arena_reset(&side->arena);
    side->rows = (struct row_list) { 0 };
    enum err err = census_next(side->census, &walk);
    side->over = err == ERR_NOT_FOUND;
    if (err == OK)
        side->account = walk->account.id;
    return side->over ? OK : err;
}

/* --- differences --- */

static int
compare_events(const struct dispute_row *a, const struct dispute_row *b)
{
    if (a->at_ms != b->at_ms)
        return a->at_ms < b->at_ms ? -1 : 1;
    int order = identity_compare(a->event, b->event);
    return order != 0 ? order : strcmp(a->kind, b->kind);
}

/* Rows that compare equal are of one event and one figure. */
static int
compare_rows(const void *left, const void *right)
{
    const struct dispute_row *a = left, *b = right;
    int order = compare_events(a, b);

    if (order == 0)
        order = (a->measure > b->measure) - (a->measure < b->measure);
    if (order == 0)
        order = (a->store > b->store) - (a->store < b->store);
    if (order == 0)
        order = view_compare(a->partner, b->partner);
    return order != 0 ? order : view_compare(a->other, b->other);
}

static void
add_negative(struct row_list *to, const struct row_list *from,
             struct arena *arena)
{
    for (uint32_t i = 0; i < from->count; i++) {
        struct dispute_row row = from->items[i];
        row.amount = -row.amount;
        row.money = micro_sub((micro) { 0 }, row.money);
        *LIST_ADD(arena, to) = row;
    }
}

/* Sums up equal rows in place; those that come to nothing go. */
static void
sum_up(struct row_list *rows)
{
    uint32_t kept = 0;

    if (rows->count > 0)
        qsort(rows->items, rows->count, sizeof *rows->items, compare_rows);
    for (uint32_t i = 0; i < rows->count;) {
        struct dispute_row sum = rows->items[i++];
        for (; i < rows->count && compare_rows(&sum, &rows->items[i]) == 0;
             i++) {
            sum.amount += rows->items[i].amount;
            sum.money = micro_add(sum.money, rows->items[i].money);
        }
        if (sum.amount != 0 || sum.money.value != 0)
            rows->items[kept++] = sum;
    }
    rows->count = kept;
}

static void
tell_rows(const struct row_list *rows, dispute_tell *tell, void *context)
{
    for (uint32_t i = 0; i < rows->count; i++)
        tell(context, &rows->items[i]);
}

/* Members by number, then bearers by bytes, as a census goes. */
static int
compare_accounts(account_id a, account_id b)
{
    if ((a.member == 0) != (b.member == 0))
        return a.member == 0 ? 1 : -1;
    if (a.member != b.member)
        return a.member < b.member ? -1 : 1;
    return view_compare(a.bearer, b.bearer);
}

/* Which side has the account that comes next: -1 the first, 1 the second, 0
 * both. */
static int
next_of(const struct side *a, const struct side *b)
{
    if (a->over || b->over)
        return a->over ? 1 : -1;
    return compare_accounts(a->account, b->account);
}

static enum err
tell_difference(struct side *now, struct side *before, dispute_tell *tell,
                void *context)
{
    enum err err = next_account(now);

    if (err == OK)
        err = next_account(before);
    while (err == OK && !(now->over && before->over)) {
        int which = next_of(now, before);
        struct row_list none = { 0 };
        struct side *holder = which > 0 ? before : now;
        struct row_list *rows = which > 0 ? &none : &now->rows;
        if (which >= 0)
            add_negative(rows, &before->rows, &holder->arena);
        sum_up(rows);
        tell_rows(rows, tell, context);
        if (which <= 0)
            err = next_account(now);
        if (err == OK && which >= 0)
            err = next_account(before);
    }
    return err;
}

static enum err
tell_all(struct side *side, dispute_tell *tell, void *context)
{
    enum err err;

    while ((err = next_account(side)) == OK && !side->over)
        tell_rows(&side->rows, tell, context);
    return err;
}

enum err
dispute_list(struct ledger *ledger, const struct dispute_question *question,
             dispute_tell *tell, void *context, struct complaint *complaint)
{
    struct side now = { 0 }, before = { 0 };

    enum err err =
        open_side(ledger, question->known, question, &now, complaint);
    if (err == OK && question->is_difference)
        err = open_side(ledger, question->known_before, question, &before,
                        complaint);
    if (err == OK)
        err = question->is_difference
                  ? tell_difference(&now, &before, tell, context)
                  : tell_all(&now, tell, context);
    close_side(&now);
    close_side(&before);
    return err;
}
