/*
 * test_front.c - a socket that can't be opened now is opened when it can be
 */
#include "nodes/front.h"

#include <sys/stat.h>
#include <unistd.h>

#include "nodes/local.h"
#include "tests/book.h"
#include "tests/unit.h"

static bool
is_served(const struct book *book, const char *name)
{
    const int client = local_dial(ledger_dir(book->ledger), name);

    if (client >= 0)
        close(client);
    return client >= 0;
}

TEST(what_can_not_be_opened_is_tried_again)
{
    static const char *const NAMES[] = { "desk", "tills" };
    char paths[COUNT_OF(NAMES)][PLACE_SIZE];
    struct front front = { 0 };
    struct book book;

    book_open(&book, LEDGER_OWN);
    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++) { /* in their place */
        place_join(&book.place, NAMES[i], paths[i]);
        assert_int_equal(mkdir(paths[i], 0700), 0);
    }
    front_open(&front, book.ledger);
    front_sell(&front);
    front_look(&front, 1000);
    assert_true(front.desk == NULL && front.tills == NULL);
    assert_int_equal(front_bell(&front, 77), 77);
    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++)
        assert_int_equal(rmdir(paths[i]), 0);
    front_look(&front, 1000 + FRONT_RETRY_MS - 1);
    assert_false(is_served(&book, "desk") || is_served(&book, "tills"));
    front_look(&front, 1000 + FRONT_RETRY_MS);
    assert_true(is_served(&book, "desk") && is_served(&book, "tills"));
    assert_int_equal(front_bell(&front, 77), desk_bell(front.desk));
    front_close(&front);
    front_look(&front, 1000 + 2 * FRONT_RETRY_MS);
    assert_false(is_served(&book, "desk") || is_served(&book, "tills"));
    book_close(&book);
}

RUN(cmocka_unit_test(what_can_not_be_opened_is_tried_again))
