/*
 * cmd_replay.c - what would have happened under other rules
 */
#include "tools/cmd_replay.h"

#include "core/limits.h"
#include "replay/candidate.h"
#include "replay/report.h"
#include "tools/table.h"

#include <inttypes.h>

/* One run of the command. */
struct replay {
    const struct arguments *arguments;
    struct ledger *ledger;
    struct arena *arena;
    struct complaint complaint;
    struct progress progress;
    struct simulate_options options;
    int32_t from_day;
};

static enum command_status
fail(const struct replay *replay, enum err err)
{
    return command_fail(replay->arguments, err, "%s", replay->complaint.text);
}

/* --- the rules of a side --- */

/* All mistakes of the file with their places, on stderr. */
static enum command_status
tell_mistakes(const struct mistakes *mistakes, const char *name, view file)
{
    struct text text = { 0 };

    mistakes_write(mistakes, name, file, &text);
    fwrite(text.bytes, 1, text.size, stderr);
    text_close(&text);
    return COMMAND_REFUSED;
}

/* A side whose rules are in a file; nothing changes if the option was not
 * given. */
static enum command_status
read_rules(struct replay *replay, const char *option,
           const struct timeline **ret_timeline)
{
    struct candidate candidate = {
        .name = command_option(replay->arguments, option),
        .from_day = replay->from_day,
    };
    struct mistakes *mistakes = ARENA_NEW(replay->arena, struct mistakes, 1);

    if (candidate.name == NULL)
        return COMMAND_DONE;
    enum err err = command_read_file(candidate.name, LIMIT_PROGRAM_SIZE,
                                     replay->arena, &candidate.file);
    if (err != OK)
        return command_fail(replay->arguments, err, "%s: can't be read",
                            candidate.name);
    err = candidate_timeline(replay->ledger, &candidate, replay->arena,
                             mistakes, ret_timeline, &replay->complaint);
    if (err == ERR_INPUT && mistakes->count > 0)
        return tell_mistakes(mistakes, candidate.name, candidate.file);
    return err == OK ? COMMAND_DONE : fail(replay, err);
}

static enum command_status
prepare_sides(struct replay *replay)
{
    enum err err =
        ledger_timeline(replay->ledger, LEDGER_KNOWN_ALL,
                        &replay->options.baseline, &replay->complaint);
    if (err != OK)
        return fail(replay, err);
    enum command_status status =
        read_rules(replay, "rules", &replay->options.candidate);
    if (status == COMMAND_DONE)
        status = read_rules(replay, "baseline", &replay->options.baseline);
    return status;
}

/* --- telling --- */

static bool
show_progress(void *context, uint64_t accounts)
{
    struct replay *replay = context;

    command_progress(&replay->progress, accounts);
    return true;
}

static void
put_points(struct table *table, const char *name, int64_t baseline,
           int64_t candidate)
{
    table_row(table);
    table_text(table, name);
    table_integer(table, baseline);
    table_integer(table, candidate);
    table_integer(table, candidate - baseline);
}

static void
put_money(struct table *table, const char *name, money baseline,
          money candidate)
{
    table_row(table);
    table_text(table, name);
    table_money(table, baseline.minor);
    table_money(table, candidate.minor);
    table_money(table, candidate.minor - baseline.minor);
}

static bool
print_sides(const struct compare_side *a, const struct compare_side *b)
{
    static const struct table_column COLUMNS[] = { { "", false },
                                                   { "BASELINE", true },
                                                   { "CANDIDATE", true },
                                                   { "CHANGE", true } };
    static const struct {
        const char *name;
        enum measure measure;
    } ROWS[] = {
        { "points issued", MEASURE_ISSUED },
        { "points reversed", MEASURE_REVERSED },
        { "points redeemed", MEASURE_REDEEMED },
        { "points overdrawn", MEASURE_OVERDRAWN },
        { "points expired", MEASURE_EXPIRED },
        { "vouchers issued", MEASURE_VOUCHERS_ISSUED },
        { "vouchers redeemed", MEASURE_VOUCHERS_REDEEMED },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < COUNT_OF(ROWS); i++)
        put_points(table, ROWS[i].name, a->amounts[ROWS[i].measure],
                   b->amounts[ROWS[i].measure]);
    put_points(table, "redemptions overdrawn", a->overdrawn_redemptions,
               b->overdrawn_redemptions);
    put_points(table, "points outstanding", a->outstanding.value,
               b->outstanding.value);
    put_money(table, "liability", a->liability, b->liability);
    put_money(table, "vouchers outstanding, at most",
              a->vouchers_outstanding_value, b->vouchers_outstanding_value);
    put_money(table, "cost of points given", a->accrual_cost, b->accrual_cost);
    put_money(table, "cost of what was redeemed", a->burn_cost, b->burn_cost);
    put_money(table, "program's net", a->program_net, b->program_net);
    bool done = table_print(table, stdout);
    table_close(table);
    return done;
}

static bool
print_pairs(const char *heading, const struct compare_pair *pairs,
            uint32_t count, bool as_money)
{
    const struct table_column columns[] = { { heading, false },
                                            { "BASELINE", true },
                                            { "CANDIDATE", true },
                                            { "CHANGE", true } };
    struct table *table = table_open(columns, COUNT_OF(columns));

    if (table == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct compare_pair *pair = &pairs[i];
        int64_t figures[] = { pair->baseline, pair->candidate,
                              pair->candidate - pair->baseline };
        table_row(table);
        table_view(table, pair->name);
        for (uint32_t k = 0; k < COUNT_OF(figures); k++)
            if (as_money)
                table_money(table, figures[k]);
            else
                table_integer(table, figures[k]);
    }
    putchar('\n');
    bool done = table_print(table, stdout);
    table_close(table);
    return done;
}

