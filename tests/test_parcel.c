/*
 * test_parcel.c - rows come out of parcels as they went in, and take few bytes
 */
#include "core/parcel.h"
#include "tests/gen.h"
#include "tests/unit.h"

#include <stdlib.h>

enum { ROWS = 20000, SIZE_MAX_EACH = 64 + 64 + 40 * 13 + 300 };

static const int64_t START_MS = INT64_C(1735689600000);

/* A row, and what it borrows. */
struct sample {
    account_id account;
    struct chapter_row row;
    uint32_t stream;
    uint8_t code[64];
    uint8_t bytes[40 * 13];
    uint8_t codes[300];
};

static void
fill_bytes(struct gen *gen, uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)gen_below(gen, 256);
}

/* A number of any width. */
static uint64_t
number(struct gen *gen, uint32_t bits)
{
    uint64_t all =
        (uint64_t)gen_below(gen, UINT32_MAX) << 32 | gen_below(gen, UINT32_MAX);

    return all >> (64 - 1 - gen_below(gen, bits));
}

static void
fill_lines(struct gen *gen, struct sample *sample)
{
    struct chapter_row *row = &sample->row;

    fill_bytes(gen, sample->bytes, sizeof sample->bytes);
    row->key = (row->key & ~UINT64_C(7)) | CHAPTER_LINES;
    row->goods = (uint16_t)(1 + gen_below(gen, 40));
    row->lines = sample->bytes;
    row->skus = (view) { sample->bytes + row->goods * 12u,
                         gen_below(gen, row->goods + 1u) };
}

/* Much like the one before, as rows are, or not. */
static void
fill(struct gen *gen, struct sample *sample, const struct sample *before)
{
    struct chapter_row *row = &sample->row;
    bool alike = gen_chance(gen, 60);

    *sample = (struct sample) { .account.member = 1 + number(gen, 53) };
    if (gen_chance(gen, 10)) {
        fill_bytes(gen, sample->code, sizeof sample->code);
        sample->account =
            (account_id) { .bearer = { sample->code,
                                       1 + gen_below(gen, LIMIT_CODE_SIZE) } };
    }
    uint64_t step = 1 + (alike ? gen_below(gen, 300) : number(gen, 40));
    row->position = before->row.position + step;
    row->codes = (view) { sample->codes, gen_below(gen, 20) };
    if (gen_chance(gen, 10))
        row->codes.size = gen_below(gen, sizeof sample->codes);
    fill_bytes(gen, sample->codes, row->codes.size);
    if (gen_chance(gen, 10)) {
        row->item = true;
        sample->stream = before->stream;
        return;
    }
    row->key =
        alike ? before->row.key + gen_below(gen, 1u << 31) : number(gen, 63);
    row->key = (row->key & ~UINT64_C(7)) | gen_below(gen, 2);
    sample->stream = alike ? before->stream : gen_below(gen, 3);
    row->identity.seq =
        alike ? before->row.identity.seq + step : 1 + number(gen, 53);
    row->recorded_ms = alike ? before->row.recorded_ms
                       : gen_chance(gen, 30)
                           ? 0
                           : START_MS + (int64_t)number(gen, 40);
    row->amount = (uint32_t)number(gen, 32);
    row->goods = (uint16_t)number(gen, 16);
    row->tag = (uint8_t)gen_below(gen, 256);
    if (gen_chance(gen, 20))
        fill_lines(gen, sample);
}

