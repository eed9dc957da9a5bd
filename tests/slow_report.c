#include "tests/slow_report.h"

#include "core/effect.h"
#include "replay/candidate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ACCOUNTS = ROUND_CASES * (ROUND_MEMBERS + 1),
    TALLIES = 8000,
    CUTS = GEN_VERSIONS + 4,
    TOP = 10,
    CENT = 10000, /* millionths */
};

const char *const slow_segment_texts[SLOW_SEGMENTS] = {
    NULL, "purchases=2..", "spend=20..", "!spend=20..", "debt=1..",
};

/* Figures of both sides under a name, a month, or both. */
struct tally {
    view name;
    int32_t month;
    int128 figures[2][3];
};

struct tallies {
    struct tally items[TALLIES];
    uint32_t count;
};

/* One account under one side. */
struct fate {
    bool begun;
    int64_t net;
    int64_t redeemed;
    int64_t overdrawn;
    int64_t expired;
    struct model_end end;
    uint32_t place; /* of its level */
};

struct side {
    int64_t amounts[MEASURE_STATEMENT_COUNT];
    int64_t overdrawn_redemptions;
    int64_t outstanding;
    int64_t debt;
    int64_t vouchers;
    int64_t voucher_value;
    int128 accrual;
    int128 burn;
    int64_t levels[100]; /* accounts, by place */
};

struct moved {
    account_id account;
    int64_t points[2];
};

struct slow {
    const struct slow_question *question;
    struct arena arena;
    struct side sides[2];
    struct tallies partners; /* by month; the three figures of a statement */
    struct tallies figures;  /* by month, "PARTNER measure store" */
    struct tallies rules;
    struct tallies months; /* issued, accrual, burn */
    struct moved changes[ACCOUNTS];
    uint32_t change_count;  /* accounts of either side */
    uint32_t account_count; /* and of others */
    int64_t tier_up;
    int64_t tier_down;
    int64_t events;
};

static struct tally *
tally_of(struct slow *slow, struct tallies *tallies, view name, int32_t month)
{
    for (uint32_t i = 0; i < tallies->count; i++)
        if (tallies->items[i].month == month &&
            view_equal(tallies->items[i].name, name))
            return &tallies->items[i];
    assert(tallies->count < TALLIES);
    struct tally *added = &tallies->items[tallies->count++];
    *added = (struct tally) { .name = arena_copy(&slow->arena, name),
                              .month = month };
    return added;
}

/* --- the version in force --- */

static int64_t
begin_ms(const struct slow *slow, const struct model_version *version)
{
    return zone_midnight_ms(slow->question->round->zone, version->from_day);
}

/* The last one published of those with the latest date. */
static const struct program *
program_at(const struct slow *slow, uint32_t side, int64_t at_ms)
{
    const struct slow_side *versions = slow->question->sides[side];
    const struct model_version *found = NULL;

    for (uint32_t i = 0; i < versions->count; i++) {
        const struct model_version *version = &versions->versions[i];
        if (begin_ms(slow, version) <= at_ms &&
            (found == NULL || version->from_day >= found->from_day))
            found = version;
    }
    return found == NULL ? NULL : found->program;
}

static int64_t
value_at(const struct slow *slow, uint32_t side, int64_t at_ms)
{
    const struct program *program = program_at(slow, side, at_ms);

    return program == NULL ? 0 : program->points.value.micro;
}

/* Its place among the levels in force at the end, the lowest if it is none. */
static uint32_t
place_of(const struct slow *slow, uint32_t side, view level)
{
    const struct program *program =
        program_at(slow, side, slow->question->until_ms);

    for (uint32_t i = 0; program != NULL && i < program->tiers.count; i++)
        if (view_equal(program->tiers.levels[i].id, level))
            return i;
    return 0;
}

/* The last instants before something changes, and the last of all. */
static uint32_t
cut_time(const struct slow *slow, uint32_t side, int64_t cuts[static CUTS])
{
    const struct slow_question *question = slow->question;
    const struct slow_side *versions = question->sides[side];
    uint32_t count = 0;

    if (question->since_ms != INT64_MIN)
        cuts[count++] = question->since_ms - 1;
    for (;;) {
        int64_t next = question->until_ms;
        for (uint32_t i = 0; i < versions->count; i++) {
            int64_t cut = begin_ms(slow, &versions->versions[i]) - 1;
            if (cut < next && (count == 0 || cut > cuts[count - 1]))
                next = cut;
        }
        cuts[count++] = next;
        if (next == question->until_ms)
            return count;
        assert(count < CUTS);
    }
}

