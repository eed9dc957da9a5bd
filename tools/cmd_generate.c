/*
 * cmd_generate.c - `leima generate`: a history into a file or a ledger
 *
 * As JSON Lines the events bear the identities that the stores' nodes would
 * have given them, so that any ledger can import the file.  Into a ledger they
 * go likewise, but for those of the ledger's own node: they are new events of
 * it, and are given its own identities.
 */
#include "tools/cmd_generate.h"

#include "core/json.h"
#include "core/ledger_append.h"
#include "core/ledger_publish.h"
#include "tools/generate.h"
#include "tools/output.h"
#include "tools/progress.h"
#include "tools/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { GENERATE_BATCH = 10000 };

struct generator {
    const struct arguments *arguments;
    struct town_options options;
    int64_t only_store; /* 0: all */
    uint64_t count;
    struct progress progress;

    struct output *output; /* JSON Lines; or ... */
    struct text line;

    struct ledger *ledger; /* ... a ledger, in batches */
    uint32_t node;
    struct ledger_entry *entries;
    uint32_t entry_count;
    struct arena arena; /* the batch's events */
    struct ledger_import done;
    struct complaint complaint;
};

static bool
is_wanted(const struct generator *generator, const struct event *event)
{
    return generator->only_store == 0 || generator->only_store == event->store;
}

static enum err
write_event(void *context, const struct event *event, view voids_id)
{
    struct generator *generator = context;

    (void)voids_id; /* the identity says it */
    if (!is_wanted(generator, event))
        return OK;
    text_clear(&generator->line);
    json_write_event(&generator->line, event);
    text_char(&generator->line, '\n');
    if (!text_ok(&generator->line))
        return ERR_MEMORY;
    progress_show(&generator->progress, ++generator->count);
    return output_put(generator->output, text_view(&generator->line)) ? OK
                                                                      : ERR_IO;
}

static enum err
flush(struct generator *generator)
{
    uint32_t refused = 0;
    enum err err = OK;

    if (generator->entry_count > 0)
        err = ledger_import(generator->ledger, generator->entries,
                            generator->entry_count, &generator->done, &refused,
                            &generator->complaint);
    generator->entry_count = 0;
    arena_reset(&generator->arena);
    progress_show(&generator->progress, generator->done.stored);
    return err;
}

/* A batch outlives the generator's day: the event is copied whole, by way of
 * its JSON, which is the one deep copy there is. */
static enum err
store_event(void *context, const struct event *event, view voids_id)
{
    struct generator *generator = context;
    struct event own = *event;
    struct event copy;
    struct json_extra extra;

    enum err err = OK;

    if (!is_wanted(generator, event))
        return OK;
    bool is_own = event->identity.node == generator->node;
    /* What a void names by its `id` must be stored before it. */
    if (is_own && event->kind == EVENT_VOID)
        err = flush(generator);
    if (is_own) {
        own.identity = (identity) { 0 };
        own.recorded_ms = 0;
    }
    text_clear(&generator->line);
    json_write_event(&generator->line, &own);
    if (err == OK)
        err = json_read_event(text_view(&generator->line), &generator->arena,
                              &copy, &extra, &generator->complaint);
    if (err != OK)
        return err;
    if (is_own && event->kind == EVENT_VOID)
        copy.annul.voids = (identity) { 0 };
    generator->entries[generator->entry_count++] = (struct ledger_entry) {
        .event = copy,
        .voids_id =
            is_own ? arena_copy(&generator->arena, voids_id) : (view) { 0 },
        .at_given = true,
    };
    return generator->entry_count == GENERATE_BATCH ? flush(generator) : OK;
}

/* --- the command -------------------------------------------------------- */

static bool
read_options(const struct arguments *arguments, struct generator *generator)
{
    int64_t seed = 1;
    int64_t stores = 6;
    int64_t members = 1000;
    int64_t months = 12;
    int64_t visits = 24;
    int32_t from = 2024 * 12;

    if (!command_integer(arguments, "seed", 0, INT64_MAX, &seed) ||
        !command_integer(arguments, "stores", 1, TOWN_STORES_MAX, &stores) ||
        !command_integer(arguments, "members", 1, TOWN_MEMBERS_MAX, &members) ||
        !command_integer(arguments, "months", 1, TOWN_MONTHS_MAX, &months) ||
        !command_integer(arguments, "visits", 1, 365, &visits) ||
        !command_integer(arguments, "only-store", TOWN_STORE_FIRST,
                         TOWN_STORE_FIRST + stores - 1,
                         &generator->only_store) ||
        !command_month(arguments, "from", &from))
        return false;
    if (from < 2000 * 12 || from + months > 2099 * 12) {
        command_misuse(arguments, "--from: expected months from 2000-01 to "
                                  "2098-12");
        return false;
    }
    generator->options = (struct town_options) {
        .seed = (uint64_t)seed,
        .stores = (uint32_t)stores,
        .members = (uint32_t)members,
        .month_first = from,
        .months = (uint32_t)months,
        .visits_mean = (uint32_t)visits,
    };
    return true;
}

static enum command_status
write_text(const struct arguments *arguments, const char *path,
           const char *text)
{
    struct complaint why;
    struct text copy = { 0 };

    text_string(&copy, text);
    enum err err = output_write(path, &copy, &why);
    text_close(&copy);
    return err == OK ? COMMAND_DONE
                     : command_fail(arguments, err, "%s", why.text);
}

