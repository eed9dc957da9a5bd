/*
 * office.h - what people at HQ do: enrol, publish, back up, promote, restore
 *
 * By the functions that the commands of leima call.
 */
#ifndef TESTS_SIM_OFFICE_H
#define TESTS_SIM_OFFICE_H

#include "tests/sim/world.h"

/* The hub, its standbys and the stores, all enrolled and joined, and the first
 * version of the rules. */
void office_found(struct world *world);

/* Another version of the rules, where that may be. */
void office_publish(struct world *world, struct box *hub);

/* A verified copy of the hub, entered into its books. */
void office_back_up(struct world *world);
bool office_has_backup(const struct world *world, const struct box *box);
/* Makes a hub's machine anew from the newest backup.  False: there is none. */
bool office_restore(struct world *world, struct box *box);
/* Ends the process, and takes away what its machine has kept in files. */
void office_drop_files(struct box *box);

/* Makes a standby the hub.  False: it does not know yet who belongs, or its
 * machine is down; nobody would do it. */
bool office_promote(struct world *world, struct box *box);
/* A hub that is of the past: enrolled as a standby with the reigning one. */
void office_demote(struct world *world, struct box *box);
/* Looks which hub is the one with the greatest epoch; after a while the others,
 * where they go on believing to be one, too, are made its standbys, and stores
 * that can't know where it is are told. */
void office_settle(struct world *world);

#endif