/* --- one account --- */

static struct model_answer
ask(const struct slow *slow, const struct slow_side *side, uint32_t history,
    account_id account, int64_t until_ms)
{
    const struct slow_question *question = slow->question;
    const struct round_history *from = &question->round->histories[history];

    return model_ask(question->model, &(struct model_question) {
                                          .versions = side->versions,
                                          .version_count = side->count,
                                          .events = from->events,
                                          .event_count = from->count,
                                          .account = account,
                                          .until_ms = until_ms,
                                      });
}

static void
add_cost(struct slow *slow, uint32_t side, int32_t month, int128 accrual,
         int128 burn)
{
    struct tally *tally =
        tally_of(slow, &slow->months, (view) { NULL, 0 }, month);

    tally->figures[side][1] += accrual;
    tally->figures[side][2] += burn;
    slow->sides[side].accrual += accrual;
    slow->sides[side].burn += burn;
}

static void
add_measure(struct slow *slow, uint32_t side, enum measure measure,
            int32_t month, int64_t amount, int64_t value, struct fate *fate)
{
    slow->sides[side].amounts[measure] += amount;
    switch ((int)measure) {
    case MEASURE_ISSUED:
        tally_of(slow, &slow->months, (view) { NULL, 0 }, month)
            ->figures[side][0] += amount;
        fate->net += amount;
        add_cost(slow, side, month, (int128)amount * value, 0);
        break;
    case MEASURE_REVERSED:
        fate->net -= amount;
        add_cost(slow, side, month, -(int128)amount * value, 0);
        break;
    case MEASURE_REDEEMED:
        fate->redeemed += amount;
        add_cost(slow, side, month, 0, (int128)amount * value);
        break;
    case MEASURE_RESTORED:
        fate->redeemed -= amount;
        add_cost(slow, side, month, 0, -(int128)amount * value);
        break;
    case MEASURE_VOUCHERS_VALUE:
    case MEASURE_UNCOVERED_VALUE:
        add_cost(slow, side, month, 0, (int128)amount * CENT);
        break;
    case MEASURE_EXPIRED:
        fate->expired += amount;
        break;
    case MEASURE_OVERDRAWN:
        fate->overdrawn += amount;
        break;
    default:
        break;
    }
}

static view
figure_name(struct slow *slow, const struct model_sum *sum)
{
    char name[200];

    snprintf(name, sizeof name, "%.*s %s %u", (int)sum->partner.size,
             (const char *)sum->partner.bytes, sum->measure, sum->store);
    return arena_copy(&slow->arena, view_of(name));
}

/* Sales are the same by any rules, and nobody is told whose points ended: no
 * partner stands in a report for them alone. */
static bool
is_told(const char *measure)
{
    static const enum measure NOT[] = { MEASURE_PURCHASES, MEASURE_SALES,
                                        MEASURE_RETURNS, MEASURE_REFUNDS,
                                        MEASURE_EXPIRED };

    for (uint32_t i = 0; i < COUNT_OF(NOT); i++)
        if (strcmp(measure, effect_measure_name(NOT[i])) == 0)
            return false;
    return true;
}

/* Adds what has come together up to an instant, or takes it away (`sign`). */
static void
add_sums(struct slow *slow, uint32_t side, const struct model_answer *answer,
         int64_t sign, int64_t value, struct fate *fate)
{
    static const char *const MONEY[] = { "issue_cost", "redeem_credit",
                                         "voucher_credit" };

    for (uint32_t i = 0; i < answer->sum_count; i++) {
        const struct model_sum *sum = &answer->sums[i];
        for (int m = 0; m < MEASURE_STATEMENT_COUNT; m++)
            if (strcmp(sum->measure, effect_measure_name((enum measure)m)) == 0)
                add_measure(slow, side, (enum measure)m, sum->month,
                            (int64_t)sum->amount * sign, value, fate);
        if (strcmp(sum->measure, "clearing") == 0)
            continue;
        struct tally *partner =
            tally_of(slow, &slow->partners, sum->partner, sum->month);
        for (uint32_t k = 0; k < COUNT_OF(MONEY); k++)
            if (strcmp(sum->measure, MONEY[k]) == 0)
                partner->figures[side][k] += sum->amount * sign;
        if (is_told(sum->measure))
            tally_of(slow, &slow->figures, figure_name(slow, sum), sum->month)
                ->figures[side][0] += sum->amount * sign;
    }
}

