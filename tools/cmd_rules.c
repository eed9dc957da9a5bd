/* cmd_rules.c - program files: checked, published, shown, compared */
#include "tools/cmd_rules.h"

#include "core/ledger_publish.h"
#include "core/program_diff.h"
#include "core/program_schema.h"
#include "core/program_yaml.h"
#include "tools/file.h"
#include "tools/inlet.h"
#include "tools/query.h"
#include "tools/table.h"
#include "tools/trial.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A program file that was read: its bytes, what they mean, what is wrong. */
struct rules {
    const char *path;
    view file;
    const struct program *program; /* NULL: mistakes */
    struct zone zone;
    struct mistakes mistakes;
};

#define RULES_ROOM                                                             \
    (LIMIT_PROGRAM_SIZE + program_yaml_room(LIMIT_PROGRAM_SIZE) + (1 << 20))

/* Reads and checks a file into the arena.  COMMAND_DONE also where it has
 * mistakes; a file that can't be read has been complained of. */
static enum command_status
read_rules(const struct arguments *arguments, const char *path,
           struct arena *arena, struct rules *rules)
{
    rules->path = path;
    rules->program = NULL;
    struct complaint why;
    enum err err =
        file_read(path, LIMIT_PROGRAM_SIZE, arena, &rules->file, &why);
    if (err != OK)
        return command_fail(arguments, err, "%s", why.text);
    err = program_yaml_check(rules->file, arena, &rules->mistakes,
                             &rules->program, &rules->zone);
    if (err != OK && err != ERR_INPUT)
        return command_fail(arguments, err, "%s", path);
    return COMMAND_DONE;
}

/* --- check -------------------------------------------------------------- */

static void
print_mistakes_json(const struct rules *rules)
{
    struct text json = { 0 };

    text_char(&json, '{');
    text_json_words(&json, "file", view_of(rules->path));
    if (rules->program != NULL)
        text_json_integer(&json, "tests", rules->program->test_count);
    else
        text_json_null(&json, "tests"); /* none could be run */
    text_json_integer(&json, "mistake_count", rules->mistakes.total);
    text_json_key(&json, "mistakes");
    text_char(&json, '[');
    for (uint32_t i = 0; i < rules->mistakes.count; i++) {
        const struct mistake *mistake = &rules->mistakes.list[i];
        text_comma(&json);
        text_char(&json, '{');
        text_json_integer(&json, "line", mistake->place.line);
        text_json_integer(&json, "column", mistake->place.column);
        text_json_words(&json, "text", view_of(mistake->text));
        text_char(&json, '}');
    }
    text_string(&json, "]}\n");
    fwrite(json.bytes, 1, json.size, stdout);
    text_close(&json);
}

static void
print_mistakes(const struct rules *rules)
{
    struct text text = { 0 };

    mistakes_write(&rules->mistakes, file_name(rules->path), rules->file,
                   &text);
    fwrite(text.bytes, 1, text.size, stderr);
    text_close(&text);
}

/* What would keep the file from being published there is a mistake; that the
 * ledger's zone is another than this machine's of that name is said. */
static enum command_status
compare(const struct arguments *arguments, struct rules *rules)
{
    const char *dir = command_option(arguments, "ledger");
    struct complaint complaint = { 0 };
    struct ledger *ledger = NULL;
    const struct timeline *timeline;

    if (dir == NULL || rules->program == NULL)
        return COMMAND_DONE;
    enum err err = ledger_open(dir, LEDGER_READ, &complaint, &ledger);
    if (err == OK)
        err = ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, &complaint);
    struct complaint why = { 0 };
    if (err == OK &&
        ledger_publish_fits(ledger, rules->program, &why) == ERR_INPUT)
        mistakes_add(&rules->mistakes, (struct mistake_place) { 1, 1 }, "%s",
                     why.text);
    else if (err == OK && timeline->version_count > 0 &&
             !zone_equal(&timeline->zone, &rules->zone))
        fprintf(stderr,
                "%s: note: the transitions of %.*s on this machine are not "
                "those that %s was published with; publishing takes this "
                "machine's\n",
                rules->path, (int)rules->zone.name.size,
                (const char *)rules->zone.name.bytes, dir);
    if (ledger != NULL)
        ledger_close(ledger);
    return err == OK ? COMMAND_DONE
                     : command_fail(arguments, err, "%s", complaint.text);
}

