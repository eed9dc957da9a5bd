/*
 * model_types.h - what an account holds, as the model sees it
 *
 * Only the files model*.c include this, by way of model_state.h.  Every list
 * is an array in the order in which things came; all memory lies in one arena
 * until the next question.
 */
#ifndef TESTS_MODEL_TYPES_H
#define TESTS_MODEL_TYPES_H

#include "tests/model.h"

#define NEVER INT64_MAX /* expires_at of what does not end */
#define NOT_YET INT64_MIN

#define LIST(type)                                                             \
    struct {                                                                   \
        type *items;                                                           \
        uint32_t count;                                                        \
    }

/* Appends an item to a LIST. */
#define PUSH(model, list, ...)                                                 \
    do {                                                                       \
        (list)->items = model_grow(model, (list)->items, (list)->count,        \
                                   sizeof(list)->items[0]);                    \
        (list)->items[(list)->count++] = __VA_ARGS__;                          \
    } while (0)

/* Drops the item at a place of a LIST; the others move up. */
#define DROP(list, place)                                                      \
    do {                                                                       \
        for (uint32_t from_ = (place) + 1; from_ < (list)->count; from_++)     \
            (list)->items[from_ - 1] = (list)->items[from_];                   \
        (list)->count--;                                                       \
    } while (0)

struct version_entry {
    const struct program *program;
    int64_t from_ms;
    int32_t from_day;
};

struct key {
    int64_t available_at; /* 0: at once */
    int64_t expires_at;
    view partner;
};

struct lot {
    struct key key;
    int64_t points;
    bool gone; /* came back after its end: breakage right after the event */
};

struct ticket { /* one voucher */
    view reward;
    int64_t expires_at;
    view issuer;
    uint32_t store;
    int64_t value; /* at the issue */
    bool paid_by_issuer;
    view source; /* "stamp.ID", "spend.ID" or empty */
    uint32_t order;
    uint32_t step; /* of the event that issued it */
    int32_t year;
    bool gone;
};

struct card {
    view id;
    int64_t count;
    int64_t times; /* that it gave points, net */
    int64_t given; /* these points */
};

struct spending {
    view id;
    bool by_year;
    int32_t year;
    uint32_t since; /* step at which the window began */
    int64_t progress;
    int64_t times; /* given in this window, net */
    int64_t paid;  /* of them in points */
    int64_t given; /* these points */
};

struct pass_held {
    view id;
    view partner;
    uint32_t store;
    int64_t price;
    int64_t uses;
    int64_t left;
    int32_t first_day;
    int64_t expires_at;
};

struct channel {
    view name;
    int64_t at_ms;
    bool granted;
};

struct month_store {
    int32_t month;
    uint32_t store;
    int64_t spend;
};

struct used_limit {
    view rule;
    enum limit_period per;
    int32_t period;
    int64_t times;
};

struct rule_row {
    view rule;
    int64_t points;
};

struct voucher_row {
    view reward;
    int64_t count;
};

/* A row of explain while it is being made. */
struct row {
    LIST(struct rule_row) rules;
    LIST(struct voucher_row) vouchers;
    int64_t points;
    int64_t early;
    int64_t overdrawn;
    bool unmatched;
    bool unknown;
    bool uncovered;
    bool voided;
};

#endif
