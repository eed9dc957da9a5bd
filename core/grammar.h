/*
 * grammar.h - the keys of a program file as tables (RULES.md)
 *
 * One row for each key: its name, what stands there, which values are allowed,
 * what holds where it is left out, and which field of core/program.h it
 * fills.  The reader (program_yaml.c), the JSON Schema (program_schema.c) and
 * the comparison of two programs (program_diff.c) go by these tables, so that
 * a key can't be known to one of them only.  What one value alone can't show
 * (rules of mixed shapes, stores in two partners) is not here but in
 * program_check.c.
 */
#ifndef CORE_GRAMMAR_H
#define CORE_GRAMMAR_H

#include "core/program.h"

/* What stands at a key, and the type of the field. */
enum grammar_kind {
    GRAMMAR_LABEL,      /* text for people, 1-256 bytes: view */
    GRAMMAR_NAME,       /* 1-32 bytes of a-z 0-9 _ - .: view */
    GRAMMAR_CURRENCY,   /* three capital letters: view */
    GRAMMAR_NUMBER,     /* in units of 10^-decimals: int32_t or int64_t */
    GRAMMAR_CHOICE,     /* one of `words`: int32_t or bool */
    GRAMMAR_DATE,       /* YYYY-MM-DD: int32_t */
    GRAMMAR_TIME,       /* RFC 3339: int64_t */
    GRAMMAR_HOURS,      /* HH:MM-HH:MM: int32_t, and at `second` another */
    GRAMMAR_MONTHS,     /* "12 months", or 0 for the one word: int32_t */
    GRAMMAR_PER,        /* `item`, or money: earn_rule.per */
    GRAMMAR_REFERENCE,  /* the id of an entry of `list`: its place, int32_t */
    GRAMMAR_GROUP,      /* the name of a group of rules: its number */
    GRAMMAR_CHOICES,    /* a list of `words`: uint8_t, 1 << value */
    GRAMMAR_MONTH_DAYS, /* a list of MM-DD: struct month_day_list */
    GRAMMAR_NAMES,      /* a list of names: struct name_list */
    GRAMMAR_CODES,      /* a list of codes (skus): struct name_list */
    GRAMMAR_STORES,     /* numbers, ranges, store groups: struct store_set */
    GRAMMAR_REFERENCES, /* a list of ids: int32_t *, count at `second` */
    GRAMMAR_MAP,        /* a mapping with the keys of `map`: the struct */
    GRAMMAR_LIST,       /* a list of them: pointer, count at `second` */
    GRAMMAR_EVENTS,     /* of a test: list of events as EVENTS.md has them */
    GRAMMAR_EXPECT,     /* of a test: accounts and what they must have */
    GRAMMAR_KIND_COUNT,
};

/* The lists whose entries can be referred to, or must have unique ids. */
enum grammar_list {
    GRAMMAR_NO_LIST = 0,
    GRAMMAR_STORE_GROUPS,
    GRAMMAR_PARTNERS,
    GRAMMAR_RULES,
    GRAMMAR_REWARDS,
    GRAMMAR_STAMPS,
    GRAMMAR_SPEND_REWARDS,
    GRAMMAR_LEVELS,
    GRAMMAR_PASSES,
    GRAMMAR_LIST_COUNT,
};

struct grammar_word {
    const char *word;
    int32_t value;
};

struct grammar_words {
    const struct grammar_word *list;
    uint32_t count;
};

/* Where a field lies in its struct; size 0: nowhere. */
struct grammar_field {
    uint32_t offset;
    uint32_t size;
};

struct grammar_map;

struct grammar_key {
    const char *name;
    const char *about; /* a phrase for people, in the schema */
    enum grammar_kind kind;
    bool required;
    uint32_t decimals; /* of GRAMMAR_NUMBER */
    struct grammar_field field;
    struct grammar_field second;
    int64_t min; /* of a number; of the entries of a list */
    int64_t max;
    int64_t fallback; /* number, choice, reference: where it is left out */
    struct grammar_words words;
    enum grammar_list list; /* meant by a reference, or this very list */
    const struct grammar_map *map;
    /* The field says by this value that this key is the one that was given
     * (points.expiry): more than one key fills the same field. */
    struct grammar_field selector;
    int32_t selected;
};

struct grammar_map {
    const char *title; /* of an entry of a list: "an earn rule" */
    const struct grammar_key *keys;
    uint32_t count;
    uint32_t size; /* of an entry of a list */
    /* Bits of the keys that were given, in the order of the table. */
    struct grammar_field given;
    /* A field that is 0 if and only if the mapping is left out. */
    struct grammar_field present;
};

/* The whole file. */
extern const struct grammar_map grammar_program;

/* The row of a key; NULL if the mapping knows none of that name. */
const struct grammar_key *grammar_find(const struct grammar_map *map,
                                       view name);

/* Where the file keeps the list: "earn", "tiers.levels". */
const char *grammar_list_path(enum grammar_list list);

/* The word for a value; NULL if it has none. */
const char *grammar_word_of(struct grammar_words words, int32_t value);

/* Reading and writing an integer field of 1, 4 or 8 bytes of the struct at
 * `base`. */
int64_t grammar_get(const void *base, struct grammar_field field);
void grammar_set(void *base, struct grammar_field field, int64_t value);

/* The same for a field that is a view, and one that is a pointer to a list. */
view grammar_get_view(const void *base, struct grammar_field field);
const void *grammar_get_pointer(const void *base, struct grammar_field field);
void grammar_set_pointer(void *base, struct grammar_field field,
                         const void *value);

/* Puts in place what holds for the keys that are left out, also in mappings
 * that need not be given to have defaults. */
void grammar_fill_defaults(const struct grammar_map *map, void *base);

#endif