static void
assert_same(const struct sample *sample, const struct chapter_row *row,
            uint32_t stream)
{
    const struct chapter_row *wanted = &sample->row;

    assert_int_equal(row->position, wanted->position);
    assert_int_equal(row->item, wanted->item);
    assert_true(view_equal(row->codes, wanted->codes));
    if (wanted->item)
        return;
    assert_int_equal(row->key, wanted->key);
    assert_int_equal(row->amount, wanted->amount);
    assert_int_equal(row->goods, wanted->goods);
    assert_int_equal(row->tag, wanted->tag);
    assert_int_equal(row->recorded_ms, wanted->recorded_ms);
    assert_int_equal(row->lines == NULL, wanted->lines == NULL);
    if (wanted->lines != NULL)
        assert_memory_equal(row->lines, wanted->lines, wanted->goods * 12u);
    assert_true(view_equal(row->skus, wanted->skus));
    assert_int_equal(row->identity.seq, wanted->identity.seq);
    assert_int_equal(stream, sample->stream);
}

/* What this one says; its position is the first. */
static struct parcel_usual
usual_of(const struct sample *sample)
{
    return (struct parcel_usual) {
        .position = sample->row.position,
        .ahead = sample->row.position - sample->row.identity.seq,
        .recorded_ms = sample->row.recorded_ms,
        .stream = sample->stream,
    };
}

TEST(rows_come_out_as_they_went_in)
{
    struct sample *samples = calloc(ROWS + 1, sizeof *samples);
    uint8_t *bytes = malloc((size_t)ROWS * SIZE_MAX_EACH);
    struct gen gen = { .state = 20261122 };
    ptrdiff_t *starts = calloc(ROWS, sizeof *starts);
    struct parcel_usual usual = { 0 };
    struct chapter_row row;
    account_id account = { 0 };
    uint8_t *end = bytes;

    assert_non_null(samples);
    assert_non_null(bytes);
    for (uint32_t i = 0; i < ROWS; i++) {
        const struct sample *before = &samples[i == 0 ? ROWS : i - 1];
        struct sample *sample = &samples[i];
        fill(&gen, sample, before);
        if (i == 0)
            usual = usual_of(sample);
        uint8_t *start = end;
        starts[i] = start - bytes;
        end = parcel_put(end, &usual, &sample->account, &sample->row,
                         sample->stream);
        assert_in_range(end - start, 1,
                        parcel_room(&sample->account, &sample->row));
    }
    /* Nothing but what may be read lies behind the last. */
    size_t size = (size_t)(end - bytes);
    bytes = realloc(bytes, size + PARCEL_BEHIND);
    assert_non_null(bytes);
    const uint8_t *at = bytes;
    for (uint32_t i = 0; i < ROWS; i++) {
        uint64_t step;
        const uint8_t *next = parcel_look(at, &account, &step);
        assert_int_equal(usual.position + step, samples[i].row.position);
        assert_int_equal(account.member, samples[i].account.member);
        if (account.member == 0)
            assert_true(view_equal(account.bearer, samples[i].account.bearer));
        assert_int_equal(at - bytes, starts[i]);
        at = next;
    }
    assert_int_equal(at - bytes, size);
    /* In any order. */
    for (uint32_t i = ROWS; i-- > 0;) {
        uint32_t stream = parcel_take(bytes + starts[i], &usual, &row);
        assert_same(&samples[i], &row, stream);
    }
    free(starts);
    free(bytes);
    free(samples);
}

/* What most rows are. */
TEST(a_purchase_takes_few_bytes)
{
    uint8_t bytes[PARCEL_FIXED_SIZE + 8];
    const account_id account = { .member = 987654 };
    struct chapter_row row = { .key = UINT64_C(788918400000) << 22 | 199 << 3,
                               .position = 4000000,
                               .identity = { .seq = 3999990 },
                               .recorded_ms = START_MS,
                               .amount = 4711,
                               .tag = 8,
                               .codes = { (const uint8_t *)"abc", 3 } };
    const struct parcel_usual usual = {
        .position = 3000000, .ahead = 10, .recorded_ms = START_MS, .stream = 1
    };
    uint8_t *end = parcel_put(bytes, &usual, &account, &row, 1);
    assert_in_range(end - bytes, 1, 25);
}

RUN(cmocka_unit_test(rows_come_out_as_they_went_in),
    cmocka_unit_test(a_purchase_takes_few_bytes))