/* The file's own tests, once it has no mistakes; what fails is one. */
static enum command_status
run_tests(const struct arguments *arguments, struct rules *rules)
{
    enum err err = OK;

    if (rules->program != NULL)
        err = trial_run(rules->program, &rules->zone, &rules->mistakes);
    if (err == OK || err == ERR_INPUT)
        return COMMAND_DONE;
    return command_fail(arguments, err, "%s", rules->path);
}

static enum command_status
check(const struct arguments *arguments)
{
    struct rules *rules = calloc(1, sizeof *rules);
    struct arena arena = { 0 };
    enum command_status status;

    if (rules == NULL || !arena_open(&arena, RULES_ROOM)) {
        status = command_fail(arguments, ERR_MEMORY, "can't begin");
        goto done;
    }
    status =
        read_rules(arguments, command_operand(arguments, 0), &arena, rules);
    if (status == COMMAND_DONE)
        status = run_tests(arguments, rules);
    if (status == COMMAND_DONE)
        status = compare(arguments, rules);
    if (status != COMMAND_DONE)
        goto done;
    if (command_flag(arguments, "json"))
        print_mistakes_json(rules);
    else if (rules->mistakes.total > 0)
        print_mistakes(rules);
    else
        printf("%s: no mistakes, %u %s passed\n", rules->path,
               rules->program->test_count,
               text_plural(rules->program->test_count, "test", "tests"));
    status = rules->mistakes.total > 0 ? COMMAND_REFUSED : COMMAND_DONE;
done:
    arena_close(&arena);
    free(rules);
    return status;
}

/* --- publish ------------------------------------------------------------ */

static void
print_version_json(const struct ledger_version *version, bool file)
{
    struct text json = { 0 };
    char from[11];
    char name[IDENTITY_SIZE];

    calendar_format_date(version->from_day, from);
    identity_format(version->identity, name);
    text_char(&json, '{');
    text_json_integer(&json, "version", version->number);
    text_json_view(&json, "from", view_of(from));
    text_json_time(&json, "recorded", version->recorded_ms);
    text_json_view(&json, "event", view_of(name));
    text_json_integer(&json, "position", (int64_t)version->position);
    text_json_bool(&json, "understood", version->program != NULL);
    if (file)
        text_json_view(&json, "file", version->file);
    text_string(&json, "}\n");
    fwrite(json.bytes, 1, json.size, stdout);
    text_close(&json);
}

/* As `rules list` does. */
static enum err
print_published(struct ledger *ledger, identity published)
{
    const struct ledger_version *versions;
    uint32_t count;

    enum err err = ledger_versions(ledger, LEDGER_KNOWN_ALL, &versions, &count);
    for (uint32_t i = 0; err == OK && i < count; i++)
        if (identity_compare(versions[i].identity, published) == 0)
            print_version_json(&versions[i], false);
    return err;
}

static enum command_status
publish_file(const struct arguments *arguments, struct ledger *ledger,
             const struct rules *rules, int32_t from_day)
{
    struct complaint complaint = { 0 };
    char name[IDENTITY_SIZE];
    identity published;

    if (rules->program == NULL) {
        print_mistakes(rules);
        return command_fail(
            arguments, ERR_INPUT, "%s: %u %s, not published", rules->path,
            rules->mistakes.total,
            text_plural(rules->mistakes.total, "mistake", "mistakes"));
    }
    const struct ledger_publish publish = {
        .name = rules->path,
        .file = rules->file,
        .from_day = from_day,
        .now_ms = command_now_ms(),
    };
    enum err err = ledger_publish(ledger, &publish, &published, &complaint);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    identity_format(published, name);
    if (!command_flag(arguments, "json"))
        printf("%s\n", name);
    else if ((err = print_published(ledger, published)) != OK)
        return command_fail(arguments, err, "%s is published", name);
    return COMMAND_DONE;
}