/* The rules of a row of explain: {"rule": "NAME", "points": N}. */
static void
add_rules(struct slow *slow, uint32_t side, view row)
{
    static const char RULE[] = "{\"rule\": \"", POINTS[] = "\", \"points\": ";
    const char *at = (const char *)row.bytes, *end = at + row.size;

    while ((at = memmem(at, (size_t)(end - at), RULE, sizeof RULE - 1)) !=
           NULL) {
        const char *name = at + sizeof RULE - 1;
        at = memmem(name, (size_t)(end - name), POINTS, sizeof POINTS - 1);
        assert(at != NULL);
        const view rule = { (const uint8_t *)name, (uint32_t)(at - name) };
        struct tally *tally = tally_of(slow, &slow->rules, rule, 0);
        tally->figures[side][0] += strtoll(at + sizeof POINTS - 1, NULL, 10);
    }
}

static void
add_rows(struct slow *slow, uint32_t side, const struct model_answer *answer,
         uint32_t first)
{
    for (uint32_t i = first; i < answer->row_count; i++) {
        view row = answer->rows[i];
        add_rules(slow, side, row);
        slow->sides[side].overdrawn_redemptions +=
            memmem(row.bytes, row.size, "\"overdrawn ", 11) != NULL;
    }
}

static void
add_end(struct slow *slow, uint32_t side, struct fate *fate)
{
    struct side *sums = &slow->sides[side];
    const struct program *program =
        program_at(slow, side, slow->question->until_ms);

    fate->end.level = arena_copy(&slow->arena, fate->end.level);
    if (!fate->begun)
        return;
    sums->outstanding += fate->end.outstanding;
    sums->debt += fate->end.debt;
    sums->vouchers += fate->end.vouchers;
    sums->voucher_value += fate->end.voucher_value;
    fate->place = place_of(slow, side, fate->end.level);
    if (program != NULL && fate->end.level.size > 0)
        sums->levels[fate->place]++;
}

static struct fate
take_side(struct slow *slow, uint32_t side, uint32_t history,
          account_id account)
{
    const struct slow_question *question = slow->question;
    struct fate fate = { 0 };
    uint32_t first_row = 0;
    int64_t cuts[CUTS];
    uint32_t count = cut_time(slow, side, cuts);

    for (uint32_t i = 0; i < count; i++) {
        struct model_answer answer =
            ask(slow, question->sides[side], history, account, cuts[i]);
        bool counts = question->since_ms == INT64_MIN || i > 0;
        if (counts)
            add_sums(slow, side, &answer, 1, value_at(slow, side, cuts[i]),
                     &fate);
        else
            first_row = answer.row_count;
        if (i + 1 < count) {
            add_sums(slow, side, &answer, -1, value_at(slow, side, cuts[i + 1]),
                     &fate);
            continue;
        }
        add_rows(slow, side, &answer, first_row);
        fate.begun = answer.begun;
        fate.end = answer.end;
    }
    add_end(slow, side, &fate);
    return fate;
}

static bool
is_asked(const struct slow *slow, uint32_t history, account_id account)
{
    const struct slow_question *question = slow->question;
    struct model_end end =
        ask(slow, question->sides[0], history, account, question->until_ms).end;

    switch (question->segment) {
    case SLOW_BOUGHT_TWICE:
        return end.purchases >= 2;
    case SLOW_SPENT:
        return end.spend >= 2000;
    case SLOW_NOT_SPENT:
        return end.spend < 2000;
    case SLOW_IN_DEBT:
        return end.debt > 0;
    case SLOW_ALL:
    case SLOW_SEGMENTS:
        break;
    }
    return true;
}

static int64_t
count_events(const struct slow *slow, uint32_t history, account_id account)
{
    const struct round_history *from =
        &slow->question->round->histories[history];
    int64_t count = 0;

    for (uint32_t i = 0; i < from->count; i++)
        count += account_equal(from->events[i].account, account) &&
                 from->events[i].at_ms <= slow->question->until_ms;
    return count;
}

