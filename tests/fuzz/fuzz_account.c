/* fuzz_account.c - a packed state, as hubs send it to nodes */
#include <string.h>

#include "core/balance.h"
#include "core/program_yaml.h"
#include "tests/fuzz/fuzz.h"

static const char RULES[] =
    "program: Fuzz\n"
    "currency: EUR\n"
    "timezone: UTC\n"
    "partners:\n"
    "  - {id: market, stores: [1-9], issue_price: 0.010, redeem_price: 0.009}\n"
    "  - {id: cafe, stores: [30-39], issue_price: 0.012, redeem_price: 0.009}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n";

static const struct timeline *
make_timeline(void)
{
    static const struct timeline *timeline;
    static struct mistakes mistakes;
    static struct arena arena;
    static struct arena built;
    const struct program *program = NULL;
    struct zone zone = { 0 };
    view file = { (const uint8_t *)RULES, sizeof RULES - 1 };

    if (timeline != NULL)
        return timeline;
    FUZZ_CHECK(arena_open(&arena, program_yaml_room(file.size) + 262144));
    FUZZ_CHECK(program_yaml_check(file, &arena, &mistakes, &program, &zone) ==
               OK);
    const struct timeline_input input = { .program = program,
                                          .zone = zone,
                                          .file = file };
    FUZZ_CHECK(arena_open(&built, timeline_room(&input, 1) + 4096));
    timeline = timeline_build(&input, 1, &built);
    return timeline;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t packed[1 << 20];
    const struct timeline *timeline = make_timeline();
    struct arena *arena = fuzz_arena(1 << 28);
    const account_id id = { .member = 42 };
    struct account account;
    struct text text = { 0 };

    if (size > 1 << 16)
        return 0;
    if (account_unpack((view) { bytes, (uint32_t)size }, id, timeline, arena,
                       &account) != OK)
        return 0;
    if (account.last_ms == ACCOUNT_NEVER_YET)
        return 0; /* no account: nobody packs one */
    size_t again = account_pack(&account, timeline, packed, sizeof packed);
    FUZZ_CHECK(again > 0);
    struct account copy;
    FUZZ_CHECK(account_unpack((view) { packed, (uint32_t)again }, id, timeline,
                              arena, &copy) == OK);
    balance_json(&text, timeline, &account, account.clock_ms);
    FUZZ_CHECK(text_ok(&text));
    text_close(&text);
    return 0;
}
