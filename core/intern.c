#include "core/intern.h"

#include "core/hash.h"
#include "core/list.h"

enum { FIRST_SIZE = 64 };

static void
open_places(struct intern *intern, uint32_t size)
{
    assert((size & (size - 1)) == 0);
    intern->places = ARENA_NEW(intern->arena, uint32_t, size);
    intern->mask = size - 1;
}

void
intern_open(struct intern *intern, uint64_t seed, struct arena *arena)
{
    *intern = (struct intern) { .arena = arena, .seed = seed };
    open_places(intern, FIRST_SIZE);
}

/* Where the string is, or where it would have to go. */
static uint32_t
probe(const struct intern *intern, view string)
{
    uint32_t at = (uint32_t)hash_64(string, intern->seed) & intern->mask;

    while (intern->places[at] != 0 &&
           !view_equal(intern->strings.items[intern->places[at] - 1], string))
        at = (at + 1) & intern->mask;
    return at;
}

uint32_t
intern_number(struct intern *intern, view string)
{
    uint32_t at = probe(intern, string);
    uint32_t number = intern->strings.count;

    if (intern->places[at] != 0)
        return intern->places[at] - 1;
    view *copy = LIST_ADD(intern->arena, &intern->strings);
    *copy = arena_copy(intern->arena, string);
    intern->places[at] = number + 1;
    if (intern->strings.count * 2 > intern->mask) {
        open_places(intern, (intern->mask + 1) * 2);
        for (uint32_t i = 0; i < intern->strings.count; i++)
            intern->places[probe(intern, intern->strings.items[i])] = i + 1;
    }
    return number;
}

uint32_t
intern_count(const struct intern *intern)
{
    return intern->strings.count;
}

view
intern_string(const struct intern *intern, uint32_t number)
{
    assert(number < intern->strings.count);
    return intern->strings.items[number];
}