static void
put_row(struct text *rows, account_id account, const struct fate fates[2])
{
    char name[ACCOUNT_SIZE];

    account_format(account, name);
    text_format(rows, "%s", name);
    for (uint32_t i = 0; i < 2; i++) {
        const struct fate *fate = &fates[i];
        text_format(rows, " %lld %lld %lld %lld %lld %lld %lld %.*s",
                    (long long)fate->net, (long long)fate->redeemed,
                    (long long)fate->overdrawn, (long long)fate->expired,
                    (long long)fate->end.outstanding, (long long)fate->end.debt,
                    (long long)fate->end.vouchers, (int)fate->end.level.size,
                    (const char *)fate->end.level.bytes);
    }
    text_char(rows, '\n');
}

/* Whether another candidate knows the account, by a referral that only it pays
 * for. */
static bool
begins_elsewhere(const struct slow *slow, uint32_t history, account_id account)
{
    const struct slow_question *question = slow->question;

    for (uint32_t i = 0; i < question->other_count; i++)
        if (ask(slow, &question->others[i], history, account,
                question->until_ms)
                .begun)
            return true;
    return false;
}

static void
take_account(struct slow *slow, uint32_t history, account_id account,
             struct text *rows)
{
    struct fate fates[2];

    if (!is_asked(slow, history, account))
        return;
    slow->events += count_events(slow, history, account);
    for (uint32_t i = 0; i < 2; i++)
        fates[i] = take_side(slow, i, history, account);
    bool either = fates[0].begun || fates[1].begun;
    if (!either && !begins_elsewhere(slow, history, account))
        return;
    slow->account_count++;
    put_row(rows, account, fates);
    if (!either)
        return;
    slow->changes[slow->change_count++] =
        (struct moved) { account, { fates[0].net, fates[1].net } };
    slow->tier_up += fates[1].place > fates[0].place;
    slow->tier_down += fates[1].place < fates[0].place;
}

/* --- writing --- */

static int64_t
cents(int128 exact)
{
    int128 half = exact < 0 ? -CENT / 2 : CENT / 2;

    return (int64_t)((exact + half) / CENT);
}

/* redeem credit + voucher credit - issue cost, each rounded. */
static int64_t
net_of(const struct tally *tally, uint32_t side)
{
    const int128 *figures = tally->figures[side];

    return cents(figures[1]) + cents(figures[2]) - cents(figures[0]);
}

static void
put_levels(struct slow *slow, uint32_t side, struct text *text)
{
    const struct program *program =
        program_at(slow, side, slow->question->until_ms);

    text_string(text, "\"tiers\":{");
    for (uint32_t i = 0; program != NULL && i < program->tiers.count; i++)
        text_format(text, "%s\"%.*s\":%lld", i > 0 ? "," : "",
                    (int)program->tiers.levels[i].id.size,
                    (const char *)program->tiers.levels[i].id.bytes,
                    (long long)slow->sides[side].levels[i]);
    text_string(text, "}}");
}

static void
put_number(struct text *text, const char *key, int64_t value)
{
    text_format(text, "\"%s\":%lld,", key, (long long)value);
}

static void
put_side(struct slow *slow, uint32_t side, struct text *text)
{
    const struct side *sums = &slow->sides[side];
    const int64_t *amounts = sums->amounts;
    int64_t value = value_at(slow, side, slow->question->until_ms);
    int64_t net = 0;

    for (uint32_t i = 0; i < slow->partners.count; i++)
        net -= net_of(&slow->partners.items[i], side);
    text_format(text, ",\"%s\":{", side == 0 ? "baseline" : "candidate");
    put_number(text, "issued", amounts[MEASURE_ISSUED]);
    put_number(text, "reversed", amounts[MEASURE_REVERSED]);
    put_number(text, "redeemed", amounts[MEASURE_REDEEMED]);
    put_number(text, "restored", amounts[MEASURE_RESTORED]);
    put_number(text, "overdrawn", amounts[MEASURE_OVERDRAWN]);
    put_number(text, "overdrawn_redemptions", sums->overdrawn_redemptions);
    put_number(text, "expired", amounts[MEASURE_EXPIRED]);
    put_number(text, "outstanding", sums->outstanding);
    put_number(text, "debt", sums->debt);
    put_number(text, "liability", cents((int128)sums->outstanding * value));
    put_number(text, "vouchers_issued", amounts[MEASURE_VOUCHERS_ISSUED]);
    put_number(text, "vouchers_redeemed", amounts[MEASURE_VOUCHERS_REDEEMED]);
    put_number(text, "vouchers_value", amounts[MEASURE_VOUCHERS_VALUE]);
    put_number(text, "vouchers_outstanding", sums->vouchers);
    put_number(text, "vouchers_outstanding_value", sums->voucher_value);
    put_number(text, "uncovered", amounts[MEASURE_UNCOVERED]);
    put_number(text, "accrual_cost", cents(sums->accrual));
    put_number(text, "burn_cost", cents(sums->burn));
    put_number(text, "program_net", net);
    put_levels(slow, side, text);
}

