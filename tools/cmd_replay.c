/*
 * cmd_replay.c - what would have happened under other rules
 */
#include "tools/cmd_replay.h"

#include "core/limits.h"
#include "core/list.h"
#include "nodes/stop.h"
#include "replay/accounts.h"
#include "replay/candidate.h"
#include "replay/report.h"
#include "replay/report_html.h"
#include "replay/vary.h"
#include "tools/file.h"
#include "tools/inlet.h"
#include "tools/output.h"
#include "tools/progress.h"
#include "tools/query.h"
#include "tools/replay_table.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A file of rules, which is read once: it may be a pipe. */
struct source {
    const char *name;
    view file;
};

/* A candidate of the run. */
struct rival {
    const char *name;
    const struct timeline *timeline;
};

/* One run of the command. */
struct replay {
    const struct arguments *arguments;
    struct ledger *ledger;
    struct arena *arena;
    struct complaint complaint;
    struct progress progress;
    int stop; /* see nodes/stop.h */
    bool interrupted;
    struct simulate_options options;
    int32_t from_day;
    int32_t since; /* local date; INT32_MIN: all */
    struct vary_axis axes[VARY_AXES_MAX];
    uint32_t axis_count;
    struct source baseline; /* no name: what is published */
    struct source_list {    /* the candidates, before they are varied */
        struct source *items;
        uint32_t count;
        uint32_t room;
    } sources;
    struct rival_list {
        struct rival *items;
        uint32_t count;
        uint32_t room;
    } rivals;
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

static enum command_status
compile(struct replay *replay, const struct candidate *candidate,
        const struct timeline **ret_timeline)
{
    struct mistakes *mistakes = ARENA_NEW(replay->arena, struct mistakes, 1);
    enum err err =
        candidate_timeline(replay->ledger, candidate, replay->arena, mistakes,
                           ret_timeline, &replay->complaint);

    if (err == ERR_INPUT && mistakes->count > 0)
        return tell_mistakes(mistakes, candidate->name, candidate->file);
    return err == OK ? COMMAND_DONE : fail(replay, err);
}

static void
add_rival(struct replay *replay, const char *name,
          const struct timeline *timeline)
{
    *LIST_ADD(replay->arena, &replay->rivals) =
        (struct rival) { name, timeline };
}

/* "FILE: PATH=VALUE", without the file where there is one only. */
static const char *
name_variant(const struct replay *replay, const char *file, view variant,
             struct arena *arena)
{
    bool alone = command_option_nth(replay->arguments, "rules", 1) == NULL;
    size_t size = strlen(file) + variant.size + 3;
    char *name = arena_take(arena, size);

