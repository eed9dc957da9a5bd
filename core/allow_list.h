/*
 * allow_list.h - who may talk to the hubs, as the books of all hubs say it
 *
 * The list is made of the control items ENROL and REVOKE (enrol.h); of those
 * for one number the last holds, in whatever order they arrived.  Which is the
 * last is the same wherever the same items are held: the one written at the
 * later time, at one time that of the later stream, in one stream that of the
 * greater seq.  Where a hub's clock was set back, what it writes counts as
 * written when its books say that they last were.
 *
 * Items of a later version, which can't be read, admit nobody and revoke
 * nobody, and stop nothing.
 */
#ifndef CORE_ALLOW_LIST_H
#define CORE_ALLOW_LIST_H

#include "core/enrol.h"
#include "core/reader.h"

/* When and by whom an item was written. */
struct allow_list_stamp {
    int64_t written_ms;
    stream_id stream;
    uint64_t seq;
};

struct allow_list_entry {
    struct enrolment enrolment;    /* role 0: it has not come, ... */
    bool revoked;                  /* ... but this has */
    struct allow_list_stamp stamp; /* of what holds */
};

struct allow_list {                   /* zeros: nothing read */
    struct allow_list_entry *entries; /* owned; by number */
    uint32_t count;
    uint32_t room;
    struct allow_list_stamp *written; /* owned; of each stream the last item */
    uint32_t written_count;
    uint64_t position;           /* read up to here */
    uint64_t changes;            /* how many items of books have been read */
    uint64_t odd_count;          /* of them, those that can't be read, ... */
    struct allow_list_stamp odd; /* ... and the last of these */
};
/* Gives back what it owns; zeros again. */
void allow_list_close(struct allow_list *list);

/* Reads on to the end of the journal.  ERR_MEMORY, faults of the reader: what
 * lies before has been read. */
NODISCARD enum err allow_list_read(struct allow_list *list,
                                   struct reader *reader);

/* Of a number; NULL: it was never enrolled.  Valid until the next read. */
const struct allow_list_entry *allow_list_find(const struct allow_list *list,
                                               uint32_t node);
/* Of the first number that is not less; NULL: there is none. */
const struct allow_list_entry *allow_list_next(const struct allow_list *list,
                                               uint32_t node);

#endif
