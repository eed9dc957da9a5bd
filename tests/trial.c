/*
 * trial.c - the fold and the model side by side (see trial.h)
 */
#include "tests/trial_state.h"

#include "core/balance.h"
#include "core/explain.h"
#include "core/program_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trial *
trial_open(void)
{
    struct trial *trial = calloc(1, sizeof *trial);

    assert(trial != NULL);
    bool open = arena_open(&trial->keep, (size_t)1 << 30) &&
                arena_open(&trial->arena, (size_t)1 << 32);
    assert(open);
    (void)open;
    for (uint32_t i = 0; i < GEN_ZONES; i++) {
        enum err err = zone_load(view_of(gen_zone_names[i]), &trial->keep,
                                 &trial->zones[i]);
        assert(err == OK);
        (void)err;
    }
    return trial;
}

void
trial_close(struct trial *trial)
{
    if (trial == NULL)
        return;
    for (uint32_t i = 0; i < GEN_ZONES; i++)
        model_close(trial->models[i]);
    arena_close(&trial->keep);
    arena_close(&trial->arena);
    free(trial);
}

const struct zone *
trial_zones(const struct trial *trial)
{
    return trial->zones;
}

bool
trial_differs(struct trial *trial, const char *format, ...)
{
    char line[8192];
    va_list list;

    if (trial->failed)
        return false;
    trial->failed = true;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    text_string(trial->why, line);
    return false;
}

static bool
read_programs(struct trial *trial)
{
    const struct gen_case *made = trial->made;
    struct timeline_input inputs[GEN_VERSIONS];
    struct mistakes mistakes;
    uint32_t zone = 0;

    while (strcmp(gen_zone_names[zone], made->zone) != 0)
        zone++;
    for (uint32_t i = 0; i < made->version_count; i++) {
        view yaml = view_of(made->versions[i].yaml);
        if (program_yaml_read(yaml, &trial->arena, &mistakes,
                              &trial->programs[i]) != OK) {
            mistakes_write(&mistakes, "program.yaml", yaml, trial->why);
            return false;
        }
        inputs[i] = (struct timeline_input) {
            .program = trial->programs[i],
            .zone = trial->zones[zone],
            .from_day = made->versions[i].from_day,
            .file = yaml,
        };
    }
    trial->timeline = timeline_build(
        memcpy(ARENA_NEW(&trial->arena, struct timeline_input, GEN_VERSIONS),
               inputs, sizeof inputs),
        made->version_count, &trial->arena);
    if (trial->models[zone] == NULL)
        trial->models[zone] = model_open(&trial->zones[zone]);
    trial->model = trial->models[zone];
    return true;
}

static int
compare_events(const void *a, const void *b)
{
    return event_compare(*(const struct event *const *)a,
                         *(const struct event *const *)b);
}

const struct event *const *
trial_events(struct trial *trial, account_id account, uint32_t *ret_count)
{
    const struct gen_case *made = trial->made;
    const struct event **events =
        ARENA_NEW(&trial->arena, const struct event *, GEN_EVENTS);
    uint32_t count = 0;

    for (uint32_t i = 0; i < made->event_count; i++)
        if (account_equal(made->events[i].account, account))
            events[count++] = &made->events[i];
    if (count > 0)
        qsort(events, count, sizeof events[0], compare_events);
    *ret_count = count;
    return events;
}

/* What recommending others brings to the account at hand. */
static void
find_referrals(struct trial *trial)
{
    trial->referral_count = 0;
    for (uint32_t i = 0; i < GEN_MEMBERS; i++) {
        uint32_t count;
        account_id other = gen_account(i);
        const struct event *const *events = trial_events(trial, other, &count);
        const struct event *const *live =
            walk_live(events, count, &trial->arena, &count);
        struct referral referral;
        if (referral_find(trial->timeline, live, count, trial->basket,
                          &referral) &&
            referral.referrer == trial->account.member)
            trial->referrals[trial->referral_count++] = referral;
    }
}

