#include "core/versions.h"

#include "core/program_yaml.h"
#include "core/publication.h"
#include "core/reader.h"

#include <stdlib.h>

/* The versions known at a position, compiled. */
struct known {
    uint32_t count;
    enum err err;                /* of the timeline */
    struct ledger_version *list; /* NULL: nobody has asked for them yet */
    const struct timeline *timeline;
    struct arena arena;
};

/* A publication as read; one of a later program has only its place. */
struct entry {
    struct ledger_version version;
    view body;          /* of the item */
    struct arena arena; /* its bytes and its program */
};

struct versions {
    struct journal *journal; /* borrowed */
    uint64_t position;       /* control items up to here have been read */
    uint64_t changes;
    struct reader_damage damage; /* position 0: none */
    uint32_t entry_count;
    uint32_t entry_room;
    struct entry *entries; /* owned; in the order of publishing */
    /* What was known at two positions is the same if it is as many: these are
     * by their count, and stay together until there are more.  NULL: none. */
    struct known *known;
    uint32_t known_count;
};

enum err
versions_open(struct journal *journal, struct versions **ret_versions)
{
    struct versions *versions = calloc(1, sizeof *versions);

    if (versions == NULL)
        return ERR_MEMORY;
    versions->journal = journal;
    *ret_versions = versions;
    return OK;
}

static void
forget(struct versions *versions)
{
    if (versions->known == NULL)
        return;
    for (uint32_t i = 0; i < versions->known_count; i++) {
        free(versions->known[i].list);
        arena_close(&versions->known[i].arena);
    }
    free(versions->known);
    versions->known = NULL;
}

void
versions_close(struct versions *versions)
{
    if (versions == NULL)
        return;
    forget(versions);
    for (uint32_t i = 0; i < versions->entry_count; i++)
        arena_close(&versions->entries[i].arena);
    free(versions->entries);
    free(versions);
}

/* Reads the program out of a publication's body. */
static enum err
parse(struct entry *entry, view body)
{
    struct publication publication;
    enum { PARTS = 1 << 18 }; /* zone and lists */
    struct mistakes *mistakes;

    if (!arena_open(&entry->arena,
                    program_yaml_room(body.size) + body.size + PARTS))
        return ERR_MEMORY;
    entry->body = arena_copy(&entry->arena, body);
    enum err err = publication_decode(entry->body, &entry->arena, &publication);
    if (err != OK)
        return err == ERR_UNKNOWN ? OK : err;
    entry->version.from_day = publication.from_day;
    entry->version.file = publication.file;
    entry->version.zone = publication.zone;
    mistakes = calloc(1, sizeof *mistakes);
    if (mistakes == NULL)
        return ERR_MEMORY;
    err = program_yaml_read(publication.file, &entry->arena, mistakes,
                            &entry->version.program);
    free(mistakes);
    /* It was free of mistakes when it was published: if it is not now, its
     * publisher knew more than we do. */
    if (err == ERR_INPUT) {
        entry->version.program = NULL;
        err = OK;
    }
    return err;
}

static int
compare_versions(const struct ledger_version *a, const struct ledger_version *b)
{
    if (a->recorded_ms != b->recorded_ms)
        return a->recorded_ms < b->recorded_ms ? -1 : 1;
    return identity_compare(a->identity, b->identity);
}

/* Whether it is there already: a hub says again, in a later stream and with the
 * same time, what not everybody could be told in the one where it stands first.
 * Within a stream two are two. */
static bool
is_known(const struct versions *versions, const struct reader_item *item)
{
    for (uint32_t i = 0; i < versions->entry_count; i++) {
        const struct entry *entry = &versions->entries[i];
        const identity *there = &entry->version.identity;
        if (entry->version.recorded_ms == item->record.recorded_ms &&
            (there->node != item->record.stream.node ||
             there->incarnation != item->record.stream.incarnation) &&
            view_equal(entry->body, item->record.body))
            return true;
    }
    return false;
}

static enum err
insert(struct versions *versions, const struct entry *entry)
{
    if (versions->entry_count == LIMIT_VERSIONS)
        return err_corrupt();
    if (versions->entry_count == versions->entry_room) {
        uint32_t room =
            versions->entry_room == 0 ? 8 : versions->entry_room * 2;
        void *grown =
            realloc(versions->entries, room * sizeof *versions->entries);
        if (grown == NULL)
            return ERR_MEMORY;
        versions->entries = grown;
        versions->entry_room = room;
    }
    uint32_t at = versions->entry_count++;
    for (; at > 0 && compare_versions(&entry->version,
                                      &versions->entries[at - 1].version) < 0;
         at--)
        versions->entries[at] = versions->entries[at - 1];
    versions->entries[at] = *entry;
    return OK;
}

