#include "tests/place.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

struct place
place_make(void)
{
    struct place place;
    const char *where = getenv("TMPDIR");

    snprintf(place.path, sizeof place.path, "%s/leima-test-XXXXXX",
             where != NULL && where[0] != '\0' ? where : "/tmp");
    if (mkdtemp(place.path) == NULL) {
        perror(place.path);
        abort();
    }
    return place;
}

static int
remove_one(const char *path, const struct stat *info, int kind,
           struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void
place_remove(const struct place *place)
{
    nftw(place->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
place_join(const struct place *place, const char *name,
           char path[static PLACE_SIZE])
{
    int size = snprintf(path, PLACE_SIZE, "%s/%s", place->path, name);

    if (size < 0 || size >= PLACE_SIZE)
        abort();
}
