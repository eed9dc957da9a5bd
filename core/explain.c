/*
 * explain.c - the steps of a walk as JSON rows (see explain.h)
 *
 * A row is made of the step's effects: rules in the order in which they were
 * booked (that of RULES.md), vouchers summed up by reward, notes in the order
 * of CLI.md.
 */
#include "core/explain.h"

#include <stdlib.h>

static void
write_times(const struct walk *walk, struct text *text)
{
    const struct step *step = &walk->step;
    char identity_text[IDENTITY_SIZE];

    if (step->event == NULL) {
        text_json_null(text, "event");
    } else {
        identity_format(step->event->identity, identity_text);
        text_json_view(text, "event", view_of(identity_text));
    }
    text_json_time(text, "at", step->at_ms);
}

static const char *
kind_name(const struct step *step)
{
    if (step->kind == STEP_CHANGE)
        return fold_change_name(step->change);
    if (step->kind == STEP_REFERRAL)
        return "referral";
    return event_kind_name(step->event->kind);
}

static void
write_rules(const struct walk *walk, struct text *text)
{
    const struct effect_list *effects = walk->step.effects;
    const struct timeline *timeline = fold_timeline(walk->fold);

    text_json_key(text, "rules");
    text_char(text, '[');
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->items[i];
        bool miss = effect->measure == MEASURE_MISS;
        if (!miss && effect->measure != MEASURE_RULE)
            continue;
        text_comma(text);
        text_char(text, '{');
        text_json_view(text, "rule",
                       timeline_name(timeline, NAME_RULE, effect->name));
        text_json_integer(text, "points", miss ? 0 : effect->amount);
        if (miss)
            text_json_view(text, "why",
                           view_of(earn_why_name((int32_t)effect->amount)));
        text_char(text, '}');
    }
    text_char(text, ']');
}

struct reward_count {
    int32_t reward;
    int64_t count;
};

static int
compare_rewards(const void *a, const void *b)
{
    const struct reward_count *left = a, *right = b;

    return (left->reward > right->reward) - (left->reward < right->reward);
}

static void
write_vouchers(const struct walk *walk, struct text *text)
{
    const struct effect_list *effects = walk->step.effects;
    const struct timeline *timeline = fold_timeline(walk->fold);
    struct arena scratch = *effects->arena;
    struct reward_count *sorted =
        ARENA_NEW(&scratch, struct reward_count, effects->count);
    uint32_t count = 0;

    for (uint32_t i = 0; i < effects->count; i++)
        if (effects->items[i].measure == MEASURE_VOUCHERS)
            sorted[count++] = (struct reward_count) {
                .reward = effects->items[i].name,
                .count = effects->items[i].amount,
            };
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, compare_rewards);
    text_json_key(text, "vouchers");
    text_char(text, '[');
    for (uint32_t i = 0; i < count;) {
        int32_t reward = sorted[i].reward;
        int64_t sum = 0;
        while (i < count && sorted[i].reward == reward)
            sum += sorted[i++].count;
        if (sum == 0)
            continue;
        text_comma(text);
        text_char(text, '{');
        text_json_view(text, "reward",
                       timeline_name(timeline, NAME_REWARD, reward));
        text_json_integer(text, "count", sum);
        text_char(text, '}');
    }
    text_char(text, ']');
}

static void
write_note(struct text *text, const char *note, int64_t number)
{
    text_comma(text);
    if (number > 0)
        text_format(text, "\"%s %lld\"", note, (long long)number);
    else
        text_format(text, "\"%s\"", note);
}

static void
write_notes(const struct walk *walk, struct text *text)
{
    const struct step *step = &walk->step;
    const struct effect_list *effects = step->effects;
    int64_t early = effect_sum(effects, MEASURE_EARLY);
    int64_t overdrawn = effect_sum(effects, MEASURE_OVERDRAWN);

    text_json_key(text, "notes");
    text_char(text, '[');
    if (step->unmatched || effect_sum(effects, MEASURE_UNMATCHED) > 0)
        write_note(text, "unmatched", 0);
    if (early > 0)
        write_note(text, "early", early);
    if (overdrawn > 0)
        write_note(text, "overdrawn", overdrawn);
    if (effect_sum(effects, MEASURE_UNKNOWN) > 0)
        write_note(text, "unknown", 0);
    if (effect_sum(effects, MEASURE_UNCOVERED) > 0)
        write_note(text, "uncovered", 0);
    if (step->kind == STEP_VOIDED)
        write_note(text, "voided", 0);
    if (step->kind == STEP_ASIDE)
        write_note(text, "quarantined", 0);
    text_char(text, ']');
}

/* The level held; before its first event an account has the lowest. */
static int32_t
level_of(const struct walk *walk)
{
    const struct version *version = walk->step.version;

    if (walk->account.begun)
        return walk->account.level.level;
    if (version == NULL || version->program->tiers.count == 0)
        return PROGRAM_NONE;
    return version_number(version, NAME_LEVEL, 0);
}

static void
write_state(const struct walk *walk, struct text *text)
{
    const struct account *account = &walk->account;
    int64_t at_ms = walk->step.at_ms;
    int32_t level = level_of(walk);

    text_json_integer(text, "available",
                      lot_available(&account->lots, at_ms).value);
    text_json_integer(text, "pending",
                      lot_pending(&account->lots, at_ms).value);
    text_json_integer(text, "debt", account->debt.value);
    if (level == PROGRAM_NONE)
        text_json_null(text, "tier");
    else
        text_json_view(
            text, "tier",
            timeline_name(fold_timeline(walk->fold), NAME_LEVEL, level));
}

void
explain_row(struct text *text, const struct walk *walk)
{
    const struct step *step = &walk->step;
    const struct event *event = step->event;

    text_char(text, '{');
    write_times(walk, text);
    text_json_key(text, "kind");
    text_json_string(text, view_of(kind_name(step)));
    if (event == NULL)
        text_json_null(text, "store");
    else
        text_json_integer(text, "store", event->store);
    write_rules(walk, text);
    text_json_integer(text, "points", effect_points(step->effects).value);
    write_vouchers(walk, text);
    write_notes(walk, text);
    write_state(walk, text);
    if (event != NULL && event->kind == EVENT_CONSENT &&
        step->kind != STEP_REFERRAL) {
        text_json_view(text, "channel", event->consent.channel);
        text_json_bool(text, "granted", event->consent.granted);
    }
    text_char(text, '}');
}

void
explain_json(struct text *text, struct walk *walk)
{
    const char *before = "\n";

    text_char(text, '[');
    while (walk_next(walk)) {
        text_string(text, before);
        text_char(text, ' ');
        explain_row(text, walk);
        before = ",\n";
    }
    text_string(text, "\n]");
}
