/*
 * runs.h - immutable, checksummed files of blobs sorted by account
 *
 * What is derived from the journal and kept on disk (histories, states) lies
 * in runs: written once from one end to the other, never changed, merged into
 * greater ones, removed when no longer named (runs_write.h, runs_merge.h). Keys
 * are (partition, account), members by number before bearers by bytes; a key
 * may have several blobs, in the order in which they were added.  A file
 * appears under its name only when all of it is on disk.
 *
 * | part   | bytes                                                          |
 * |--------|----------------------------------------------------------------|
 * | header | "LEIMARUN", format u32, kind u32, number u64, XXH3-64 of these |
 * | blocks | about 4 KiB each: entries of key size u8 (0: the key before),  |
 * |        | key, blob size u32, blob; the first of a block has its key     |
 * | index  | per block: offset u64, XXH3-64 u64, size u32, entries u32,     |
 * |        | place of its first key u32, size of that key u32               |
 * | keys   | the first keys of the blocks, one after the other              |
 * | footer | offset of the index u64, blocks u32, size of the keys u32,     |
 * |        | entries u64, XXH3-64 of index and keys, XXH3-64 of header and  |
 * |        | this, "LEIMARUN"                                               |
 *
 * Numbers are little endian.  Header, index and footer are checked when a run
 * is opened, a block each time it is read.  Any number of threads may read an
 * open run.  Nothing here knows what a blob means.
 */
#ifndef CORE_RUNS_H
#define CORE_RUNS_H

#include "core/base.h"
#include "core/err.h"
#include "core/event.h"

enum runs_kind {
    RUNS_HISTORY = 1,
    RUNS_STATE = 2,
};

/* Partition, 1 and the member's number or 2 and the bearer's code. */
typedef struct {
    uint8_t size;
    uint8_t bytes[2 + LIMIT_CODE_SIZE];
} runs_key;

enum { RUNS_BLOB_SIZE_MAX = 1 << 24 };

/* Which of the 256 partitions an account falls into: frozen for ever. */
uint32_t runs_partition(account_id account);

/* The key of an account; within a partition keys are in the order of
 * accounts. */
runs_key runs_key_of(account_id account);
/* The least of all keys of a partition; of partition 256: above all. */
runs_key runs_key_floor(uint32_t partition);
view runs_key_view(const runs_key *key);
/* The account of a key's bytes; a bearer's code borrows from them.  False:
 * they are no key. */
NODISCARD bool runs_key_account(view key, account_id *ret_account);

/* --- reading --- */

struct runs;

/* Maps the run and checks all but its blocks.  ERR_CORRUPT: damaged, missing
 * or not the one with that check; ERR_MEMORY; ERR_IO: it can't be opened for
 * now, as where the process has no descriptor left. */
NODISCARD enum err runs_open(const char *dir, enum runs_kind kind,
                             uint64_t number, uint64_t check,
                             struct runs **ret_runs);
void runs_close(struct runs *runs);

/* What the run was opened by, and its size. */
uint64_t runs_number(const struct runs *runs);
uint64_t runs_check(const struct runs *runs);
uint64_t runs_size(const struct runs *runs); /* bytes on disk */

/* Reads and checks every block.  ERR_CORRUPT. */
NODISCARD enum err runs_verify(const struct runs *runs);

/* A place in a run; a value, gone with the run. */
struct runs_cursor {
    const struct runs *runs;
    const uint8_t *next; /* within the block */
    const uint8_t *end;
    uint32_t block; /* the next one to read */
    view key;       /* of the entry read last */
    view blob;      /* likewise; both borrow from the run */
};

/* Before the first entry whose key is not below `key`.  ERR_CORRUPT. */
NODISCARD enum err runs_seek(const struct runs *runs, view key,
                             struct runs_cursor *ret_cursor);
/* Reads the next entry into the cursor.  ERR_NOT_FOUND: there is none;
 * ERR_CORRUPT. */
NODISCARD enum err runs_next(struct runs_cursor *cursor);
/* Reads on, from the entry read last, to the first whose key is not below
 * `key`, which may be that one: for who looks for many keys in their order.
 * A cursor that is zeroed but for its run stands before the first entry.
 * ERR_NOT_FOUND: there is none; ERR_CORRUPT. */
NODISCARD enum err runs_reach(struct runs_cursor *cursor, view key);

/* Removes the run of that number, and all files of the directory that are no
 * run of the `count` given; what can't be removed is tried again next time. */
void runs_remove(const char *dir, uint64_t number);
void runs_clean(const char *dir, const uint64_t *numbers, uint32_t count);

#endif
