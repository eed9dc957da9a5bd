#include "tests/hearing.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit.h"

enum { LINE_SIZE = 1024 };

static FILE *heard;
static int kept = -1;

void
hearing_begin(void)
{
    assert_true(kept < 0);
    if (heard != NULL)
        fclose(heard);
    heard = tmpfile();
    assert_non_null(heard);
    fflush(stderr);
    kept = dup(STDERR_FILENO);
    assert_true(kept >= 0);
    assert_true(dup2(fileno(heard), STDERR_FILENO) >= 0);
}

void
hearing_end(void)
{
    fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    kept = -1;
}

uint32_t
hearing_count(const char *words)
{
    char line[LINE_SIZE];
    uint32_t count = 0;

    assert_non_null(heard);
    rewind(heard);
    while (fgets(line, sizeof line, heard) != NULL)
        count += strstr(line, words) != NULL;
    return count;
}