    if (alone)
        snprintf(name, size, "%.*s", (int)variant.size, variant.bytes);
    else
        snprintf(name, size, "%s: %.*s", file, (int)variant.size,
                 variant.bytes);
    return name;
}

/* The candidates of one file: itself, or its variants. */
static enum command_status
add_file(struct replay *replay, const struct source *source)
{
    const char *name = source->name;
    const struct candidate base = { .name = name,
                                    .file = source->file,
                                    .from_day = replay->from_day };
    const struct timeline *timeline;
    struct variant variant;

    enum command_status status = compile(replay, &base, &timeline);
    if (status != COMMAND_DONE)
        return status;
    uint64_t count =
        vary_count(replay->axes, replay->axis_count, SIMULATE_CANDIDATES_MAX);
    if (replay->axis_count == 0)
        add_rival(replay, name, timeline);
    for (uint64_t i = 0; replay->axis_count > 0 && i < count; i++) {
        enum err err = vary_make(base.file, replay->axes, replay->axis_count, i,
                                 replay->arena, &variant, &replay->complaint);
        if (err != OK)
            return fail(replay, err);
        struct candidate candidate = {
            .name = name_variant(replay, name, variant.name, replay->arena),
            .file = variant.file,
            .from_day = replay->from_day,
            .zone = &timeline->zone,
        };
        const struct timeline *varied;
        status = compile(replay, &candidate, &varied);
        if (status != COMMAND_DONE)
            return status;
        add_rival(replay, candidate.name, varied);
    }
    return COMMAND_DONE;
}

static enum command_status
read_axes(struct replay *replay)
{
    for (uint32_t i = 0;; i++) {
        const char *option = command_option_nth(replay->arguments, "vary", i);
        if (option == NULL)
            return COMMAND_DONE;
        if (i == VARY_AXES_MAX)
            return command_misuse(replay->arguments,
                                  "--vary can be given %d times",
                                  VARY_AXES_MAX);
        if (vary_parse(option, replay->arena, &replay->axes[i],
                       &replay->complaint) != OK)
            return command_misuse(replay->arguments, "%s",
                                  replay->complaint.text);
        replay->axis_count = i + 1;
    }
}

/* Figures of another currency, or by another clock, can't be compared.  Where
 * rules are published each file has been judged by these; else all are by the
 * baseline's, or the first one's. */
static enum command_status
check_alike(struct replay *replay, const char *name,
            const struct timeline *timeline)
{
    const struct timeline *baseline = replay->options.baseline;
    bool rules = baseline->version_count > 0;
    const struct timeline *other =
        rules ? baseline : replay->rivals.items[0].timeline;
    view own = timeline->versions[0].program->currency;
    view currency = other->versions[0].program->currency;
    enum err err = OK;

    if (!view_equal(own, currency))
        err = complain(&replay->complaint,
                       "%s: currency %.*s, but what it is compared with has "
                       "%.*s",
                       name, (int)own.size, own.bytes, (int)currency.size,
                       currency.bytes);
    else if (!view_equal(timeline->zone.name, other->zone.name))
        err = complain(&replay->complaint,
                       "%s: timezone %.*s, but what it is compared with has "
                       "%.*s",
                       name, (int)timeline->zone.name.size,
                       timeline->zone.name.bytes, (int)other->zone.name.size,
                       other->zone.name.bytes);
    return err == OK ? COMMAND_DONE : fail(replay, err);
}

static enum command_status
read_candidates(struct replay *replay)
{
    enum command_status status = COMMAND_DONE;

    for (uint32_t i = 0; status == COMMAND_DONE && i < replay->sources.count;
         i++)
        status = add_file(replay, &replay->sources.items[i]);
    for (uint32_t i = 0; status == COMMAND_DONE && i < replay->rivals.count;
         i++)
        status = check_alike(replay, replay->rivals.items[i].name,
                             replay->rivals.items[i].timeline);
    if (status != COMMAND_DONE)
        return status;
    const struct timeline **timelines =
        ARENA_NEW(replay->arena, const struct timeline *, replay->rivals.count);
    for (uint32_t i = 0; i < replay->rivals.count; i++)
        timelines[i] = replay->rivals.items[i].timeline;
    replay->options.candidates = timelines;
    replay->options.candidate_count = replay->rivals.count;
    return COMMAND_DONE;
}

static enum command_status
read_baseline(struct replay *replay)
{
    const struct candidate baseline = { .name = replay->baseline.name,
                                        .file = replay->baseline.file,
                                        .from_day = replay->from_day };
    enum err err =
        ledger_timeline(replay->ledger, LEDGER_KNOWN_ALL,
                        &replay->options.baseline, &replay->complaint);

    if (err != OK)
        return fail(replay, err);
    if (baseline.name == NULL)
        return COMMAND_DONE;
    return compile(replay, &baseline, &replay->options.baseline);
}

/* --- telling --- */

static bool
show_progress(void *context, uint64_t events)
{
    struct replay *replay = context;

    progress_show(&replay->progress, events);
    replay->interrupted = stop_asked(replay->stop);
    return !replay->interrupted;
}

static view
currency(const struct replay *replay)
{
    return replay->options.candidates[0]->versions[0].program->currency;
}

static const char *const *
list_names(const struct replay *replay)
{
    uint32_t count = replay->rivals.count;
    const char **names = ARENA_NEW(replay->arena, const char *, count);

    for (uint32_t i = 0; i < count; i++)
        names[i] = replay->rivals.items[i].name;
    return names;
}

static bool
write_text(struct text *text, FILE *out)
{
    bool done =
        text_ok(text) && fwrite(text->bytes, 1, text->size, out) == text->size;

    text_close(text);
    return done;
}

static bool
print_json(const struct replay *replay, const struct comparison *comparisons)
{
    struct text text = { 0 };
    uint32_t count = replay->rivals.count;

    if (count == 1) {
        report_json(&text, comparisons, replay->from_day);
        return write_text(&text, stdout);
    }
    report_json_all(&text, comparisons, list_names(replay), count,
                    replay->from_day);
    return write_text(&text, stdout);
}

/* What the candidates are compared with; NULL: what is published. */
static const char *
baseline_name(const struct replay *replay)
{
    const char *name = command_option(replay->arguments, "baseline");

    if (name == NULL && replay->options.baseline->version_count == 0)
        return "no rules, for none are published";
    return name;
}

static bool
print_table(const struct replay *replay, const struct comparison *comparisons)
{
    const struct replay_words words = {
        .baseline = baseline_name(replay),
        .currency = currency(replay),
        .from_day = replay->from_day,
        .since_ms = replay->options.span.since_ms,
        .segment = command_option(replay->arguments, "segment"),
        .candidates = list_names(replay),
        .count = replay->rivals.count,
    };

    if (words.count == 1)
        return replay_table_print(&words, comparisons, stdout);
    return replay_table_print_all(&words, comparisons, stdout);
}

static enum command_status
write_file(const struct replay *replay, const char *path, struct text *text)
{
    struct complaint why;
    enum err err = output_write(path, text, &why);

    text_close(text);
    return err == OK ? COMMAND_DONE
                     : command_fail(replay->arguments, err, "%s", why.text);
}

static enum command_status
write_accounts(const struct replay *replay, const struct simulation *simulation)
{
    const char *path = command_option(replay->arguments, "output");
    struct text text = { 0 };

    if (!replay->options.rows)
        return COMMAND_DONE;
    accounts_heading(&text, list_names(replay), replay->rivals.count);
    for (uint64_t i = 0; i < simulation->account_count; i++)
        accounts_row(&text, simulation, &simulation->rows[i]);
    return write_file(replay, path, &text);
}

static enum command_status
write_page(const struct replay *replay, const struct comparison *comparisons)
{
    const char *path = command_option(replay->arguments, "html");
    struct text text = { 0 };

    if (path == NULL)
        return COMMAND_DONE;
    const struct report_html page = {
        .ledger = command_operand(replay->arguments, 0),
        .candidates = list_names(replay),
        .count = replay->rivals.count,
        .baseline = baseline_name(replay),
        .currency = currency(replay),
        .from_day = replay->from_day,
        .since_ms = replay->options.span.since_ms,
        .segment = command_option(replay->arguments, "segment"),
    };
    report_html(&text, &page, comparisons);
    return write_file(replay, path, &text);
}

static bool
is_standard_output(const struct replay *replay, const char *name)
{
    const char *path = command_option(replay->arguments, name);

    return path != NULL && strcmp(path, "-") == 0;
}

static enum command_status
tell(const struct replay *replay, struct simulation *simulation)
{
    uint32_t count = replay->rivals.count;
    struct comparison *comparisons =
        ARENA_NEW(replay->arena, struct comparison, count);
    enum command_status status = write_accounts(replay, simulation);

    for (uint32_t i = 0; i < count; i++)
        compare_sides(simulation, i, replay->arena, &comparisons[i]);
    if (status == COMMAND_DONE)
        status = write_page(replay, comparisons);
    if (status != COMMAND_DONE || is_standard_output(replay, "output") ||
        is_standard_output(replay, "html"))
        return status; /* a file that is printed stands alone there */
    bool done = command_flag(replay->arguments, "json")
                    ? print_json(replay, comparisons)
                    : print_table(replay, comparisons);
    return done ? COMMAND_DONE
                : command_fail(replay->arguments, ERR_IO,
                               "the report can't be written");
}

/* --- the command --- */

static enum command_status
check_options(struct replay *replay)
{
    const char *per = command_option(replay->arguments, "per");
    int64_t threads = sysconf(_SC_NPROCESSORS_ONLN);

    if (threads < 1)
        threads = 1;
    if (threads > SIMULATE_THREADS_MAX)
        threads = SIMULATE_THREADS_MAX;
    if (!command_integer(replay->arguments, "threads", 1, SIMULATE_THREADS_MAX,
                         &threads))
        return COMMAND_MISUSE;
    replay->options.thread_count = (uint32_t)threads;
    replay->options.rows = per != NULL;
    if (per != NULL && strcmp(per, "account") != 0)
        return command_misuse(replay->arguments, "--per takes account");
    if ((per != NULL) != command_flag(replay->arguments, "output"))
        return command_misuse(replay->arguments,
                              "--per account and --output FILE go together");
    if (is_standard_output(replay, "output") +
            is_standard_output(replay, "html") +
            command_flag(replay->arguments, "json") >
        1)
        return command_misuse(replay->arguments,
                              "one only of --output -, --html - and --json "
                              "can have standard output; name a file");
    if (!command_day(replay->arguments, "from", &replay->from_day) ||
        !command_day(replay->arguments, "since", &replay->since))
        return COMMAND_MISUSE;
    if (replay->from_day > LIMIT_AT_MS_MAX / CALENDAR_DAY_MS)
        return command_misuse(replay->arguments,
                              "--from: expected a date from 2000-01-01 to "
                              "2099-12-31: no event lies after that");
    return COMMAND_DONE;
}

static enum command_status
read_segment(struct replay *replay)
{
    const char *text = command_option(replay->arguments, "segment");

    if (text == NULL)
        return COMMAND_DONE;
    enum err err =
        segment_read(view_of(text), replay->options.baseline, replay->arena,
                     &replay->options.segment, &replay->complaint);
    if (err == OK)
        return COMMAND_DONE;
    return command_misuse(replay->arguments, "--segment: %s",
                          replay->complaint.text);
}

/* The long part: it tells how far it has come, and Ctrl-C ends it. */
static enum command_status
fold(struct replay *replay, struct simulation *simulation)
{
    enum err err = stop_open(&replay->stop);

    if (err != OK)
        return command_fail(replay->arguments, err, "replay");
    progress_begin(&replay->progress, "events replayed:",
                   history_counts(ledger_history(replay->ledger)).events);
    err = simulate(replay->ledger, &replay->options, replay->arena, simulation,
                   &replay->complaint);
    progress_end(&replay->progress);
    stop_close(replay->stop);
    if (err == OK)
        return COMMAND_DONE;
    if (!replay->interrupted)
        return fail(replay, err);
    fprintf(stderr, "leima replay: %s\n", replay->complaint.text);
    return COMMAND_FAULT;
}

/* The times of the command line are local to the zone that all is reckoned in:
 * the ledger's, or the candidates' where nothing is published. */
static enum command_status
read_times(struct replay *replay)
{
    const struct zone *zone = &replay->options.candidates[0]->zone;

    replay->options.span.since_ms = INT64_MIN;
    replay->options.span.until_ms = command_now_ms();
    if (!command_time(replay->arguments, "until", zone,
                      &replay->options.span.until_ms))
        return COMMAND_MISUSE;
    if (replay->since != INT32_MIN)
        replay->options.span.since_ms = zone_midnight_ms(zone, replay->since);
    if (replay->options.span.since_ms > replay->options.span.until_ms)
        return command_misuse(replay->arguments, "--since is after --until");
    return COMMAND_DONE;
}

static enum command_status
run(struct replay *replay)
{
    struct simulation simulation;

    enum command_status status = read_baseline(replay);
    if (status == COMMAND_DONE)
        status = read_candidates(replay);
    if (status == COMMAND_DONE)
        status = read_times(replay);
    if (status == COMMAND_DONE)
        status = read_segment(replay);
    if (status == COMMAND_DONE)
        status = fold(replay, &simulation);
    return status == COMMAND_DONE ? tell(replay, &simulation) : status;
}

static enum command_status
check_program(const struct replay *replay, const char *name, view file,
              struct arena scratch)
{
    struct mistakes *mistakes = ARENA_NEW(&scratch, struct mistakes, 1);
    const struct program *program;
    enum err err = program_yaml_read(file, &scratch, mistakes, &program);