static int
compare_tallies(const void *left, const void *right)
{
    const struct tally *a = left, *b = right;

    if (a->month != b->month)
        return a->month < b->month ? -1 : 1;
    return view_compare(a->name, b->name);
}

static void
sort(struct tallies *tallies)
{
    if (tallies->count > 0)
        qsort(tallies->items, tallies->count, sizeof tallies->items[0],
              compare_tallies);
}

static void
put_rules(struct slow *slow, struct text *text)
{
    sort(&slow->rules);
    text_string(text, ",\"rules\":[");
    for (uint32_t i = 0; i < slow->rules.count; i++) {
        const struct tally *rule = &slow->rules.items[i];
        text_format(
            text, "%s{\"rule\":\"%.*s\",\"baseline\":%lld,\"candidate\":%lld}",
            i > 0 ? "," : "", (int)rule->name.size,
            (const char *)rule->name.bytes, (long long)rule->figures[0][0],
            (long long)rule->figures[1][0]);
    }
    text_char(text, ']');
}

/* Those of any version, and those that have figures. */
static void
put_partners(struct slow *slow, struct text *text)
{
    struct tallies *nets = ARENA_NEW(&slow->arena, struct tallies, 1);

    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t v = 0; v < slow->question->sides[s]->count; v++) {
            const struct program *program =
                slow->question->sides[s]->versions[v].program;
            for (uint32_t i = 0; i < program->partner_count; i++)
                tally_of(slow, nets, program->partners[i].id, 0);
        }
    for (uint32_t i = 0; i < slow->figures.count; i++) {
        const struct tally *figure = &slow->figures.items[i];
        const uint8_t *end = memchr(figure->name.bytes, ' ', figure->name.size);
        if (figure->figures[0][0] != 0 || figure->figures[1][0] != 0)
            tally_of(slow, nets,
                     (view) { figure->name.bytes,
                              (uint32_t)(end - figure->name.bytes) },
                     0);
    }
    for (uint32_t i = 0; i < slow->partners.count; i++) {
        const struct tally *month = &slow->partners.items[i];
        if (net_of(month, 0) == 0 && net_of(month, 1) == 0)
            continue;
        struct tally *net = tally_of(slow, nets, month->name, 0);
        for (uint32_t s = 0; s < 2; s++)
            net->figures[s][0] += net_of(month, s);
    }
    sort(nets);
    text_string(text, ",\"partners\":[");
    for (uint32_t i = 0; i < nets->count; i++)
        text_format(text,
                    "%s{\"partner\":\"%.*s\",\"baseline_net\":%lld,"
                    "\"candidate_net\":%lld}",
                    i > 0 ? "," : "", (int)nets->items[i].name.size,
                    (const char *)nets->items[i].name.bytes,
                    (long long)nets->items[i].figures[0][0],
                    (long long)nets->items[i].figures[1][0]);
    text_char(text, ']');
}

static void
put_months(struct slow *slow, struct text *text)
{
    bool first = true;

    sort(&slow->months);
    text_string(text, ",\"months\":[");
    for (uint32_t i = 0; i < slow->months.count; i++) {
        const struct tally *month = &slow->months.items[i];
        int64_t figures[6];
        bool any = false;
        char name[8];
        for (uint32_t k = 0; k < COUNT_OF(figures); k++) {
            int128 exact = month->figures[k % 2][k / 2];
            figures[k] = k < 2 ? (int64_t)exact : cents(exact);
            any |= figures[k] != 0;
        }
        if (!any)
            continue;
        calendar_format_month(month->month, name);
        text_format(text,
                    "%s{\"month\":\"%s\",\"baseline_issued\":%lld,"
                    "\"candidate_issued\":%lld,\"baseline_accrual_cost\":%lld,"
                    "\"candidate_accrual_cost\":%lld,\"baseline_burn_cost\":"
                    "%lld,\"candidate_burn_cost\":%lld}",
                    first ? "" : ",", name, (long long)figures[0],
                    (long long)figures[1], (long long)figures[2],
                    (long long)figures[3], (long long)figures[4],
                    (long long)figures[5]);
        first = false;
    }
    text_char(text, ']');
}