static void
open_walk(struct trial *trial, struct fold *fold, uint32_t count,
          int64_t until_ms, struct walk *ret_walk)
{
    uint32_t referral_count = 0;
    struct referral *referrals =
        ARENA_NEW(&trial->arena, struct referral, TRIAL_REFERRALS);

    for (uint32_t i = 0; i < trial->referral_count; i++)
        if (count == trial->event_count ||
            (count > 0 && event_compare(trial->referrals[i].event,
                                        trial->events[count - 1]) < 0))
            referrals[referral_count++] = trial->referrals[i];
    struct walk_input input = {
        .fold = fold,
        .account = trial->account,
        .events = trial->events,
        .event_count = count,
        .referrals = referrals,
        .referral_count = referral_count,
        .until_ms = until_ms,
    };
    walk_open(ret_walk, &input, &trial->arena);
}

void
trial_walk(struct trial *trial, uint32_t count, int64_t until_ms,
           struct walk *ret_walk)
{
    open_walk(trial, trial->fold, count, until_ms, ret_walk);
}

void
trial_walk_why(struct trial *trial, struct walk *ret_walk)
{
    open_walk(trial, trial->why_fold, trial->event_count, trial->made->until_ms,
              ret_walk);
}

struct sums {
    struct model_sum *items;
    uint32_t count;
};

enum { SUMS_MAX = 1024 };

static void
add_sum(struct sums *sums, struct model_sum sum)
{
    if (sum.amount == 0)
        return;
    for (uint32_t i = 0; i < sums->count; i++)
        if (model_sum_compare(&sums->items[i], &sum) == 0) {
            sums->items[i].amount += sum.amount;
            return;
        }
    assert(sums->count < SUMS_MAX);
    sums->items[sums->count++] = sum;
}

static void
add_effects(const struct trial *trial, const struct step *step,
            struct sums *sums)
{
    static const char *const figures[] = { "", "issue_cost", "redeem_credit",
                                           "voucher_credit" };
    int32_t month = zone_month(&trial->timeline->zone, step->at_ms);

    for (uint32_t i = 0; i < step->effects->count; i++) {
        const struct effect *effect = &step->effects->items[i];
        struct model_sum sum = { .month = month, .amount = effect->amount };
        if (effect->measure > MEASURE_CLEARING)
            continue;
        sum.partner =
            timeline_name(trial->timeline, NAME_PARTNER, effect->partner);
        if (effect->measure == MEASURE_CLEARING) {
            sum.other =
                timeline_name(trial->timeline, NAME_PARTNER, effect->other);
            sum.measure = "clearing";
            add_sum(sums, sum);
            continue;
        }
        sum.store = effect->store;
        sum.measure = effect_measure_name(effect->measure);
        add_sum(sums, sum);
        sum.measure = figures[effect_figure(effect->measure)];
        sum.amount = effect->money.value;
        add_sum(sums, sum);
    }
}

static struct sums
tidy_sums(struct sums sums)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < sums.count; i++)
        if (sums.items[i].amount != 0)
            sums.items[kept++] = sums.items[i];
    sums.count = kept;
    qsort(sums.items, kept, sizeof sums.items[0], model_sum_compare);
    return sums;
}

static void
write_sum(const struct model_sum *sum, char *line, size_t size)
{
    char month[8];

    if (sum == NULL) {
        snprintf(line, size, "nothing");
        return;
    }
    calendar_format_month(sum->month, month);
    snprintf(line, size, "%s %.*s%s%.*s store %u %s %lld", month,
             (int)sum->partner.size, (const char *)sum->partner.bytes,
             sum->other.size > 0 ? ">" : "", (int)sum->other.size,
             (const char *)sum->other.bytes, sum->store, sum->measure,
             (long long)sum->amount);
}

static bool
compare_sums(struct trial *trial, const struct model_answer *answer,
             const struct sums *sums)
{
    uint32_t count =
        answer->sum_count > sums->count ? answer->sum_count : sums->count;

    for (uint32_t i = 0; i < count; i++) {
        const struct model_sum *model =
            i < answer->sum_count ? &answer->sums[i] : NULL;
        const struct model_sum *fold = i < sums->count ? &sums->items[i] : NULL;
        char said[256], expected[256];
        write_sum(model, expected, sizeof expected);
        write_sum(fold, said, sizeof said);
        if (strcmp(said, expected) != 0)
            return trial_differs(trial, "settlement\nmodel %s\nfold  %s\n",
                                 expected, said);
    }
    return true;
}