static bool
print_summary(const struct comparison *comparison)
{
    const struct simulation *simulation = comparison->simulation;

    printf("%" PRIu64 " events of %" PRIu64 " accounts.  %" PRIu64
           " accounts get more points, %" PRIu64 " fewer, %" PRIu64
           " the same;\n%" PRIu64 " end on a higher tier, %" PRIu64
           " on a lower one.\n\n",
           simulation->event_count, simulation->account_count, simulation->up,
           simulation->down, simulation->same, simulation->tier_up,
           simulation->tier_down);
    return print_sides(&comparison->baseline, &comparison->candidate) &&
           print_pairs("POINTS BY RULE", comparison->rules,
                       comparison->rule_count, false) &&
           print_pairs("NET BY PARTNER", comparison->partners,
                       comparison->partner_count, true);
}

static bool
print_json(const struct replay *replay, const struct comparison *comparison)
{
    struct text text = { 0 };

    report_json(&text, comparison, replay->from_day);
    bool done =
        text_ok(&text) && fwrite(text.bytes, 1, text.size, stdout) == text.size;
    text_close(&text);
    return done;
}

/* --- the command --- */

static enum command_status
run(struct replay *replay)
{
    struct simulation *simulation =
        ARENA_NEW(replay->arena, struct simulation, 1);
    struct comparison comparison;

    enum command_status status = prepare_sides(replay);
    if (status != COMMAND_DONE)
        return status;
    replay->progress.words = "accounts replayed:";
    enum err err = simulate(replay->ledger, &replay->options, replay->arena,
                            simulation, &replay->complaint);
    command_progress_end(&replay->progress);
    if (err != OK)
        return fail(replay, err);
    compare_sides(simulation, replay->arena, &comparison);
    bool done = command_flag(replay->arguments, "json")
                    ? print_json(replay, &comparison)
                    : print_summary(&comparison);
    return done ? COMMAND_DONE
                : command_fail(replay->arguments, ERR_IO,
                               "the report can't be written");
}

/* The times of the command line are local to the ledger's zone, so they are
 * read once it is open. */
static enum command_status
read_times(struct replay *replay)
{
    const struct timeline *timeline;
    int32_t since = INT32_MIN;

    enum err err = ledger_timeline(replay->ledger, LEDGER_KNOWN_ALL, &timeline,
                                   &replay->complaint);
    if (err != OK)
        return fail(replay, err);
    replay->options.span.since_ms = INT64_MIN;
    replay->options.span.until_ms = command_now_ms();
    if (!command_day(replay->arguments, "from", &replay->from_day) ||
        !command_day(replay->arguments, "since", &since) ||
        !command_time(replay->arguments, "until", &timeline->zone,
                      &replay->options.span.until_ms))
        return COMMAND_MISUSE;
    if (since != INT32_MIN)
        replay->options.span.since_ms =
            zone_midnight_ms(&timeline->zone, since);
    if (replay->options.span.since_ms > replay->options.span.until_ms)
        return command_misuse(replay->arguments, "--since is after --until");
    return COMMAND_DONE;
}

static enum command_status
open_and_run(struct replay *replay)
{
    struct arena arena;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return command_fail(replay->arguments, ERR_MEMORY, "replay");
    replay->arena = &arena;
    enum err err =
        ledger_open(command_operand(replay->arguments, 0), LEDGER_READ,
                    &replay->complaint, &replay->ledger);
    enum command_status status =
        err == OK ? read_times(replay) : fail(replay, err);
    if (status == COMMAND_DONE)
        status = run(replay);
    if (err == OK)
        ledger_close(replay->ledger);
    arena_close(&arena);
    return status;
}

static enum command_status
replay(const struct arguments *arguments)
{
    struct replay replay = { .arguments = arguments,
                             .from_day = CANDIDATE_FROM_START };

    if (command_option(arguments, "rules") == NULL)
        return command_misuse(arguments, "--rules FILE is needed");
    replay.options.progress = show_progress;
    replay.options.context = &replay;
    return open_and_run(&replay);
}

static const struct option OPTIONS[] = {
    { "rules", "FILE", "the candidate: a program that is not published" },
    { "from", "YYYY-MM-DD", "the candidate holds from this local date on" },
    { "baseline", "FILE", "compare with this in place of what is published" },
    { "since", "YYYY-MM-DD", "count effects from this local date on" },
    { "until", "TIME", "replay events up to then (default: now)" },
    { 0 },
};

const struct command cmd_replay_table[] = {
    { .name = "replay",
      .run = replay,
      .line = "what would have happened under other rules",
      .usage = "LEDGER --rules FILE",
      .operands_min = 1,
      .operands_max = 1,
      .options = OPTIONS,
      .about = "Folds the whole history twice, by the published rules and by "
               "the candidate, and\nshows the difference.  Nothing is "
               "changed.\n",
      .examples = "leima replay hub --rules weekend.yaml\n"
                  "leima replay hub --rules weekend.yaml --from 2026-01-01 "
                  "--json\n" },
    { 0 },
};