static int64_t
gain_of(const struct moved *change)
{
    return change->points[1] - change->points[0];
}

/* By the size of the difference, then account. */
static int
compare_changes(const void *left, const void *right)
{
    const struct moved *a = left, *b = right;
    int64_t size_a = llabs(gain_of(a)), size_b = llabs(gain_of(b));

    if (size_a != size_b)
        return size_a > size_b ? -1 : 1;
    return account_compare(a->account, b->account);
}

static void
put_top(struct slow *slow, const char *key, int64_t sign, struct text *text)
{
    uint32_t count = 0;

    text_format(text, ",\"%s\":[", key);
    for (uint32_t i = 0; i < slow->change_count && count < TOP; i++) {
        const struct moved *change = &slow->changes[i];
        if (gain_of(change) * sign <= 0)
            continue;
        text_string(text, count++ > 0 ? ",{" : "{");
        if (change->account.member != 0)
            text_format(text, "\"member\":%llu,",
                        (unsigned long long)change->account.member);
        else
            text_format(text, "\"bearer\":\"%.*s\",",
                        (int)change->account.bearer.size,
                        (const char *)change->account.bearer.bytes);
        text_format(text, "\"baseline\":%lld,\"candidate\":%lld}",
                    (long long)change->points[0], (long long)change->points[1]);
    }
    text_char(text, ']');
}

static void
put_changed(struct slow *slow, struct text *text)
{
    int64_t up = 0, down = 0, same = 0;

    for (uint32_t i = 0; i < slow->change_count; i++) {
        int64_t gain = gain_of(&slow->changes[i]);
        up += gain > 0;
        down += gain < 0;
        same += gain == 0;
    }
    text_format(text,
                ",\"changed\":{\"up\":%lld,\"down\":%lld,\"same\":%lld,"
                "\"tier_up\":%lld,\"tier_down\":%lld}",
                (long long)up, (long long)down, (long long)same,
                (long long)slow->tier_up, (long long)slow->tier_down);
    if (slow->change_count > 0)
        qsort(slow->changes, slow->change_count, sizeof slow->changes[0],
              compare_changes);
    put_top(slow, "top_gain", 1, text);
    put_top(slow, "top_loss", -1, text);
}

static void
put_head(const struct slow *slow, struct text *text)
{
    const struct slow_question *question = slow->question;
    char date[11], time[25];

    if (question->from_day == CANDIDATE_FROM_START) {
        text_string(text, "{\"from\":null");
    } else {
        calendar_format_date(question->from_day, date);
        text_format(text, "{\"from\":\"%s\"", date);
    }
    calendar_format_time(question->until_ms, time);
    text_format(text, ",\"until\":\"%s\",\"events\":%lld,\"accounts\":%u", time,
                (long long)slow->events, slow->account_count);
}

void
slow_report(const struct slow_question *question, struct text *report,
            struct text *rows)
{
    struct slow *slow = calloc(1, sizeof *slow);

    assert(slow != NULL);
    bool open = arena_open(&slow->arena, (size_t)1 << 28);
    assert(open);
    (void)open;
    slow->question = question;
    for (uint32_t i = 0; i < ROUND_CASES * ROUND_MEMBERS; i++)
        take_account(
            slow, i / ROUND_MEMBERS,
            round_member(question->round, i / ROUND_MEMBERS, i % ROUND_MEMBERS),
            rows);
    for (uint32_t h = 0; h < ROUND_CASES; h++)
        take_account(slow, h, round_bearer(question->round, h), rows);
    put_head(slow, report);
    put_side(slow, 0, report);
    put_side(slow, 1, report);
    put_rules(slow, report);
    put_partners(slow, report);
    put_months(slow, report);
    put_changed(slow, report);
    text_char(report, '}');
    arena_close(&slow->arena);
    free(slow);
}