    if (err == ERR_INPUT)
        return tell_mistakes(mistakes, name, file);
    return err == OK ? COMMAND_DONE
                     : command_fail(replay->arguments, err, "%s", name);
}

/* Every combination; `axis_count` is 0 for a file that is not varied. */
static enum command_status
check_file(struct replay *replay, const struct source *source,
           uint32_t axis_count, uint64_t *candidates)
{
    struct arena scratch = *replay->arena;
    struct variant variant;

    enum command_status status =
        check_program(replay, source->name, source->file, scratch);
    uint64_t count =
        vary_count(replay->axes, axis_count, SIMULATE_CANDIDATES_MAX);
    *candidates += count;
    if (status == COMMAND_DONE && *candidates > SIMULATE_CANDIDATES_MAX)
        return command_misuse(replay->arguments,
                              "more than %d candidates at once",
                              SIMULATE_CANDIDATES_MAX);
    for (uint64_t i = 0; status == COMMAND_DONE && axis_count > 0 && i < count;
         i++) {
        struct arena room = scratch;
        enum err err = vary_make(source->file, replay->axes, axis_count, i,
                                 &room, &variant, &replay->complaint);
        if (err != OK)
            return fail(replay, err);
        const char *varied =
            name_variant(replay, source->name, variant.name, &room);
        status = check_program(replay, varied, variant.file, room);
    }
    return status;
}

static enum command_status
read_source(struct replay *replay, const char *name, struct source *source)
{
    source->name = file_name(name);
    enum err err = file_read(name, LIMIT_PROGRAM_SIZE, replay->arena,
                             &source->file, &replay->complaint);

    return err == OK ? COMMAND_DONE : fail(replay, err);
}

static enum command_status
read_sources(struct replay *replay)
{
    const char *name = command_option(replay->arguments, "baseline");
    enum command_status status = COMMAND_DONE;

    if (name != NULL)
        status = read_source(replay, name, &replay->baseline);
    for (uint32_t i = 0; status == COMMAND_DONE; i++) {
        name = command_option_nth(replay->arguments, "rules", i);
        if (name == NULL)
            break;
        status = read_source(replay, name,
                             LIST_ADD(replay->arena, &replay->sources));
    }
    return status;
}

/* Opening a ledger may mean minutes of sorting: bad files fail before that. */
static enum command_status
check_files(struct replay *replay)
{
    enum command_status status = COMMAND_DONE;
    uint64_t candidates = 0, others = 0;

    if (replay->baseline.name != NULL)
        status = check_file(replay, &replay->baseline, 0, &others);
    for (uint32_t i = 0; status == COMMAND_DONE && i < replay->sources.count;
         i++)
        status = check_file(replay, &replay->sources.items[i],
                            replay->axis_count, &candidates);
    return status;
}

/* Likewise files that can't be written. */
static enum command_status
check_output(const struct replay *replay, const char *option)
{
    const char *path = command_option(replay->arguments, option);
    struct complaint why;
    enum err err = path == NULL ? OK : output_check(path, &why);

    return err == OK
               ? COMMAND_DONE
               : command_fail(replay->arguments, err,
                              "--%s can't be written: %s", option, why.text);
}

static enum command_status
prepare(struct replay *replay)
{
    enum command_status status = check_options(replay);

    if (status == COMMAND_DONE)
        status = read_axes(replay);
    if (status == COMMAND_DONE)
        status = read_sources(replay);
    if (status == COMMAND_DONE)
        status = check_files(replay);
    if (status == COMMAND_DONE)
        status = check_output(replay, "output");
    if (status == COMMAND_DONE)
        status = check_output(replay, "html");
    return status;
}

static enum command_status
open_ledger_and_run(struct replay *replay)
{
    enum command_status status =
        query_ledger(replay->arguments, LEDGER_READ, &replay->ledger);

    if (status == COMMAND_DONE)
        status = run(replay);
    ledger_close(replay->ledger);
    return status;
}

static enum command_status
open_and_run(struct replay *replay)
{
    struct arena arena;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return command_fail(replay->arguments, ERR_MEMORY, "replay");
    replay->arena = &arena;
    enum command_status status = prepare(replay);
    if (status == COMMAND_DONE)
        status = open_ledger_and_run(replay);
    arena_close(&arena);
    return status;
}

static enum command_status
replay(const struct arguments *arguments)
{
    static const char *const INLETS[] = { "rules", "baseline", NULL };
    struct replay replay = { .arguments = arguments,
                             .from_day = CANDIDATE_FROM_START,
                             .since = INT32_MIN };

    if (!command_flag(arguments, "rules"))
        return command_misuse(arguments, "--rules FILE is needed");
    if (!inlet_is_single(arguments, 1, INLETS))
        return COMMAND_MISUSE;
    replay.options.progress = show_progress;
    replay.options.context = &replay;
    enum command_status status = open_and_run(&replay);
    /* All is put away; who started us shall see what ended us. */
    if (replay.interrupted)
        raise(SIGINT);
    return status;
}

static const struct option OPTIONS[] = {
    { "rules", "FILE",
      "a candidate: a program not published yet; -: from a pipe" },
    { "vary", "PATH=VALUES",
      "a candidate of each value, or of each combination" },
    { "from", "YYYY-MM-DD", "the candidate holds from this local date on" },
    { "baseline", "FILE", "compare with this in place of what is published" },
    { "since", "YYYY-MM-DD", "count effects from this local date on" },
    { "until", "TIME", "up to then, and what falls due then (default: now)" },
    { "segment", "EXPR", "only accounts for which this holds at the end" },
    { "per", "account", "also write a row for each account ..." },
    { "output", "FILE.csv", "... into this file; -: print it, and no report" },
    { "html", "FILE", "also write a page with tables and charts; likewise" },
    { "threads", "N", "how many (default: one for each core)" },
    { 0 },
};

static const char *const REPEATABLE[] = { "rules", "vary", NULL };

const struct command cmd_replay_table[] = {
    { .name = "replay",
      .run = replay,
      .line = "what would have happened under other rules",
      .usage = "LEDGER --rules FILE",
      .operands_min = 1,
      .operands_max = 1,
      .options = OPTIONS,
      .repeatable = REPEATABLE,
      .about =
          "Folds the whole history by the published rules and by the "
          "candidate, and shows\n"
          "the difference.  Nothing is changed.  --rules and --vary may be "
          "repeated: all\n"
          "candidates are folded in one pass, and a row is shown for each.\n"
          "\n"
          "PATH names a value of the file: earn.base.points, "
          "tiers.levels.gold.from; VALUES\n"
          "are 1,2,3 or 1500..2500:250.  For EXPR see leima segment --help.\n"
          "\n"
          "The page of --html is dark on a dark screen, and light on paper.\n",
      .examples = "leima replay hub --rules weekend.yaml\n"
                  "leima replay hub --rules weekend.yaml --from 2026-01-01 "
                  "--json\n"
                  "leima replay hub --rules kanta.yaml --vary "
                  "earn.base.points=1,2,3\n"
                  "leima replay hub --rules weekend.yaml --segment "
                  "'tier=gold,purchases=20..'\n"
                  "leima replay hub --rules weekend.yaml --html cost.html\n"
                  "leima replay hub --rules weekend.yaml --per account "
                  "--output members.csv\n" },
    { 0 },
};
