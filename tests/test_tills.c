/*
 * test_tills.c - tills at the socket: each line its answer, in order, however
 * many there are and however the bytes come; nobody keeps the others waiting
 */
#include "nodes/tills.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/reader.h"
#include "nodes/local.h"
#include "tests/book.h"
#include "tests/unit.h"

enum { THREADS = 8, SALES = 40, WAIT_MS = 300000 };

static struct book book;
static struct tills *tills;

static int
dial(void)
{
    int till = local_dial(ledger_dir(book.ledger), "tills");

    assert_true(till >= 0);
    return till;
}

static void
say(int till, const char *bytes, size_t size)
{
    assert_int_equal(send(till, bytes, size, MSG_NOSIGNAL), size);
}

/* The next line that the till is told, without its end; "" at the end. */
static const char *
hear(int till, char line[static 1024])
{
    struct pollfd wanted = { .fd = till, .events = POLLIN };
    size_t size = 0;

    while (size < 1023) {
        assert_int_equal(poll(&wanted, 1, WAIT_MS), 1);
        ssize_t got = recv(till, line + size, 1, 0);
        if (got <= 0 || line[size] == '\n')
            break;
        size++;
    }
    line[size] = '\0';
    return line;
}

static void
ask(int till, const char *line, const char *expected)
{
    char answer[1024];

    say(till, line, strlen(line));
    if (strstr(hear(till, answer), expected) == NULL)
        fail_msg("%s expected %s, told %s", line, expected, answer);
}

static uint64_t
last_position(void)
{
    assert_int_equal(ledger_refresh(book.ledger, NULL), OK);
    return ledger_position(book.ledger);
}

static int
open_tills(void **state)
{
    (void)state;
    book_open(&book, LEDGER_OWN);
    return tills_open(book.ledger, &tills) == OK ? 0 : -1;
}

static int
close_tills(void **state)
{
    (void)state;
    tills_close(tills);
    book_close(&book);
    return 0;
}

TEST(each_line_is_answered)
{
    int till = dial();

    ask(till, "{\"kind\": \"join\", \"member\": 1, \"id\": \"j\"}\n",
        "{\"events\": [\"1.1.1\"]}");
    ask(till, "{\"kind\": \"join\", \"member\": 1, \"id\": \"j\"}\r\n",
        "{\"events\": [\"1.1.1\"]}");
    ask(till, "{\"kind\": \"join\", \"member\": 2, \"id\": \"j\"}\n",
        "{\"refused\": \"id \\\"j\\\": conflict: event 1.1.1 has it");
    ask(till,
        "[{\"kind\": \"join\", \"member\": 2}, {\"kind\": \"stamp\", "
        "\"member\": 2, \"card\": \"c\"}]\n",
        "{\"events\": [\"1.1.2\", \"1.1.3\"]}");
    ask(till,
        "[{\"kind\": \"join\", \"member\": 3}, {\"kind\": \"stamp\", "
        "\"member\": 2, \"card\": \"c\", \"at\": "
        "\"2099-01-01T00:00:00Z\"}]\n",
        "{\"refused\": \"line 2: at: future");
    ask(till, "{\"kind\": \"void\", \"member\": 1, \"voids_id\": \"nobody\"}\n",
        "{\"refused\": \"voids_id: expected the id of an event");
    ask(till, "nonsense\n", "{\"refused\": \"JSON");
    ask(till, "\n", "{\"refused\": \"JSON");
    ask(till, "{\"kind\": \"void\", \"member\": 1, \"voids_id\": \"j\"}\n",
        "{\"events\": [\"1.1.4\"]}");
    assert_int_equal(last_position(), 4);
    close(till);
}

TEST(only_the_owner_may_come)
{
    char path[PLACE_SIZE];
    struct stat file;

    snprintf(path, sizeof path, "%s/tills", ledger_dir(book.ledger));
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
}

static void *
sell(void *argument)
{
    int number = *(int *)argument;
    int till = local_dial(ledger_dir(book.ledger), "tills");
    char line[256], answer[256];

    for (int i = 0; i < SALES; i++) {
        int size = snprintf(line, sizeof line,
                            "{\"kind\": \"stamp\", \"member\": 1, \"card\": "
                            "\"c\", \"id\": \"%d-%d\"}\n",
                            number, i);
        if (send(till, line, (size_t)size, MSG_NOSIGNAL) != size ||
            recv(till, answer, sizeof answer, 0) < 12 ||
            strncmp(answer, "{\"events\": [", 12) != 0)
            return (void *)"not answered";
    }
    close(till);
    return NULL;
}

