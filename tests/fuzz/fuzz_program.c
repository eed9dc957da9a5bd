/* fuzz_program.c - a program file in YAML */
#include "core/program_yaml.h"
#include "core/timeline.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct mistakes mistakes;
    struct arena arena = { 0 };
    const struct program *program = NULL;
    struct zone zone = { 0 };

    if (size > 65536)
        return 0;
    FUZZ_CHECK(arena_open(&arena, program_yaml_room((uint32_t)size) + 262144));
    mistakes = (struct mistakes) { 0 };
    enum err err = program_yaml_check((view) { bytes, (uint32_t)size }, &arena,
                                      &mistakes, &program, &zone);
    FUZZ_CHECK(err == OK || err == ERR_INPUT);
    FUZZ_CHECK((err == OK) == (mistakes.count == 0));
    if (err == OK) {
        const struct timeline_input input = {
            .program = program,
            .zone = zone,
            .from_day = 0,
            .file = { bytes, (uint32_t)size },
        };
        struct arena built = { 0 };
        FUZZ_CHECK(arena_open(&built, timeline_room(&input, 1) + 4096));
        FUZZ_CHECK(timeline_build(&input, 1, &built) != NULL);
        arena_close(&built);
    }
    arena_close(&arena);
    return 0;
}
