/*
 * place.h - a directory of a test's own, gone when the test is over
 */
#ifndef TESTS_PLACE_H
#define TESTS_PLACE_H

enum { PLACE_SIZE = 256 };

/* A new directory under $TMPDIR or /tmp; the process stops if there is none. */
struct place {
    char path[PLACE_SIZE];
};
struct place place_make(void);
/* Removes the directory and the files in it, and directories in it. */
void place_remove(const struct place *place);
/* "PATH/NAME" in a buffer of the caller. */
void place_join(const struct place *place, const char *name,
                char path[static PLACE_SIZE]);

#endif