TEST(many_at_once)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];

    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, sell, &numbers[i]),
                         0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *complaint = NULL;
        pthread_join(threads[i], &complaint);
        assert_null(complaint);
    }
    assert_int_equal(last_position(), THREADS * SALES);
}

TEST(lines_in_pieces_and_many_in_one)
{
    static const char LINE[] =
        "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\"}\n";
    int till = dial();
    char answer[1024], expected[64];
    char many[100 * (sizeof LINE - 1)];

    for (size_t i = 0; i < sizeof LINE - 1; i++) {
        say(till, LINE + i, 1);
        if (i % 7 == 0)
            usleep(500);
    }
    assert_string_equal(hear(till, answer), "{\"events\": [\"1.1.1\"]}");
    for (size_t i = 0; i < 100; i++)
        memcpy(many + i * (sizeof LINE - 1), LINE, sizeof LINE - 1);
    say(till, many, sizeof many - 10);
    usleep(1000);
    say(till, many + sizeof many - 10, 10);
    for (int i = 0; i < 100; i++) {
        snprintf(expected, sizeof expected, "{\"events\": [\"1.1.%d\"]}",
                 i + 2);
        assert_string_equal(hear(till, answer), expected);
    }
    close(till);
}

TEST(a_line_may_be_long_but_not_endless)
{
    size_t size = LIMIT_JSON_LINE + 10;
    char *line = malloc(size);
    char answer[1024];
    int till = dial();

    assert_non_null(line);
    memset(line, ' ', size);
    memcpy(line, "{\"kind\": \"join\", \"member\": 1", 28);
    line[LIMIT_JSON_LINE - 1] = '}';
    line[LIMIT_JSON_LINE] = '\n';
    say(till, line, LIMIT_JSON_LINE + 1);
    assert_string_equal(hear(till, answer), "{\"events\": [\"1.1.1\"]}");
    line[LIMIT_JSON_LINE] = ' ';
    line[LIMIT_JSON_LINE + 1] = '\n';
    say(till, line, LIMIT_JSON_LINE + 2);
    assert_string_equal(hear(till, answer),
                        "{\"refused\": \"expected a shorter line of JSON\"}");
    close(till);
    till = dial();
    memset(line, ' ', size);
    for (int i = 0; i < 2; i++)
        if (send(till, line, size, MSG_NOSIGNAL) < 0)
            break;
    assert_string_equal(hear(till, answer),
                        "{\"refused\": \"expected a shorter line of JSON\"}");
    assert_string_equal(hear(till, answer), "");
    close(till);
    free(line);
}

/* What was sent before the end is stored and answered; half a line is not. */
TEST(who_hangs_up_is_heard_to_the_end)
{
    static const char LINES[] =
        "{\"kind\": \"join\", \"member\": 1}\n"
        "{\"kind\": \"join\", \"member\": 2}\n{\"kind\": \"join\", ";
    char answer[1024];
    int till = dial();

    say(till, LINES, sizeof LINES - 1);
    shutdown(till, SHUT_WR);
    assert_string_equal(hear(till, answer), "{\"events\": [\"1.1.1\"]}");
    assert_string_equal(hear(till, answer), "{\"events\": [\"1.1.2\"]}");
    assert_string_equal(hear(till, answer), "");
    close(till);
    till = dial();
    say(till, LINES, sizeof LINES - 1);
    close(till);
    till = dial();
    ask(till, "{\"kind\": \"join\", \"member\": 9}\n", "{\"events\": [\"1.1.");
    while (last_position() < 5)
        usleep(1000);
    close(till);
}

static void *
babble(void *argument)
{
    enum { LINES = 30000 };
    int till = *(int *)argument;

    for (int i = 0; i < LINES; i++)
        if (send(till, "x\n", 2, MSG_NOSIGNAL) != 2)
            return (void *)"not taken";
    shutdown(till, SHUT_WR);
    return NULL;
}

