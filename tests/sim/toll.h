/*
 * toll.h - what has befallen the machines, and what they made of it, counted
 *
 * A misfortune that never strikes proves nothing, so the fixed seeds must have
 * met every one of these.  A deed is counted where it is done, not where it is
 * planned: a full disk when it refuses a commit, a cut when it swallows a
 * frame, a bit when somebody must notice it.
 */
#ifndef TESTS_SIM_TOLL_H
#define TESTS_SIM_TOLL_H

#include "tests/sim/plan.h"

enum toll {
    /* The network. */
    TOLL_LOST,
    TOLL_DOUBLED,
    TOLL_OVERTAKEN,
    TOLL_DELAYED, /* on its way for a tenth of a second */
    TOLL_BROKEN,
    TOLL_PARTED,
    TOLL_FLIPPED,
    TOLL_NEWER,
    TOLL_APART,
    TOLL_STRANGE,
    TOLL_UNREAD,
    /* Machines. */
    TOLL_DIED_WRITING,
    TOLL_DIED_SENDING,
    TOLL_FULL,
    TOLL_FAULT,
    TOLL_FAULT_KEPT, /* the commit failed, and is there all the same */
    TOLL_STOPPED,
    TOLL_SLEPT,
    TOLL_CLOCK_AHEAD,
    TOLL_CLOCK_BEHIND,
    TOLL_JOURNAL_ROT,
    TOLL_FILE_ROT,
    /* People. */
    TOLL_RESTORED,
    TOLL_CLONED,
    TOLL_MOVED,
    TOLL_PRUNED,
    TOLL_PUBLISHED,
    TOLL_PUBLISHED_TWICE, /* by a hub that was rolled back and does not know */
    TOLL_CLOSED_MUCH,
    TOLL_CLOSED,
    TOLL_CLOSED_TWICE, /* one month, by two hubs */
    TOLL_BACKED_UP,
    TOLL_DEMOTED,
    TOLL_HUB_RESTORED,
    TOLL_HUB_PROMOTED,
    TOLL_HUB_SPLIT,
    TOLL_HUB_BURNED,
    TOLL_HUB_ROTTEN,
    TOLL_HUB_ROLLED,
    TOLL_STANDBY_ROLLED,
    TOLL_UNAIDED, /* two hubs, and no store between them */
    /* Events that count for nothing. */
    TOLL_POISON_STORE,
    TOLL_POISON_KIND,
    TOLL_POISON_FIELD,
    TOLL_POISON_AMOUNT,
    TOLL_POISON_NONSENSE,
    TOLL_MARK,
    /* What the machines were alarmed by. */
    TOLL_SAW_FORK,
    TOLL_SAW_REWIND,
    TOLL_SAW_CHECKSUM,
    TOLL_SAW_RESTORED,
    TOLL_SAW_EPOCH,
    TOLL_SAW_TWINS,
    TOLL_SAW_CLOCK,
    TOLL_GRAFTED, /* a branch that only one hub had was told again */
    TOLL_SAW_ROLLED,
    TOLL_REISSUED, /* a version that only one branch had was published again */
    /* What forgers have said, and what became of them: in worlds with forgers
     * these are asked for, and in others those above. */
    TOLL_FORGER_SALE,
    TOLL_LIE_STORE,
    TOLL_LIE_NAME,
    TOLL_LIE_STREAM,
    TOLL_LIE_ITEM,
    TOLL_LIE_HUB,
    TOLL_LIE_CHAIN,
    TOLL_LIE_FORK,
    TOLL_LIE_COPY,
    TOLL_LIE_ID,
    TOLL_LIE_NEST,
    TOLL_LIE_NUMBERS,
    TOLL_LIE_GREET,
    TOLL_LIE_FRAME,
    TOLL_LIE_ASK,
    TOLL_LIE_REPEAT,
    TOLL_LIE_EDIT,
    TOLL_LIE_LEAVE,
    TOLL_FORGER_REFUSED,
    TOLL_FORGER_THROWN_OUT,
    TOLL_FORGER_UNKNOWN, /* the key was not admitted */
    TOLL_SAW_RIGHT,
    TOLL_SAW_UNPROVED,
    TOLL_SAW_CONFLICT,
    /* Likewise of hubs. */
    TOLL_HUB_LIE_WELCOME,
    TOLL_HUB_LIE_ACK,
    TOLL_HUB_LIE_BATCH,
    TOLL_HUB_LIE_STATE,
    TOLL_HUB_LIE_FORK,
    TOLL_HUB_LIE_NACK,
    TOLL_HUB_LIE_OWN,
    TOLL_HUB_LIE_END,
    TOLL_HUB_LIE_PLANT, /* streams that nobody wrote, to a standby */
    TOLL_SAW_FAR_EPOCH,
    TOLL_END
};

/* It has happened once more, in any world. */
void toll_count(enum toll what);
/* Likewise, by the word of an alarm; one that is not listed is no matter. */
void toll_count_alarm(const char *word);

/* One line of all of them, as TAP has it.  False: one has never happened. */
bool toll_print(enum plan_liars liars);

#endif