static enum command_status
publish(const struct arguments *arguments)
{
    struct rules *rules = calloc(1, sizeof *rules);
    struct arena arena = { 0 };
    struct ledger *ledger = NULL;
    int32_t from_day = INT32_MIN;
    enum command_status status = COMMAND_MISUSE;

    if (!command_day(arguments, "from", &from_day))
        goto done;
    if (from_day == INT32_MIN) {
        command_misuse(arguments, "--from YYYY-MM-DD is needed: the local "
                                  "date from which the rules hold");
        goto done;
    }
    if (rules == NULL || !arena_open(&arena, RULES_ROOM)) {
        status = command_fail(arguments, ERR_MEMORY, "can't begin");
        goto done;
    }
    status =
        read_rules(arguments, command_operand(arguments, 1), &arena, rules);
    if (status == COMMAND_DONE)
        status = query_ledger(arguments, LEDGER_WRITE, &ledger);
    if (status == COMMAND_DONE)
        status = query_may_rule(arguments, ledger);
    if (status == COMMAND_DONE)
        status = publish_file(arguments, ledger, rules, from_day);
done:
    if (ledger != NULL)
        ledger_close(ledger);
    arena_close(&arena);
    free(rules);
    return status;
}

/* --- list and show ------------------------------------------------------ */

static bool
print_versions(const struct ledger_version *versions, uint32_t count)
{
    static const struct table_column COLUMNS[] = {
        { "version", true },  { "from", false },    { "recorded", false },
        { "position", true }, { "program", false },
    };
    struct table *table = table_open(COLUMNS, COUNT_OF(COLUMNS));

    for (uint32_t i = 0; table != NULL && i < count; i++) {
        char from[11];
        char recorded[25];
        calendar_format_date(versions[i].from_day, from);
        calendar_format_time(versions[i].recorded_ms, recorded);
        table_row(table);
        table_integer(table, versions[i].number);
        table_text(table, from);
        table_text(table, recorded);
        table_integer(table, (int64_t)versions[i].position);
        if (versions[i].program != NULL)
            table_view(table, versions[i].program->program);
        else
            table_text(table, "(made by a later leima)");
    }
    bool done = table != NULL && table_print(table, stdout);
    table_close(table);
    return done;
}

static enum command_status
list(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    const struct ledger_version *versions;
    uint32_t count;

    enum command_status status = query_ledger(arguments, LEDGER_READ, &ledger);
    if (status != COMMAND_DONE)
        return status;
    enum err err = ledger_versions(ledger, LEDGER_KNOWN_ALL, &versions, &count);
    if (err != OK)
        status =
            command_fail(arguments, err, "%s", command_operand(arguments, 0));
    else if (!command_flag(arguments, "json"))
        status = print_versions(versions, count)
                     ? COMMAND_DONE
                     : command_fail(arguments, ERR_MEMORY, "no table");
    else
        for (uint32_t i = 0; i < count; i++)
            print_version_json(&versions[i], false);
    ledger_close(ledger);
    return status;
}

/* By its number, or by the identity that `rules publish` has printed. */
static bool
is_called(const struct ledger_version *version, const char *name)
{
    char number[16];
    identity id;

    if (identity_parse(view_of(name), &id))
        return identity_compare(id, version->identity) == 0;
    snprintf(number, sizeof number, "%u", version->number);
    return strcmp(number, name) == 0;
}

/* The version of that name, or (NULL) the one published last of those with
 * the greatest date: it holds in the end. */
static const struct ledger_version *
choose(const struct ledger_version *versions, uint32_t count, const char *name)
{
    const struct ledger_version *best = NULL;

    for (uint32_t i = 0; i < count; i++) {
        const struct ledger_version *version = &versions[i];
        if (name != NULL) {
            if (is_called(version, name))
                return version;
        } else if (best == NULL || version->from_day >= best->from_day) {
            best = version;
        }
    }
    return best;
}

