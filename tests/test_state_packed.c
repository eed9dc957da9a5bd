/*
 * test_state_packed.c - a blob gives back the position and the bytes, and the
 * newest one of a key is found in a set of checkpoints
 */
#include "core/state_packed.h"

#include "tests/kit.h"
#include "tests/unit.h"

static void
add_run(struct runset *set, uint64_t position, const char *bytes)
{
    const uint8_t tag[RUNSET_TAG_SIZE] = { 0 };
    runs_key key = runs_key_of((account_id) { .member = 5 });
    struct runs_writer *writer = NULL;
    struct text text = { 0 };

    assert_int_equal(state_packed_write(&text, position, view_of(bytes)), OK);
    assert_int_equal(runset_begin(set, &writer), OK);
    runs_add(writer, runs_key_view(&key), text_view(&text));
    assert_int_equal(runset_commit(set, writer, position, tag), OK);
    text_close(&text);
}

TEST(the_newest_blob_is_found)
{
    struct place place = place_make();
    struct journal *journal = kit_open_new(&place);
    struct runset set = state_packed_set();
    runs_key five = runs_key_of((account_id) { .member = 5 });
    runs_key six = runs_key_of((account_id) { .member = 6 });
    struct state_packed packed;
    view blob;

    assert_int_equal(runset_init(&set, place.path, journal), OK);
    add_run(&set, 3, "old");
    add_run(&set, 7, "new");
    assert_int_equal(state_packed_find(&set, runs_key_view(&five), &blob), OK);
    assert_int_equal(state_packed_read(blob, &packed), OK);
    assert_int_equal(packed.position, 7);
    assert_true(view_equal(packed.bytes, view_of("new")));
    assert_int_equal(state_packed_find(&set, runs_key_view(&six), &blob),
                     ERR_NOT_FOUND);
    runset_close(&set);
    journal_close(journal);
    place_remove(&place);
}

TEST(what_is_no_blob_is_refused)
{
    struct state_packed packed;

    assert_int_equal(state_packed_read(view_of("seven b"), &packed),
                     ERR_CORRUPT);
    assert_int_equal(state_packed_read(view_of("8 bytes."), &packed), OK);
    assert_int_equal(packed.bytes.size, 0);
}

RUN(cmocka_unit_test(the_newest_blob_is_found),
    cmocka_unit_test(what_is_no_blob_is_refused))
