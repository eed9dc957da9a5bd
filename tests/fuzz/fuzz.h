/*
 * fuzz.h - what the fuzzers share
 *
 * Each fuzz_x.c gives one parser bytes of every sort.  Whatever they are, the
 * parser must end, within its arena, without reading beside them, and what it
 * takes must come out the same when it is written and read again.  `make fuzz`
 * looks for new bytes; tests/test_fuzz.sh runs what was found.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Also where assert() would be off. */
#define FUZZ_CHECK(condition)                                                  \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,         \
                    #condition);                                               \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* The process's arena of that size, emptied. */
static inline struct arena *
fuzz_arena(size_t size)
{
    static struct arena arena;
    static bool open;

    if (!open)
        FUZZ_CHECK(arena_open(&arena, size));
    open = true;
    arena_reset(&arena);
    return &arena;
}

static inline int
fuzz_remove(const char *path, const struct stat *found, int kind,
            struct FTW *place)
{
    (void)found, (void)kind, (void)place;
    return remove(path);
}

/* The process's folder, in memory; it goes with all that is in it. */
static char fuzz_folder_path[64];

static inline void
fuzz_remove_folder(void)
{
    nftw(fuzz_folder_path, fuzz_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *
fuzz_folder(void)
{
    if (fuzz_folder_path[0] == '\0') {
        strcpy(fuzz_folder_path, "/dev/shm/leima-fuzz-XXXXXX");
        FUZZ_CHECK(mkdtemp(fuzz_folder_path) != NULL);
        atexit(fuzz_remove_folder);
    }
    return fuzz_folder_path;
}

static inline void
fuzz_path(const char *name, char ret_path[static 128])
{
    snprintf(ret_path, 128, "%s/%s", fuzz_folder(), name);
}

/* A file of the folder, by a name that may have a folder of its own before
 * it. */
static inline void
fuzz_write(const char *name, view bytes)
{
    char path[128];

    fuzz_path(name, path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FUZZ_CHECK(file >= 0);
    FUZZ_CHECK(write(file, bytes.bytes, bytes.size) == (ssize_t)bytes.size);
    close(file);
}

static inline void
fuzz_make_folder(const char *name)
{
    char path[128];

    fuzz_path(name, path);
    FUZZ_CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
}

#endif