/* Finds a version of an open ledger; what is wrong has been said. */
static enum command_status
find_version(const struct arguments *arguments, struct ledger *ledger,
             const char *number, const struct ledger_version **ret_version)
{
    const struct ledger_version *versions;
    uint32_t count;

    enum err err = ledger_versions(ledger, LEDGER_KNOWN_ALL, &versions, &count);
    if (err != OK)
        return command_fail(arguments, err, "%s", ledger_dir(ledger));
    *ret_version = choose(versions, count, number);
    if (*ret_version != NULL)
        return COMMAND_DONE;
    if (count == 0)
        return command_fail(arguments, ERR_NOT_FOUND,
                            "%s: no version has been published",
                            ledger_dir(ledger));
    return command_fail(arguments, ERR_NOT_FOUND,
                        "%s: there is no version %s, they are numbered from "
                        "1 to %u",
                        ledger_dir(ledger), number, count);
}

static enum command_status
show(const struct arguments *arguments)
{
    struct ledger *ledger = NULL;
    const struct ledger_version *version;
    const char *number = command_operand_count(arguments) > 1
                             ? command_operand(arguments, 1)
                             : NULL;

    enum command_status status = query_ledger(arguments, LEDGER_READ, &ledger);
    if (status != COMMAND_DONE)
        return status;
    status = find_version(arguments, ledger, number, &version);
    if (status == COMMAND_DONE && command_flag(arguments, "json"))
        print_version_json(version, true);
    else if (status == COMMAND_DONE)
        fwrite(version->file.bytes, 1, version->file.size, stdout);
    ledger_close(ledger);
    return status;
}

/* --- diff --------------------------------------------------------------- */

