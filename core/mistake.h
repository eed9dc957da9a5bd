/*
 * mistake.h - what is wrong with a file that a person wrote, and where
 *
 * A reader of such a file goes on after a mistake, so that one run tells them
 * all.  Each has a line and a column, says what was expected and what was
 * found, and may name what was probably meant.  They are printed the way
 * compilers do it, so that editors can jump to them:
 *
 *   program.yaml:14:9: unknown key "wekdays" in when; did you mean "weekdays"?
 *      - {id: weekend, when: {wekdays: [sat, sun]}, multiply: 2}
 *                             ^
 */
#ifndef CORE_MISTAKE_H
#define CORE_MISTAKE_H

#include "core/base.h"
#include "core/limits.h"
#include "core/text.h"

/* Both from 1; a column counts characters, not bytes. */
struct mistake_place {
    uint32_t line;
    uint32_t column;
};

enum { MISTAKE_TEXT_SIZE = 400 };

struct mistake {
    struct mistake_place place;
    char text[MISTAKE_TEXT_SIZE]; /* one line, cut to its size */
};

/* A zeroed list is an empty one.  Those above LIMIT_MISTAKES are counted but
 * not kept. */
struct mistakes {
    uint32_t count; /* of `list` */
    uint32_t total;
    struct mistake list[LIMIT_MISTAKES];
};

/* Adds one mistake at a place, its words made by a format and cut to their
 * size. */
void mistakes_add(struct mistakes *mistakes, struct mistake_place place,
                  const char *format, ...) PRINTF_LIKE(3, 4);

/* Into the order of the file. */
void mistakes_sort(struct mistakes *mistakes);

/* `"text"` for use in a message, cut and with what can't be printed replaced;
 * valid as long as the buffer. */
enum { MISTAKE_QUOTE_SIZE = 96 };
struct mistake_quote {
    char text[MISTAKE_QUOTE_SIZE];
};
const char *mistake_quote(view text, struct mistake_quote *quote);

/* A search for the word that was probably meant: the nearest of those offered,
 * at a distance (insertions, deletions, replacements) of at most two. */
struct mistake_guess {
    view wanted;
    view best; /* empty: nothing is near */
    uint32_t distance;
};
struct mistake_guess mistake_guess_start(view wanted);
void mistake_guess_offer(struct mistake_guess *guess, view word);

/* `; did you mean "weekdays"?`, or "" where nothing is near. */
const char *mistake_guess_words(const struct mistake_guess *guess,
                                struct mistake_quote *quote);

/* The line of the file with that number, from 1, without its break and without
 * the byte order mark: as places count them.  Empty past the end. */
view mistake_line(view source, uint32_t line);

/* Appends of each "file:line:column: text", the line of the source and a caret,
 * and a last line that says how many were not kept.  `source` is the whole
 * file; what a terminal must not see is replaced. */
void mistakes_write(const struct mistakes *mistakes, const char *file,
                    view source, struct text *text);

#endif
