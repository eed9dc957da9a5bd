#include "replay/candidate.h"

#include "core/list.h"

struct input_list {
    struct timeline_input *items;
    uint32_t count;
    uint32_t room;
};

static enum err
check_same(const struct program *program, const struct program *published,
           const char *name, struct complaint *complaint)
{
    if (!view_equal(program->currency, published->currency))
        return complain(
            complaint, "%s: currency %.*s, but the ledger's is %.*s", name,
            (int)program->currency.size, program->currency.bytes,
            (int)published->currency.size, published->currency.bytes);
    if (!view_equal(program->timezone, published->timezone))
        return complain(
            complaint, "%s: timezone %.*s, but the ledger's is %.*s", name,
            (int)program->timezone.size, program->timezone.bytes,
            (int)published->timezone.size, published->timezone.bytes);
    return OK;
}

/* The first local day that an event can lie on, anywhere. */
static int32_t
first_day(void)
{
    return calendar_day((civil) { 1999, 12, 30 });
}

static enum err
add_published(struct ledger *ledger, const struct candidate *candidate,
              const struct program *program, struct arena *arena,
              struct input_list *inputs, struct zone *zone,
              struct complaint *complaint)
{
    const struct ledger_version *versions;
    uint32_t count;

    enum err err = ledger_versions(ledger, LEDGER_KNOWN_ALL, &versions, &count);
    if (err != OK)
        return err;
    for (uint32_t i = 0; i < count; i++) {
        const struct ledger_version *version = &versions[i];
        if (version->program == NULL)
            return ERR_UNKNOWN;
        err = check_same(program, version->program, candidate->name, complaint);
        if (err != OK)
            return err;
        *zone = version->zone;
        if (version->from_day < candidate->from_day)
            *LIST_ADD(arena, inputs) =
                (struct timeline_input) { version->program, version->zone,
                                          version->from_day, version->file };
    }
    return OK;
}

/* Looking a zone up takes longer than all the rest, so variants share it. */
static enum err
read_program(const struct candidate *candidate, struct arena *arena,
             struct mistakes *mistakes, const struct program **ret_program,
             struct zone *ret_zone)
{
    if (candidate->zone != NULL) {
        enum err err =
            program_yaml_read(candidate->file, arena, mistakes, ret_program);
        if (err != OK)
            return err;
        *ret_zone = *candidate->zone;
        if (view_equal(candidate->zone->name, (*ret_program)->timezone))
            return OK;
    }
    return program_yaml_check(candidate->file, arena, mistakes, ret_program,
                              ret_zone);
}

enum err
candidate_timeline(struct ledger *ledger, const struct candidate *candidate,
                   struct arena *arena, struct mistakes *mistakes,
                   const struct timeline **ret_timeline,
                   struct complaint *complaint)
{
    struct input_list inputs = { 0 };
    const struct program *program;
    struct zone zone;

    enum err err = read_program(candidate, arena, mistakes, &program, &zone);
    if (err != OK)
        return err;
    err = add_published(ledger, candidate, program, arena, &inputs, &zone,
                        complaint);
    if (err != OK)
        return err;
    *LIST_ADD(arena, &inputs) =
        (struct timeline_input) { program, zone,
                                  candidate->from_day == CANDIDATE_FROM_START
                                      ? first_day()
                                      : candidate->from_day,
                                  candidate->file };
    *ret_timeline = timeline_build(inputs.items, inputs.count, arena);
    return OK;
}
