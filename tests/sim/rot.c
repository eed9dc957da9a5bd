#include "tests/sim/rot.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/scrub.h"
#include "core/shelf.h"
#include "tests/sim/toll.h"

enum { FILES_MAX = 256, PATH_SIZE = 512, NOTICED_MS = 15000 };

void
rot_journal(struct world *world, struct box *box)
{
    if (box->rotten || !disk_rot(box->machine.disk, TABLE_RECORDS))
        return;
    box->rotten = true;
    toll_count(TOLL_JOURNAL_ROT);
    box->noticed_ms =
        machine_true_ms() + luck_between(&world->luck, 1000, NOTICED_MS);
}

/* --- other files --- */

static char found[FILES_MAX][PATH_SIZE];
static uint32_t found_count;

static int
find_file(const char *path, const struct stat *info, int kind,
          struct FTW *where)
{
    if (kind == FTW_F && info->st_size > 0 && found_count < FILES_MAX &&
        strlen(path) < PATH_SIZE &&
        strstr(path + where->base - 5, "keys/") == NULL)
        strcpy(found[found_count++], path);
    return 0;
}

void
rot_file(struct world *world, struct box *box)
{
    struct stat info;
    uint8_t byte;

    found_count = 0;
    nftw(box->dir, find_file, 16, FTW_PHYS);
    if (found_count == 0)
        return;
    int file = open(found[luck_below(&world->luck, found_count)], O_RDWR);
    if (file < 0 || fstat(file, &info) != 0 || info.st_size == 0) {
        world_fail(world, "rot: no such file");
        return;
    }
    off_t at = (off_t)luck_below(&world->luck, (uint32_t)info.st_size);
    if (pread(file, &byte, 1, at) == 1) {
        byte ^= (uint8_t)(1 << luck_below(&world->luck, 8));
        if (pwrite(file, &byte, 1, at) != 1)
            world_fail(world, "rot: not written");
        toll_count(TOLL_FILE_ROT);
    }
    close(file);
}

/* --- noticing --- */

void
rot_notice(struct world *world, struct box *box)
{
    struct scrub_totals totals = { 0 };
    struct journal *journal = NULL;
    char path[WORLD_DIR_SIZE + 16];

    snprintf(path, sizeof path, "%s/journal", box->dir);
    machine_leave();
    /* One that does not even open has been noticed, too. */
    enum err err = journal_open(path, NULL, &journal);
    if (err == OK && scrub_run(journal, NULL, NULL, NULL, &totals) == OK &&
        totals.findings == 0)
        world_fail(world, "journal of machine %u is damaged, unnoticed",
                   box->machine.index);
    journal_close(journal);
}
