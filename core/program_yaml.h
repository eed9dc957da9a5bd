/*
 * program_yaml.h - a program file (RULES.md) read into a `struct program`
 *
 * The bytes become a tree (yaml.h); the tables of grammar.h say which
 * keys there are, of which type and range; references are resolved and
 * defaults filled in; program_check.h then looks at what no single value shows.
 * Every mistake is told with its place, up to LIMIT_MISTAKES in one run.
 */
#ifndef CORE_PROGRAM_YAML_H
#define CORE_PROGRAM_YAML_H

#include "core/err.h"
#include "core/mistake.h"
#include "core/program.h"

/* The room that a file of `size` bytes may take in the arena, at most. */
size_t program_yaml_room(uint32_t size);

/* Reads and checks a program file.  Pure: the time zone's name is not looked
 * up, since a published version carries its zone.  The program lives in the
 * arena, which has program_yaml_room() left; `bytes` may go away afterwards.
 * `mistakes` is emptied first, and sorted by place afterwards.
 * ERR_INPUT: there are mistakes, and nothing is left in the arena.
 * ERR_MEMORY: the machine has no address space for the scratch. */
NODISCARD enum err program_yaml_read(view bytes, struct arena *arena,
                                     struct mistakes *mistakes,
                                     const struct program **ret_program);

/* The same for a file that is to be checked, published or simulated: the time
 * zone is also taken from the system's tz database into the arena (zone_load()
 * in calendar.h: from a single thread only), and one that the system does not
 * know is a mistake at its place.  ERR_IO: it can't be read now. */
NODISCARD enum err program_yaml_check(view bytes, struct arena *arena,
                                      struct mistakes *mistakes,
                                      const struct program **ret_program,
                                      struct zone *ret_zone);

#endif
