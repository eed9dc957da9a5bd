#include "replay/quick_era.h"

static void
add_era(struct quick *quick, struct rulebook *table, int64_t from_ms,
        int64_t until_ms)
{
    int64_t ends_ms = table == NULL ? INT64_MIN : table->version->ends_ms;

    if (from_ms >= until_ms)
        return;
    quick->eras[quick->era_count++] = (struct quick_era) {
        .from_ms = from_ms,
        .until_ms = until_ms,
        .table = table,
        .counts = from_ms >= quick->side->since_ms,
        .earns = from_ms < ends_ms,
    };
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Cuts the time of a version at `since` and at the end of earning. */
static void
add_version(struct quick *quick, struct rulebook *table, int64_t from_ms,
            int64_t until_ms)
{
    int64_t since_ms = quick->side->since_ms;
    int64_t ends_ms = table == NULL ? INT64_MAX : table->version->ends_ms;
    int64_t cuts[] = { earlier(since_ms, ends_ms), later(since_ms, ends_ms) };

    for (int i = 0; i < 2; i++) {
        int64_t cut = earlier(later(cuts[i], from_ms), until_ms);
        add_era(quick, table, from_ms, cut);
        from_ms = later(from_ms, cut);
    }
    add_era(quick, table, from_ms, until_ms);
}

void
quick_era_make(struct quick *quick)
{
    const struct timeline *timeline = quick->timeline;
    uint32_t count = timeline->version_count;

    quick->eras = ARENA_NEW(quick->arena, struct quick_era, 3 * (count + 1));
    add_version(quick, NULL, INT64_MIN,
                count == 0 ? INT64_MAX : timeline->versions[0].from_ms);
    for (uint32_t i = 0; i < count; i++)
        add_version(quick, quick->tables[i], timeline->versions[i].from_ms,
                    timeline->versions[i].until_ms);
    assert(quick->eras[quick->era_count - 1].until_ms == INT64_MAX);
}

int64_t
quick_era_same_from(const struct quick *a, const struct quick *b,
                    quick_era_same *same)
{
    uint32_t i = a->timeline->version_count;
    uint32_t k = b->timeline->version_count;
    int64_t from_ms = INT64_MAX;

    while (i > 0 && k > 0 && same(a, a->tables[i - 1], b->tables[k - 1])) {
        int64_t x = later(a->tables[--i]->version->from_ms, LIMIT_AT_MS_MIN);
        int64_t y = later(b->tables[--k]->version->from_ms, LIMIT_AT_MS_MIN);
        from_ms = later(x, y);
        if (x != y)
            return from_ms;
    }
    return i == 0 && k == 0 ? INT64_MIN : from_ms;
}

static void
add_stretch(struct quick_columns *columns, const struct quick_era *era,
            uint32_t first, uint32_t end)
{
    uint32_t count = columns->stretch_count;

    if (first == end)
        return;
    if (count > 0 && columns->stretches[count - 1].era == era)
        columns->stretches[count - 1].end = end;
    else
        columns->stretches[columns->stretch_count++] =
            (struct quick_stretch) { first, end, era };
}

void
quick_era_stretch(const struct quick *quick)
{
    const struct plain *plain = quick->plain;

    quick->columns->stretch_count = 0;
    for (uint32_t i = 0; i < plain->account_count; i++) {
        uint32_t row = plain->accounts[i].row_first;
        uint32_t end = plain->accounts[i].row_end;
        const struct quick_era *era = quick->eras;
        while (row < end) {
            uint32_t first = row;
            while (plain->at_ms[row] >= era->until_ms)
                era++;
            if (plain->at_ms[end - 1] < era->until_ms)
                row = end;
            while (row < end && plain->at_ms[row] < era->until_ms)
                row++;
            add_stretch(quick->columns, era, first, row);
        }
    }
}