static bool
compare_row(struct trial *trial, const struct model_answer *answer,
            uint32_t index, view row)
{
    view expected =
        index < answer->row_count ? answer->rows[index] : view_of("no row");

    if (view_equal(row, expected))
        return true;
    return trial_differs(trial, "explain, row %u\nmodel %.*s\nfold  %.*s\n",
                         index, (int)expected.size,
                         (const char *)expected.bytes, (int)row.size,
                         (const char *)row.bytes);
}

static struct model_answer
ask_model(struct trial *trial, int64_t until_ms)
{
    struct model_version *versions =
        ARENA_NEW(&trial->arena, struct model_version, GEN_VERSIONS);

    for (uint32_t i = 0; i < trial->made->version_count; i++)
        versions[i] =
            (struct model_version) { trial->programs[i],
                                     trial->made->versions[i].from_day };
    return model_ask(trial->model,
                     &(struct model_question) {
                         .versions = versions,
                         .version_count = trial->made->version_count,
                         .events = trial->made->events,
                         .event_count = trial->made->event_count,
                         .account = trial->account,
                         .until_ms = until_ms,
                     });
}

static bool
compare_with_model(struct trial *trial, int64_t until_ms)
{
    struct model_answer answer = ask_model(trial, until_ms);
    struct walk walk;
    struct text text = { 0 };
    struct sums sums = { ARENA_NEW(&trial->arena, struct model_sum, SUMS_MAX),
                         0 };
    uint32_t row = 0;
    bool good = true;

    trial_walk(trial, trial->event_count, until_ms, &walk);
    while (good && walk_next(&walk)) {
        text_clear(&text);
        explain_row(&text, &walk);
        good = compare_row(trial, &answer, row++, text_view(&text));
        add_effects(trial, &walk.step, &sums);
    }
    if (good && row < answer.row_count)
        good = compare_row(trial, &answer, row, view_of("no row"));
    text_clear(&text);
    if (good && walk.account.begun)
        balance_json(&text, trial->timeline, &walk.account, until_ms);
    if (good && answer.begun && !view_equal(text_view(&text), answer.balance))
        good = trial_differs(trial, "balance\nmodel %.*s\nfold  %.*s\n",
                             (int)answer.balance.size,
                             (const char *)answer.balance.bytes, (int)text.size,
                             (const char *)text.bytes);
    if (good && answer.begun != walk.account.begun)
        good = trial_differs(trial, "begun: model %d, fold %d\n", answer.begun,
                             walk.account.begun);
    text_close(&text);
    sums = tidy_sums(sums);
    return good && compare_sums(trial, &answer, &sums);
}

static bool
check_account(struct trial *trial)
{
    int64_t until_ms = trial->made->until_ms;

    trial->events = trial_events(trial, trial->account, &trial->event_count);
    find_referrals(trial);
    if (trial->event_count == 0 && trial->referral_count == 0)
        return true;
    if (!compare_with_model(trial, until_ms))
        return false;
    return trial_check_identities(trial) && trial_check_forward(trial);
}

enum trial_verdict
trial_run(struct trial *trial, const struct gen_case *made, struct text *why)
{
    bool good = true;

    arena_reset(&trial->arena);
    trial->made = made;
    trial->why = why;
    trial->failed = false;
    if (!read_programs(trial))
        return TRIAL_INVALID;
    trial->fold = fold_open(trial->timeline, false, &trial->arena);
    trial->onward = onward_open(trial->fold, &trial->arena);
    trial->why_fold = fold_open(trial->timeline, true, &trial->arena);
    trial->basket = ARENA_NEW(&trial->arena, struct basket, 1);
    for (uint32_t i = 0; i < GEN_ACCOUNTS && good; i++) {
        trial->account = gen_account(i);
        good = check_account(trial);
    }
    return good ? TRIAL_EQUAL : TRIAL_DIFFERENT;
}

struct model_answer
trial_ask(struct trial *trial, const struct gen_case *made, account_id account)
{
    struct text why = { 0 };

    arena_reset(&trial->arena);
    trial->made = made;
    trial->why = &why;
    trial->account = account;
    bool valid = read_programs(trial);
    assert(valid);
    (void)valid;
    return ask_model(trial, made->until_ms);
}