static enum command_status
into_file(struct generator *generator, const char *path)
{
    const struct town_sink sink = { generator, write_event };
    struct complaint *why = &generator->complaint;

    enum err err = output_open(path, &generator->output, why);
    if (err != OK)
        return command_fail(generator->arguments, err, "%s", why->text);
    err = generate_history(&generator->options, &sink);
    if (err == OK || err == ERR_IO) /* whose reason is told by closing */
        err = output_close(generator->output, why);
    else
        output_discard(generator->output);
    progress_end(&generator->progress);
    if (err != OK)
        return command_fail(generator->arguments, err, "%s",
                            why->text[0] != '\0' ? why->text : path);
    if (command_flag(generator->arguments, "json") && strcmp(path, "-") != 0)
        printf("{\"written\": %" PRIu64 "}\n", generator->count);
    return COMMAND_DONE;
}

/* A ledger without rules gets those that the history speaks of. */
static enum err
publish_rules(struct generator *generator)
{
    const struct ledger_version *versions;
    uint32_t count;
    identity published;
    const struct ledger_publish publish = {
        .name = "the program of leima generate",
        .file = view_of(generate_program()),
        .from_day = calendar_month_first_day(2000 * 12),
        .now_ms = command_now_ms(),
    };

    enum err err =
        ledger_versions(generator->ledger, LEDGER_KNOWN_ALL, &versions, &count);
    if (err != OK || count > 0)
        return err;
    return ledger_publish(generator->ledger, &publish, &published,
                          &generator->complaint);
}

static enum command_status
into_ledger(struct generator *generator)
{
    const struct town_sink sink = { generator, store_event };
    const struct arguments *arguments = generator->arguments;

    generator->entries = calloc(GENERATE_BATCH, sizeof *generator->entries);
    if (generator->entries == NULL ||
        !arena_open(&generator->arena, LIMIT_ARENA_SIZE))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    enum command_status status =
        query_ledger(arguments, LEDGER_WRITE, &generator->ledger);
    if (status != COMMAND_DONE)
        return status;
    generator->node = ledger_who(generator->ledger).node;
    generator->done.now_ms = command_now_ms();
    enum err err = publish_rules(generator);
    if (err == OK)
        err = generate_history(&generator->options, &sink);
    if (err == OK)
        err = flush(generator);
    ledger_close(generator->ledger);
    progress_end(&generator->progress);
    if (err != OK)
        return command_fail(
            arguments, err, "%s: %s%s", command_operand(arguments, 0),
            generator->complaint.text,
            err == ERR_CONFLICT ? "; it holds another history: generate into "
                                  "a new ledger, or with the seed, members and "
                                  "months of before"
                                : "");
    if (command_flag(arguments, "json"))
        printf("{\"stored\": %" PRIu64 ", \"known\": %" PRIu64 "}\n",
               generator->done.stored, generator->done.known);
    else
        fprintf(stderr,
                "leima generate: %" PRIu64 " stored, %" PRIu64
                " there already\n",
                generator->done.stored, generator->done.known);
    return COMMAND_DONE;
}

static enum command_status
generate(const struct arguments *arguments)
{
    struct generator generator = {
        .arguments = arguments,
        .progress = { .words = "generated" },
    };
    const char *output = command_option(arguments, "output");
    const char *rules = command_option(arguments, "rules");
    bool has_ledger = command_operand_count(arguments) > 0;

    if (!read_options(arguments, &generator))
        return COMMAND_MISUSE;
    if (has_ledger == (output != NULL) && (has_ledger || rules == NULL))
        return command_misuse(arguments,
                              "expected either LEDGER or --output FILE");
    enum command_status status = COMMAND_DONE;
    if (rules != NULL)
        status = write_text(arguments, rules, generate_program());
    if (status == COMMAND_DONE && output != NULL)
        status = into_file(&generator, output);
    else if (status == COMMAND_DONE && has_ledger)
        status = into_ledger(&generator);
    text_close(&generator.line);
    arena_close(&generator.arena);
    free(generator.entries);
    return status;
}

static const struct option OPTIONS[] = {
    { "output", "FILE", "JSON Lines into this file, - is standard output" },
    { "rules", "FILE", "write the program that the events speak of" },
    { "seed", "N", "another number, another history (1)" },
    { "stores", "N", "how many, numbered from 10 (6)" },
    { "members", "N", "how many, numbered from 1 (1000)" },
    { "months", "N", "how many (12)" },
    { "from", "YYYY-MM", "the first month (2024-01)" },
    { "visits", "N", "of a member a year, on average (24)" },
    { "only-store", "S", "only the events of this store" },
    { 0 },
};

const struct command cmd_generate_table[] = {
    { .name = "generate",
      .run = generate,
      .line = "a believable history from a seed, for demos, tests, benchmarks",
      .usage = "[LEDGER]",
      .operands_max = 1,
      .options = OPTIONS,
      .about = "The same options give the same events.  A ledger without "
               "rules gets the program,\ntoo, from 2000-01-01 on.\n",
      .examples = "leima generate L --members 5000 --months 24\n"
                  "leima generate --output events.jsonl --rules program.yaml\n"
                  "leima generate store10 --only-store 10 --seed 7\n" },
    { 0 },
};
