#include "tests/rules.h"

/* Never reset: a test's timelines live until its end. */
static struct arena *
shelf(void)
{
    static struct arena arena;

    if (arena.base == NULL && !arena_open(&arena, (size_t)1 << 30))
        assert(!"no memory for the test");
    return &arena;
}

struct zone
rules_zone(void)
{
    static struct zone zone;

    if (zone.count == 0) {
        enum err err = zone_load(view_of("Europe/Helsinki"), shelf(), &zone);
        assert(err == OK);
    }
    return zone;
}

int64_t
rules_ms(const char *time)
{
    int64_t ms = 0;
    bool is_time = calendar_parse_time(view_of(time), &ms);

    assert(is_time);
    return ms;
}

int32_t
rules_day(const char *date)
{
    int32_t day = 0;
    bool is_date = calendar_parse_date(view_of(date), &day);

    assert(is_date);
    return day;
}

const struct timeline *
rules_timeline(const struct program *const *programs, const char *const *dates,
               uint32_t count)
{
    struct timeline_input *inputs =
        ARENA_NEW(shelf(), struct timeline_input, count);
    struct arena arena;

    for (uint32_t i = 0; i < count; i++)
        inputs[i] = (struct timeline_input) {
            .program = programs[i],
            .zone = rules_zone(),
            .from_day = rules_day(dates[i]),
            .file = programs[i]->program,
        };
    /* In an arena of exactly the room that was promised. */
    bool opened = arena_open(&arena, timeline_room(inputs, count));
    assert(opened);
    return timeline_build(inputs, count, &arena);
}

const struct timeline *
rules_single(const struct program *program)
{
    return rules_timeline(&program, (const char *const[]) { "2000-01-01" }, 1);
}
