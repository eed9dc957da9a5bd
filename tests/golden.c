#include "tests/golden.h"

#include "core/json.h"
#include "tests/unit.h"

#include <stdio.h>
#include <string.h>

static view
hex_of(struct arena *arena, const char *line)
{
    size_t size = strcspn(line, "\n") / 2;
    uint8_t *bytes = ARENA_NEW(arena, uint8_t, size + 1);

    if (line[0] == '-')
        return (view) { 0 };
    for (size_t i = 0; i < size; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(line + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    return (view) { bytes, (uint32_t)size };
}

static void
read_line(FILE *file, char *line)
{
    assert_non_null(fgets(line, GOLDEN_LINE, file));
    line[strcspn(line, "\n")] = '\0';
}

uint32_t
golden_read(struct arena *arena, struct golden **ret_goldens)
{
    char line[GOLDEN_LINE];
    uint32_t golden_count = 0;
    FILE *file = fopen("tests/golden/events.txt", "r");

    assert_non_null(file);
    struct golden *goldens = ARENA_NEW(arena, struct golden, GOLDEN_MAX);
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(golden_count < GOLDEN_MAX);
        struct golden *golden = &goldens[golden_count++];
        struct complaint complaint = { 0 };
        struct json_extra extra;
        memcpy(golden->json, line, sizeof line);
        golden->json[strcspn(golden->json, "\n")] = '\0';
        read_line(file, line);
        golden->bare = hex_of(arena, line);
        read_line(file, line);
        golden->copy = hex_of(arena, line);
        read_line(file, line);
        golden->annex = hex_of(arena, line);
        read_line(file, line);
        if (json_read_event(view_of(golden->json), arena, &golden->event,
                            &extra, &complaint) != OK)
            fail_msg("%s: %s", golden->json, complaint.text);
    }
    fclose(file);
    *ret_goldens = goldens;
    return golden_count;
}
