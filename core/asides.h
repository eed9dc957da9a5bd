/*
 * asides.h - what a walk for things aside has found, kept for the next walk
 *
 * LEDGER/asides says what is aside among the positions up to one (see
 * ledger_aside.h), so that `status`, asked every half minute, walks only over
 * what is new.  It is believed only as long as all that could change the
 * answer is what it was: the ledger, its epoch and incarnation, the record that
 * stands there, what was dropped, which events are quarantined, and how many
 * pairs of node and store are admitted.  A bit that rots below the position is
 * for `verify` to find, which never looks here.
 *
 * Not one of the caches of LEDGER/owner: whoever has walked far writes it
 * beside its place, as asides.new, and then gives it its name; the last one
 * stays.  Where one is killed the next one writes over what it left; where two
 * write at once and into each other, the sum tells.
 *
 *   struct asides_head; struct aside, as often as it says; u64 XXH3 of these
 */
#ifndef CORE_ASIDES_H
#define CORE_ASIDES_H

#include "core/ledger.h"
#include "core/reader.h"

enum aside_kind {
    ASIDE_DAMAGED,     /* a record; only `reason` says which */
    ASIDE_FLAGGED,     /* a record; its writer's clock had gone back */
    ASIDE_QUARANTINED, /* an event or a control item; without effect */
};
enum { ASIDE_KIND_COUNT = 3 };

struct aside {
    enum aside_kind kind;
    uint32_t node; /* in whose stream it stands: who brought it; 0: not known */
    uint64_t position;
    identity identity; /* of the event or the record's first item; node 0:
                        * not known */
    char reason[320];  /* one line */
};

enum {
    ASIDES_MAX = 1024,   /* more are not kept: then all is walked */
    ASIDES_STEP = 65536, /* positions worth a file */
};
struct asides_kept {
    uint64_t last;   /* position up to which they are; 0: none */
    uint64_t events; /* among these positions */
    uint32_t count;
    struct aside list[ASIDES_MAX];
};

/* False: there are none, or they may have changed. */
bool asides_load(const struct ledger *ledger, struct reader *reader,
                 struct asides_kept *ret_asides);
/* Without room for it, or rights, there is none. */
void asides_save(const struct ledger *ledger, struct reader *reader,
                 const struct asides_kept *asides);

#endif