static enum err
take(struct versions *versions, const struct reader_item *item)
{
    struct entry entry = {
        .version = {
            .recorded_ms = item->record.recorded_ms,
            .identity = { item->record.stream.incarnation, item->record.seq,
                          item->record.stream.node },
            .position = item->position,
        },
    };
    enum err err = parse(&entry, item->record.body);

    if (err == OK)
        err = insert(versions, &entry);
    if (err != OK)
        arena_close(&entry.arena);
    return err;
}

static enum err
read_items(struct versions *versions, struct reader *reader, bool *ret_changed)
{
    struct reader_item item;
    uint64_t next = versions->position + 1;
    enum err err;

    versions->damage = (struct reader_damage) { 0 };
    for (;; next = item.position + 1) {
        err = reader_next_control(reader, next, &item);
        if (err == ERR_UNKNOWN)
            continue;
        if (err != OK)
            break;
        if (item.record.kind == RECORD_VERSION &&
            item.record.stream.channel == CHANNEL_PUBLIC &&
            !is_known(versions, &item)) {
            err = take(versions, &item);
            if (err != OK)
                return err;
            *ret_changed = true;
        }
        versions->position = item.position;
    }
    if (err == ERR_CORRUPT)
        versions->damage = *reader_damage(reader);
    if (err == ERR_CORRUPT && versions->damage.position != 0)
        return OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err
versions_refresh(struct versions *versions, bool *ret_changed)
{
    struct reader *reader = NULL;
    bool changed = false;
    enum err err = reader_open(versions->journal, &reader);

    if (err != OK)
        return err;
    err = read_items(versions, reader, &changed);
    reader_close(reader);
    if (changed) {
        versions->changes++;
        forget(versions);
    }
    if (err == OK)
        *ret_changed = changed;
    return err;
}

const struct reader_damage *
versions_damage(const struct versions *versions)
{
    return versions->damage.position == 0 ? NULL : &versions->damage;
}

uint64_t
versions_changes(const struct versions *versions)
{
    return versions->changes;
}

uint64_t
versions_position(const struct versions *versions)
{
    return versions->position;
}

static enum err
compile(struct known *known)
{
    struct timeline_input *inputs = calloc(known->count + 1, sizeof *inputs);

    if (inputs == NULL)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < known->count; i++) {
        if (known->list[i].program == NULL) {
            free(inputs);
            return ERR_UNKNOWN;
        }
        inputs[i] = (struct timeline_input) {
            .program = known->list[i].program,
            .zone = known->list[i].zone,
            .from_day = known->list[i].from_day,
            .file = known->list[i].file,
        };
    }
    enum err err = ERR_MEMORY;
    if (arena_open(&known->arena, timeline_room(inputs, known->count) + 4096)) {
        known->timeline = timeline_build(inputs, known->count, &known->arena);
        err = OK;
    }
    free(inputs);
    return err;
}

static enum err
make(const struct versions *versions, uint64_t position, struct known *known)
{
    struct ledger_version *list =
        calloc(versions->entry_count + 1, sizeof *list);

    if (list == NULL)
        return ERR_MEMORY;
    known->count = 0;
    for (uint32_t i = 0; i < versions->entry_count; i++) {
        if (versions->entries[i].version.position > position)
            continue;
        list[known->count] = versions->entries[i].version;
        list[known->count].number = known->count + 1;
        known->count++;
    }
    known->list = list;
    known->err = compile(known);
    if (known->err != ERR_MEMORY)
        return OK;
    free(list);
    known->list = NULL;
    return ERR_MEMORY;
}

/* How many had arrived by then. */
static uint32_t
count_at(const struct versions *versions, uint64_t position)
{
    uint32_t count = 0;

    if (position >= versions->position)
        return versions->entry_count;
    for (uint32_t i = 0; i < versions->entry_count; i++)
        count += versions->entries[i].version.position <= position;
    return count;
}

static enum err
find(struct versions *versions, uint64_t position, struct known **ret_known)
{
    uint32_t count = count_at(versions, position);

    if (versions->known == NULL) {
        versions->known_count = versions->entry_count + 1;
        versions->known =
            calloc(versions->known_count, sizeof *versions->known);
        if (versions->known == NULL)
            return ERR_MEMORY;
    }
    struct known *known = &versions->known[count];
    if (known->list == NULL) {
        enum err err = make(versions, position, known);
        if (err != OK)
            return err;
    }
    assert(known->count == count);
    *ret_known = known;
    return OK;
}

enum err
versions_list(struct versions *versions, uint64_t known,
              const struct ledger_version **ret_list, uint32_t *ret_count)
{
    struct known *found;
    enum err err = find(versions, known, &found);

    if (err != OK)
        return err;
    *ret_list = found->list;
    *ret_count = found->count;
    return OK;
}

enum err
versions_timeline(struct versions *versions, uint64_t known,
                  const struct timeline **ret_timeline)
{
    struct known *found;
    enum err err = find(versions, known, &found);

    if (err == OK)
        err = found->err;
    if (err == OK)
        *ret_timeline = found->timeline;
    return err;
}
