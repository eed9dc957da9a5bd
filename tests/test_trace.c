/*
 * test_trace.c - lines on stderr: those that go to the journal begin with
 * their priority, and no others
 */
#include "nodes/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit.h"

enum { LINE_SIZE = 256 };

/* A line of that level, as it comes to a file on stderr.  JOURNAL_STREAM is
 * made of the file's device and inode, the latter `off` by so much. */
static void
trace_line(enum trace_level level, uint64_t off, const char *after,
           char ret_line[LINE_SIZE])
{
    FILE *heard = tmpfile();
    struct stat file;
    char journal[64];

    assert_non_null(heard);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fileno(heard), STDERR_FILENO) >= 0);
    assert_int_equal(fstat(fileno(heard), &file), 0);
    snprintf(journal, sizeof journal, "%llu:%llu%s",
             (unsigned long long)file.st_dev,
             (unsigned long long)(file.st_ino + off), after);
    setenv("JOURNAL_STREAM", journal, 1);
    trace_find_journal();
    trace(level, 11, "alarm", "what=%s", "try");
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(heard);
    assert_non_null(fgets(ret_line, LINE_SIZE, heard));
    assert_null(fgets(journal, sizeof journal, heard));
    fclose(heard);
}

TEST(in_the_journal_a_line_begins_with_its_priority)
{
    static const char *const begins[] = { "<3>2", "<6>2", "<7>2" };
    char line[LINE_SIZE];

    trace_set_level(TRACE_DEBUG);
    for (int level = TRACE_ERROR; level <= TRACE_DEBUG; level++) {
        trace_line((enum trace_level)level, 0, "", line);
        assert_memory_equal(line, begins[level], strlen(begins[level]));
    }
    assert_non_null(strstr(line, "Z debug 11 alarm what=try\n"));
}

TEST(elsewhere_it_begins_with_the_time)
{
    char line[LINE_SIZE];

    trace_line(TRACE_ERROR, 1, "", line); /* inherited, and led elsewhere */
    assert_int_equal(line[0], '2');
    trace_line(TRACE_ERROR, 0, "0", line);
    assert_int_equal(line[0], '2');
    trace_line(TRACE_ERROR, 0, ":", line);
    assert_int_equal(line[0], '2');
}

RUN(cmocka_unit_test(in_the_journal_a_line_begins_with_its_priority),
    cmocka_unit_test(elsewhere_it_begins_with_the_time))
