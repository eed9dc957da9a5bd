/*
 * guard.h - damage of a mapped file ends the program as damage, not as a crash
 *
 * LMDB reads through a map of its file and believes what it finds there.  A
 * file that was cut short, a disk that can't be read, or a page with nonsense
 * in it makes that reading a fatal signal or one of LMDB's own assertions.
 * Where the address lies in such a map, or the instruction in LMDB, it is the
 * ledger that is damaged: one line says which file, and the exit status is
 * COMMAND_DAMAGED.  Where it lies in the map of LMDB's lock file, the disk is
 * full: COMMAND_FAULT.  Every other fatal signal is a bug of ours and stays
 * what it is.
 */
#ifndef TOOLS_GUARD_H
#define TOOLS_GUARD_H

/* For the whole process, once, before any ledger is opened. */
void guard_install(void);

#endif
