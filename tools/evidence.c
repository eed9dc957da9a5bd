#include "tools/evidence.h"

#include "core/statement.h"

#include <stdlib.h>

struct gathering {
    struct evidence *evidence;
    int32_t period;
};

enum err
evidence_span(struct ledger *ledger, const struct closing_books *books,
              int32_t period, uint64_t *ret_before, uint64_t *ret_known,
              bool *ret_exact)
{
    const struct closing *own = closing_find(books, period);
    const struct closing *before = closing_find(books, period - 1);
    bool now = false, then = false;

    if (before == NULL)
        return ERR_NOT_FOUND;
    enum err err = closing_known(ledger, before, ret_before, &then);
    if (err == OK)
        err = closing_known(ledger, own, ret_known, &now);
    *ret_exact = then && now;
    return err;
}

const char *
evidence_words_inexact(void)
{
    return "another hub has closed the month, and events came here in another "
           "order: some may be listed that it did not know, and of an "
           "adjustment some may be missing";
}

static view
copy_string(struct arena *arena, const char *string)
{
    return arena_copy(arena, view_of(string));
}

static void
take_row(void *context, const struct dispute_row *row)
{
    const struct gathering *gathering = context;
    struct evidence *evidence = gathering->evidence;
    struct arena *arena = evidence->arena;
    char account[ACCOUNT_SIZE], event[IDENTITY_SIZE] = "";

    dispute_mask(row->account, account);
    if (row->event.node != 0)
        identity_format(row->event, event);
    struct evidence_row copy = {
        .partner = arena_copy(arena, row->partner),
        .period = gathering->period,
        .account = copy_string(arena, account),
        .event = copy_string(arena, event),
        .at_ms = row->at_ms,
        .kind = copy_string(arena, row->kind),
        .store = row->store,
        .measure = row->measure,
        .amount = row->amount,
        .money = row->money,
        .order = evidence->count,
    };
    *LIST_ADD(arena, evidence) = copy;
}

/* Whether the statement adjusts that month of that partner. */
static bool
is_adjusted(const struct statement *statement, view partner, int32_t period)
{
    const struct statement_partner *one = statement_find(statement, partner);

    for (uint32_t i = 0; one != NULL && i < one->adjustment_count; i++)
        if (one->adjustments[i].period == period)
            return true;
    return false;
}

/* The adjusted months, ascending, each once. */
static int32_t
next_month(const struct statement *statement, int32_t after)
{
    int32_t next = INT32_MAX;

    for (uint32_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *one = &statement->partners[i];
        for (uint32_t k = 0; k < one->adjustment_count; k++)
            if (one->adjustments[k].period > after &&
                one->adjustments[k].period < next)
                next = one->adjustments[k].period;
    }
    return next;
}

static int
compare_rows(const void *a, const void *b)
{
    const struct evidence_row *left = a, *right = b;
    int order = view_compare(left->partner, right->partner);

    if (order != 0)
        return order;
    if (left->period != right->period)
        return left->period < right->period ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

/* A difference that came to less than half a cent is no adjustment. */
static void
keep_adjusted(const struct statement *statement, struct evidence *evidence)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < evidence->count; i++) {
        struct evidence_row *row = &evidence->items[i];
        if (is_adjusted(statement, row->partner, row->period))
            evidence->items[kept++] = *row;
    }
    evidence->count = kept;
    if (kept > 0)
        qsort(evidence->items, kept, sizeof *evidence->items, compare_rows);
}

enum err
evidence_gather(struct ledger *ledger, const struct closing_books *books,
                const struct statement *statement,
                const struct statement_partner *partner,
                struct evidence *evidence)
{
    struct dispute_question question = { .measure = DISPUTE_ALL,
                                         .is_difference = true,
                                         .now_ms = statement->known_ms };
    struct complaint complaint;
    int32_t period = INT32_MIN;
    bool exact;

    enum err err =
        evidence_span(ledger, books, statement->period, &question.known_before,
                      &question.known, &exact);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    evidence->inexact = !exact;
    if (partner != NULL)
        question.partner = partner->partner;
    while ((period = next_month(statement, period)) != INT32_MAX) {
        struct gathering gathering = { evidence, period };
        question.period = period;
        err = dispute_list(ledger, &question, take_row, &gathering, &complaint);
        if (err != OK)
            return err;
    }
    keep_adjusted(statement, evidence);
    return OK;
}

uint32_t
evidence_find(const struct evidence *evidence, view partner, int32_t period,
              uint32_t *ret_count)
{
    uint32_t first = 0, count = 0;

    for (uint32_t i = 0; i < evidence->count; i++) {
        const struct evidence_row *row = &evidence->items[i];
        if (row->period != period || !view_equal(row->partner, partner))
            continue;
        if (count++ == 0)
            first = i;
    }
    *ret_count = count;
    return first;
}
