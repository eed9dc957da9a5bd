/* fuzz_mapping.c - a mapping file and the rows that it is to make events of;
 * a line "%%" stands between them */
#include <string.h>

#include "core/yaml.h"
#include "tests/fuzz/fuzz.h"
#include "tools/mapping.h"

static enum err
take_event(void *context, const struct event *event,
           const struct json_extra *extra, uint64_t line, view rows)
{
    (void)context, (void)extra, (void)line;
    FUZZ_CHECK(rows.size > 0);
    struct event checked = *event;
    /* What the ledger adds when it appends. */
    checked.store = checked.store == 0 ? 1 : checked.store;
    FUZZ_CHECK(event_check_core(&checked, NULL) == OK || !extra->has_at ||
               extra->voids_id.size > 0);
    return OK;
}

static enum err
take_heading(void *context, view row)
{
    (void)context, (void)row;
    return OK;
}

static enum err
reject(void *context, uint64_t line, view row, const char *why)
{
    (void)context, (void)line, (void)row;
    FUZZ_CHECK(why[0] != '\0');
    return OK;
}

/* What reading a mapping may take of an arena, at most: a hole of a template
 * takes three bytes of the file at least. */
static size_t
room_for(uint32_t size)
{
    return sizeof(struct mapping) + yaml_room(size) +
           (size_t)size * sizeof(struct template_piece) + (1 << 20) + 65536;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct mistakes mistakes;
    struct arena *rows = fuzz_arena(1 << 28);
    struct arena arena = { 0 };
    const struct mapping *mapping = NULL;
    struct mapping_count count = { 0 };
    struct complaint why = { .text = "" };

    const uint8_t *split = memmem(bytes, size, "%%\n", 3);
    if (split == NULL || size > 65536)
        return 0;
    view head = { bytes, (uint32_t)(split - bytes) };
    size_t rest = size - head.size - 3;
    FUZZ_CHECK(arena_open(&arena, room_for(head.size)));
    mistakes = (struct mistakes) { 0 };
    enum err err = mapping_file_read(head, &arena, &mistakes, &mapping);
    FUZZ_CHECK((err == OK) == (mistakes.count == 0));
    FILE *in =
        rest == 0 ? NULL : fmemopen((void *)(uintptr_t)(split + 3), rest, "r");
    if (err == OK && in != NULL) {
        const struct mapping_sink sink = { .arena = rows,
                                           .event = take_event,
                                           .heading = take_heading,
                                           .reject = reject };
        (void)mapping_convert(mapping, in, "/nowhere/file", &sink, &count,
                              &why);
    }
    if (in != NULL)
        fclose(in);
    arena_close(&arena);
    return 0;
}
