/*
 * test_refusal.c - what a node says of a hub that does not want it
 */
#include "nodes/refusal.h"

#include <stdio.h>
#include <unistd.h>

#include "nodes/frame.h"
#include "tests/unit.h"

enum { TIMES = 1000, LINE_SIZE = 512 };

/* Lines on the standard error from here on; NULL: what it was is back. */
static FILE *
listen_to_trace(FILE *heard)
{
    static int kept = -1;

    fflush(stderr);
    if (heard != NULL) {
        dup2(kept, STDERR_FILENO);
        close(kept);
        return NULL;
    }
    heard = tmpfile();
    assert_non_null(heard);
    kept = dup(STDERR_FILENO);
    assert_true(dup2(fileno(heard), STDERR_FILENO) >= 0);
    return heard;
}

static uint32_t
count_lines(FILE *heard)
{
    char line[LINE_SIZE];
    uint32_t count = 0;

    rewind(heard);
    while (fgets(line, sizeof line, heard) != NULL)
        count++;
    fclose(heard);
    return count;
}

/* 1, 2, 4 and so on to 512, and at once what is new. */
TEST(the_same_words_are_told_ever_more_seldom)
{
    struct refusal refusal = { .node = 11 };
    FILE *heard = listen_to_trace(NULL);

    for (uint32_t i = 0; i < TIMES; i++)
        refusal_hear(&refusal, FRAME_CODE_RIGHT, view_of("not any more"));
    refusal_hear(&refusal, FRAME_CODE_RIGHT, view_of("never heard of"));
    refusal_hear(&refusal, FRAME_CODE_VERSION, view_of("never heard of"));
    listen_to_trace(heard);
    assert_int_equal(count_lines(heard), 12);
    assert_int_equal(refusal.count, TIMES + 2);
    assert_false(refusal_is_final(&refusal, NULL));
}

RUN(cmocka_unit_test(the_same_words_are_told_ever_more_seldom))