/* It is not listened to; no memory grows, and the others go on.  When it
 * listens at last it is told all. */
TEST(who_takes_no_answers_waits)
{
    int deaf = dial();
    int till = dial();
    pthread_t thread;
    void *complaint = NULL;
    char answer[1024];
    int told = 0;

    assert_int_equal(pthread_create(&thread, NULL, babble, &deaf), 0);
    for (int i = 0; i < 50; i++) {
        ask(till, "{\"kind\": \"stamp\", \"member\": 1, \"card\": \"c\"}\n",
            "{\"events\": [\"1.1.");
        usleep(1000);
    }
    while (strncmp(hear(deaf, answer), "{\"refused\": \"JSON", 17) == 0)
        told++;
    assert_string_equal(answer, "");
    assert_int_equal(told, 30000);
    pthread_join(thread, &complaint);
    assert_null(complaint);
    close(deaf);
    close(till);
}

TEST(too_many)
{
    int list[TILLS_MAX];
    char answer[1024];

    for (int i = 0; i < TILLS_MAX; i++)
        list[i] = dial();
    ask(list[0], "x\n", "refused");
    ask(list[TILLS_MAX - 1], "x\n", "refused");
    int late = dial();
    assert_string_equal(hear(late, answer),
                        "{\"fault\": \"too many tills at once; try again\"}");
    close(late);
    close(list[3]);
    do {
        late = dial();
        send(late, "x\n", 2, MSG_NOSIGNAL);
        hear(late, answer);
    } while (strstr(answer, "fault") != NULL && close(late) == 0);
    assert_non_null(strstr(answer, "refused"));
    close(late);
    for (int i = 0; i < TILLS_MAX; i++)
        if (i != 3)
            close(list[i]);
}

/* They grow together to no more than is allowed. */
TEST(too_many_long_lines)
{
    enum { CROWD = 40, LOOKS = 3000 };
    const int due = CROWD - TILLS_BYTES_MAX / LIMIT_JSON_LINE;
    static char part[LIMIT_JSON_LINE];
    int list[CROWD];
    int refused = 0;
    char answer[1024];

    memset(part, ' ', sizeof part);
    for (int i = 0; i < CROWD; i++) {
        list[i] = dial();
        /* It may be hung up on meanwhile. */
        if (send(list[i], part, sizeof part, MSG_NOSIGNAL) < 0)
            continue;
    }
    int till = dial();
    ask(till, "x\n", "refused");
    /* What was sent has not been read at once. */
    for (int i = 0; refused < due && i < CROWD * LOOKS; i++) {
        struct pollfd wanted = { .fd = list[i % CROWD], .events = POLLIN };
        if (poll(&wanted, 1, 1) == 1)
            refused += strstr(hear(list[i % CROWD], answer),
                              "too many long lines at once") != NULL;
    }
    assert_true(refused >= due);
    for (int i = 0; i < CROWD; i++)
        close(list[i]);
    ask(till, "{\"kind\": \"join\", \"member\": 1}\n",
        "{\"events\": [\"1.1.1\"]}");
    close(till);
}

/* The place of the socket is taken over, and given back. */
TEST(opened_again)
{
    char answer[1024];
    int till = dial();

    ask(till, "x\n", "refused");
    tills_close(tills);
    assert_string_equal(hear(till, answer), "");
    close(till);
    assert_true(local_dial(ledger_dir(book.ledger), "tills") < 0);
    assert_int_equal(tills_open(book.ledger, &tills), OK);
    till = dial();
    ask(till, "x\n", "refused");
    close(till);
}

#define TILLS_TEST(test)                                                       \
    cmocka_unit_test_setup_teardown(test, open_tills, close_tills)

RUN(TILLS_TEST(each_line_is_answered), TILLS_TEST(only_the_owner_may_come),
    TILLS_TEST(many_at_once), TILLS_TEST(lines_in_pieces_and_many_in_one),
    TILLS_TEST(a_line_may_be_long_but_not_endless),
    TILLS_TEST(who_hangs_up_is_heard_to_the_end),
    TILLS_TEST(who_takes_no_answers_waits), TILLS_TEST(too_many),
    TILLS_TEST(too_many_long_lines), TILLS_TEST(opened_again))
