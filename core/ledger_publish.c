#include "core/ledger_publish.h"

#include "core/ledger_parts.h"
#include "core/program_yaml.h"
#include "core/publication.h"

#include <stdlib.h>

enum { TRIES = 100 };

static enum err
complain_first(const struct ledger_publish *publish,
               const struct mistakes *mistakes, struct complaint *complaint)
{
    const struct mistake *first = &mistakes->list[0];

    assert(mistakes->count > 0);
    return complain(complaint, "%s:%u:%u: %s; `leima rules check` tells all",
                    publish->name, first->place.line, first->place.column,
                    first->text);
}

/* Reads the file and the zone from this machine. */
static enum err
check(const struct ledger_publish *publish, struct arena *arena,
      const struct program **ret_program, struct zone *ret_zone,
      struct complaint *complaint)
{
    struct mistakes *mistakes = calloc(1, sizeof *mistakes);

    if (mistakes == NULL)
        return ERR_MEMORY;
    enum err err = program_yaml_check(publish->file, arena, mistakes,
                                      ret_program, ret_zone);
    if (err == ERR_INPUT)
        complain_first(publish, mistakes, complaint);
    free(mistakes);
    return err;
}

static enum err
compare(const char *what, view found, view before, struct complaint *complaint)
{
    if (view_equal(found, before))
        return OK;
    return complain(complaint,
                    "%s %.*s: expected %.*s, as in the versions before", what,
                    (int)found.size, (const char *)found.bytes,
                    (int)before.size, (const char *)before.bytes);
}

enum err
ledger_publish_fits(struct ledger *ledger, const struct program *program,
                    struct complaint *complaint)
{
    const struct ledger_version *versions;
    uint32_t count;
    enum err err = ledger_versions(ledger, LEDGER_KNOWN_ALL, &versions, &count);

    /* With one more it could not be read any more, and no node either. */
    if (err == OK && count >= LIMIT_VERSIONS)
        return complain(complaint,
                        "%u versions have been published, and no ledger holds "
                        "more",
                        count);
    for (uint32_t i = 0; err == OK && i < count; i++) {
        const struct program *before = versions[i].program;
        if (before == NULL)
            return ERR_UNKNOWN;
        err =
            compare("currency", program->currency, before->currency, complaint);
        if (err == OK)
            err = compare("timezone", program->timezone, before->timezone,
                          complaint);
    }
    return err;
}

/* The clock reading that puts a new version behind those that there are. */
static enum err
find_time(struct ledger *ledger, int64_t *now_ms)
{
    const struct ledger_version *versions;
    uint32_t count;
    enum err err = ledger_versions(ledger, LEDGER_KNOWN_ALL, &versions, &count);

    for (uint32_t i = 0; err == OK && i < count; i++)
        if (versions[i].recorded_ms > *now_ms)
            *now_ms = versions[i].recorded_ms;
    return err;
}

/* One try; ERR_BUSY: another version has come between. */
static enum err
publish_once(struct ledger *ledger, const struct ledger_publish *publish,
             const struct program *program, view body,
             struct journal_result *ret_result, struct complaint *complaint)
{
    bool changed;
    int64_t now_ms = publish->now_ms;
    struct complaint why = { 0 };
    enum err err = versions_refresh(ledger->versions, &changed);

    if (err == OK)
        err = ledger_publish_fits(ledger, program, &why);
    if (err == ERR_INPUT)
        complain(complaint, "%s: %s", publish->name, why.text);
    if (err == OK)
        err = find_time(ledger, &now_ms);
    if (err != OK)
        return err;
    const struct journal_control control = {
        .channel = CHANNEL_PUBLIC,
        .kind = RECORD_VERSION,
        .body = body,
        .now_ms = now_ms,
        .only_at = versions_position(ledger->versions) + 1,
    };
    return journal_append_control(ledger->journal, &control, ret_result);
}

static enum err
append_version(struct ledger *ledger, const struct ledger_publish *publish,
               const struct program *program, const struct zone *zone,
               struct journal_result *ret_result, struct complaint *complaint)
{
    const struct publication publication = {
        .grammar = PUBLICATION_GRAMMAR,
        .semantics = TIMELINE_SEMANTICS,
        .from_day = publish->from_day,
        .file = publish->file,
        .zone = *zone,
    };
    struct text body = { 0 };
    enum err err = ERR_BUSY;

    publication_encode(&publication, &body);
    if (!text_ok(&body))
        err = ERR_MEMORY;
    for (uint32_t i = 0; i < TRIES && err == ERR_BUSY; i++)
        err = publish_once(ledger, publish, program, text_view(&body),
                           ret_result, complaint);
    text_close(&body);
    return err;
}

enum err
ledger_publish(struct ledger *ledger, const struct ledger_publish *publish,
               identity *ret_identity, struct complaint *complaint)
{
    const int32_t first = calendar_day((civil) { 2000, 1, 1 });
    const int32_t last = calendar_day((civil) { 2099, 12, 31 });
    enum { ZONE_ROOM = 1 << 18 };
    struct arena arena = { 0 };
    const struct program *program = NULL;
    struct zone zone = { 0 };
    struct journal_result result;

    if (ledger_is_joined(ledger))
        return complain(complaint,
                        "%s: has joined a hub, and versions come from there; "
                        "publish at the hub",
                        ledger->dir);
    if (publish->file.size > LIMIT_PROGRAM_SIZE)
        return complain(complaint, "%s: expected at most %d bytes",
                        publish->name, LIMIT_PROGRAM_SIZE);
    if (publish->from_day < first || publish->from_day > last)
        return complain(complaint, "from: expected a date from 2000-01-01 to "
                                   "2099-12-31");
    if (!arena_open(&arena, program_yaml_room(publish->file.size) + ZONE_ROOM))
        return ledger_fault(ledger, ERR_MEMORY, complaint);
    enum err err = check(publish, &arena, &program, &zone, complaint);
    if (err == OK)
        err =
            append_version(ledger, publish, program, &zone, &result, complaint);
    arena_close(&arena);
    if (err == ERR_INPUT)
        return err;
    if (err != OK)
        return ledger_fault(ledger, err, complaint);
    *ret_identity = result.identity;
    return ledger_refresh(ledger, complaint);
}
