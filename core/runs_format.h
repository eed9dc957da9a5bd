/*
 * runs_format.h - the parts of a run's file (runs.h), for runs.c and
 * runs_write.c only
 */
#ifndef CORE_RUNS_FORMAT_H
#define CORE_RUNS_FORMAT_H

#include "core/base.h"
#include "core/err.h"

#define RUNS_MAGIC "LEIMARUN" /* without its end */

enum {
    RUNS_FORMAT = 1,
    RUNS_DIR_SIZE = 4096,
    RUNS_PATH_SIZE = RUNS_DIR_SIZE + 32,
};

struct runs_header {
    char magic[8];
    uint32_t format;
    uint32_t kind;
    uint64_t number;
    uint64_t check;
};

struct runs_block {
    uint64_t offset;
    uint64_t check;
    uint32_t size;
    uint32_t entry_count;
    uint32_t key_place;
    uint32_t key_size;
};

struct runs_footer {
    uint64_t index_offset;
    uint32_t block_count;
    uint32_t keys_size;
    uint64_t entry_count;
    uint64_t index_check;
    uint64_t check;
    char magic[8];
};

static_assert(sizeof(struct runs_header) == 32, "as the format says");
static_assert(sizeof(struct runs_block) == 32, "as the format says");
static_assert(sizeof(struct runs_footer) == 48, "as the format says");

/* The checksum of headers, blocks and indexes: XXH3-64. */
uint64_t runs_sum(const void *bytes, size_t size);
/* The sum of a footer whose fields before it are set. */
uint64_t runs_footer_sum(const struct runs_header *header,
                         const struct runs_footer *footer);

/* "DIR/NUMBER.run", or of the file while it is written. */
void runs_path(const char *dir, uint64_t number,
               char path[static RUNS_PATH_SIZE]);
void runs_path_new(const char *dir, uint64_t number,
                   char path[static RUNS_PATH_SIZE]);

/* What errno says. */
enum err runs_fault(void);

#endif