static bool
is_directory(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* One side of a comparison: a file, or a version of the ledger. */
struct side {
    const char *what;
    const struct program *program;
};

static enum command_status
take_file(const struct arguments *arguments, const char *path,
          struct arena *arena, struct side *side)
{
    struct rules *rules = ARENA_NEW(arena, struct rules, 1);

    enum command_status status = read_rules(arguments, path, arena, rules);
    if (status != COMMAND_DONE)
        return status;
    if (rules->program == NULL) {
        print_mistakes(rules);
        return COMMAND_REFUSED;
    }
    *side = (struct side) { path, rules->program };
    return COMMAND_DONE;
}

static enum command_status
take_version(const struct arguments *arguments, struct ledger *ledger,
             const char *number, struct side *side)
{
    const struct ledger_version *version;

    enum command_status status =
        find_version(arguments, ledger, number, &version);
    if (status != COMMAND_DONE)
        return status;
    if (version->program == NULL)
        return command_fail(arguments, ERR_UNKNOWN, "version %u",
                            version->number);
    *side = (struct side) { number, version->program };
    return COMMAND_DONE;
}

/* {"changes": [{"path": "earn.base", "change": "points 1 -> 2"}, ...]} of the
 * lines "earn.base: points 1 -> 2". */
static void
changes_json(view lines, struct text *text)
{
    text_string(text, "{\"changes\": [");
    while (lines.size > 0) {
        const uint8_t *end = memchr(lines.bytes, '\n', lines.size);
        assert(end != NULL);
        uint32_t size = (uint32_t)(end - lines.bytes);
        const uint8_t *colon = memmem(lines.bytes, size, ": ", 2);
        const uint8_t *change = colon == NULL ? lines.bytes : colon + 2;
        text_comma(text);
        text_char(text, '{');
        if (colon != NULL)
            text_json_view(
                text, "path",
                (view) { lines.bytes, (uint32_t)(colon - lines.bytes) });
        text_json_view(text, "change",
                       (view) { change, (uint32_t)(end - change) });
        text_char(text, '}');
        lines = (view) { end + 1, lines.size - size - 1 };
    }
    text_string(text, "]}\n");
}

static enum command_status
print_diff(const struct arguments *arguments, const struct side sides[2])
{
    const bool is_json = command_flag(arguments, "json");
    struct text text = { 0 }, json = { 0 };

    uint32_t count =
        program_diff_write(sides[0].program, sides[1].program, &text);
    if (is_json && text_ok(&text))
        changes_json(text_view(&text), &json);
    if (!text_ok(&text) || !text_ok(&json)) {
        text_close(&text);
        text_close(&json);
        return command_fail(arguments, ERR_MEMORY, "diff");
    }
    if (is_json)
        fwrite(json.bytes, 1, json.size, stdout);
    else if (count == 0)
        fprintf(stderr, "leima rules diff: no difference\n");
    else
        fwrite(text.bytes, 1, text.size, stdout);
    text_close(&text);
    text_close(&json);
    return COMMAND_DONE;
}

static enum command_status
diff(const struct arguments *arguments)
{
    uint32_t count = command_operand_count(arguments);
    bool in_ledger = is_directory(command_operand(arguments, 0));
    struct ledger *ledger = NULL;
    struct side sides[2] = { 0 };
    struct arena arena = { 0 };

    if (count != (in_ledger ? count : 2))
        return command_misuse(arguments, "expected two files, or a ledger and "
                                         "two versions or one file");
    if (!inlet_is_single(arguments, 0, NULL))
        return COMMAND_MISUSE;
    if (!arena_open(&arena, 2 * RULES_ROOM))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    enum command_status status = COMMAND_DONE;
    if (in_ledger)
        status = query_ledger(arguments, LEDGER_READ, &ledger);
    for (uint32_t i = 0; i < 2 && status == COMMAND_DONE; i++) {
        const char *name =
            command_operand(arguments, in_ledger && count == 3 ? i + 1 : i);
        if (!in_ledger || (count == 2 && i == 1))
            status = take_file(arguments, name, &arena, &sides[i]);
        else
            status = take_version(arguments, ledger, count == 2 ? NULL : name,
                                  &sides[i]);
    }
    if (status == COMMAND_DONE)
        status = print_diff(arguments, sides);
    if (ledger != NULL)
        ledger_close(ledger);
    arena_close(&arena);
    return status;
}

static enum command_status
schema(const struct arguments *arguments)
{
    struct text text = { 0 };

    program_schema_write(&text);
    if (!text_ok(&text))
        return command_fail(arguments, ERR_MEMORY, "schema");
    fwrite(text.bytes, 1, text.size, stdout);
    text_close(&text);
    return COMMAND_DONE;
}

/* --- the table ---------------------------------------------------------- */

static const struct option CHECK_OPTIONS[] = {
    { "ledger", "LEDGER", "also compare with the versions published there" },
    { 0 },
};
static const struct option PUBLISH_OPTIONS[] = {
    { "from", "YYYY-MM-DD", "the local date from which it holds" },
    { 0 },
};

const struct command cmd_rules_table[] = {
    { .name = "rules check",
      .run = check,
      .line = "check a program file and run its tests",
      .usage = "FILE",
      .operands_min = 1,
      .operands_max = 1,
      .options = CHECK_OPTIONS,
      .about = "All mistakes are told, each with line and column.\n",
      .examples = "leima rules check program.yaml\n"
                  "leima rules check program.yaml --ledger L --json\n" },
    { .name = "rules publish",
      .run = publish,
      .line = "publish a program file as a version",
      .usage = "LEDGER FILE",
      .operands_min = 2,
      .operands_max = 2,
      .options = PUBLISH_OPTIONS,
      .examples = "leima rules publish L program.yaml --from 2026-01-01\n" },
    { .name = "rules list",
      .run = list,
      .line = "the published versions",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .about = "With --json: a line for each.\n",
      .examples = "leima rules list L\n" },
    { .name = "rules show",
      .run = show,
      .line = "the file of a version (that with the last date)",
      .usage = "LEDGER [VERSION]",
      .operands_min = 1,
      .operands_max = 2,
      .about = "VERSION is a number of `rules list`, or what `rules publish` "
               "printed.\n",
      .examples = "leima rules show L 1 >program.yaml\n" },
    { .name = "rules diff",
      .run = diff,
      .line = "what changed, in words",
      .usage = "OLD.yaml NEW.yaml | LEDGER NEW.yaml | LEDGER VERSION VERSION",
      .operands_min = 2,
      .operands_max = 3,
      .examples = "leima rules diff program.yaml candidate.yaml\n"
                  "leima rules diff L candidate.yaml\n"
                  "leima rules diff L 1 2\n" },
    { .name = "rules schema",
      .run = schema,
      .line = "the grammar of program files as a JSON Schema, for editors",
      .usage = "",
      .examples = "leima rules schema >program.schema.json\n" },
    { 0 },
};
