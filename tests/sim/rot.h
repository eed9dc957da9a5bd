/*
 * rot.h - bits that turn over on disks, and people who notice
 *
 * In a journal: nobody may take the record for good, and a scrub finds it; then
 * the machine is made anew from a backup.  In any other file: whoever reads it
 * makes it anew by himself.
 */
#ifndef TESTS_SIM_ROT_H
#define TESTS_SIM_ROT_H

#include "tests/sim/world.h"

/* A bit of the journal, in any of its tables that scrub looks at. */
void rot_journal(struct world *world, struct box *box);
/* A bit of one of the other files, if there is any. */
void rot_file(struct world *world, struct box *box);

/* Somebody scrubs: it must be found. */
void rot_notice(struct world *world, struct box *box);

#endif
