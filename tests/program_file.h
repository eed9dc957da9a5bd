/*
 * program_file.h - program files for tests: read from disk or from a string
 */
#ifndef TESTS_PROGRAM_FILE_H
#define TESTS_PROGRAM_FILE_H

#include "core/program_yaml.h"

/* The example of RULES.md, as it stands there. */
#define PROGRAM_FILE_KANTA "tests/programs/kanta.yaml"

struct program_file {
    struct arena arena;
    struct mistakes mistakes;
    enum err err;
    view bytes;
    const struct program *program; /* NULL after mistakes */
};

/* Reads a program; the bytes are copied. */
struct program_file *program_file_read(view bytes);
void program_file_close(struct program_file *file);

/* Three lines that every program needs, then `rest`; the first line of `rest`
 * is line 4. */
struct program_file *program_file_of(const char *rest);

/* The bytes of a file, from the root of the tree; free() gives them back. */
view program_file_load(const char *path);

/* What is told of such a program, and where. */
struct told {
    const char *rest;
    uint32_t line;
    uint32_t column;
    const char *text;
};

/* Fails the test, with all that was told, unless this is the only mistake of
 * each program. */
void program_file_assert_told(const struct told *told, uint32_t count);

/* Fails the test unless such a program has no mistake. */
void program_file_assert_good(const char *rest);

#endif
