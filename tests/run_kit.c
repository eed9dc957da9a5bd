#include "tests/run_kit.h"

#include "tests/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run_kit run_kit;

account_id
run_kit_account(uint32_t i, char code[static 32])
{
    if (i % 7 != 0)
        return (account_id) { .member = 1 + i };
    snprintf(code, 32, i % 2 == 0 ? "B-%05u" : "CARD-OF-A-BEARER-%05u", i);
    return (account_id) { .bearer = view_of(code) };
}

static int
compare_keys(const void *a, const void *b)
{
    return view_compare(runs_key_view(a), runs_key_view(b));
}

int
run_kit_open(void **state)
{
    char code[32];

    (void)state;
    run_kit.place = place_make();
    for (uint32_t i = 0; i < RUN_KIT_ACCOUNTS; i++)
        run_kit.keys[i] = runs_key_of(run_kit_account(i, code));
    qsort(run_kit.keys, RUN_KIT_ACCOUNTS, sizeof *run_kit.keys, compare_keys);
    return 0;
}

int
run_kit_close(void **state)
{
    (void)state;
    place_remove(&run_kit.place);
    return 0;
}

view
run_kit_blob(uint32_t number, uint32_t i, uint32_t k, char bytes[static 256])
{
    int size = snprintf(bytes, 256, "%u/%u/%u ", number, i, k);
    uint32_t extra = (i * 31 + k * 7) % 120;

    memset(bytes + size, 'x', extra);
    return (view) { (const uint8_t *)bytes, (uint32_t)size + extra };
}

void
run_kit_add(struct runs_writer *writer, uint32_t number, uint32_t from,
            uint32_t until, uint32_t step)
{
    char bytes[256];

    for (uint32_t i = from; i < until; i++)
        for (uint32_t k = 0; i % step == 0 && k <= i % 3; k++)
            runs_add(writer, runs_key_view(&run_kit.keys[i]),
                     run_kit_blob(number, i, k, bytes));
}

struct runs *
run_kit_publish(struct runs_writer *writer, uint32_t number)
{
    struct runs *runs;
    uint64_t check;

    assert_int_equal(runs_publish(writer, &check), OK);
    assert_int_equal(
        runs_open(run_kit.place.path, RUNS_HISTORY, number, check, &runs), OK);
    assert_int_equal(runs_number(runs), number);
    assert_int_equal(runs_check(runs), check);
    return runs;
}

struct runs *
run_kit_write(uint32_t number, uint32_t step)
{
    struct runs_writer *writer;

    assert_int_equal(
        runs_create(run_kit.place.path, RUNS_HISTORY, number, &writer), OK);
    run_kit_add(writer, number, 0, RUN_KIT_ACCOUNTS, step);
    return run_kit_publish(writer, number);
}

static enum err
join(void *context, view key, const view *blobs, uint32_t count,
     struct runs_writer *writer)
{
    (void)context;
    for (uint32_t i = 0; i < count; i++)
        runs_add(writer, key, blobs[i]);
    return OK;
}

const struct runs_joiner run_kit_joiner = { .join = join };

void
run_kit_expect(struct runs_cursor *cursor, uint32_t number, uint32_t i)
{
    char bytes[256];

    for (uint32_t k = 0; k <= i % 3; k++) {
        assert_int_equal(runs_next(cursor), OK);
        assert_true(view_equal(cursor->key, runs_key_view(&run_kit.keys[i])));
        assert_true(
            view_equal(cursor->blob, run_kit_blob(number, i, k, bytes)));
    }
}
