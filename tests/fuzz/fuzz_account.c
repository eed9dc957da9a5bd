/* fuzz_account.c - a packed state, as hubs send it to nodes, and what a node
 * decides by it */

#include "core/balance.h"
#include "core/program_yaml.h"
#include "nodes/decide.h"
#include "tests/fuzz/fuzz.h"

static const char RULES[] =
    "program: Fuzz\n"
    "currency: EUR\n"
    "timezone: UTC\n"
    "partners:\n"
    "  - {id: market, stores: [1-9], issue_price: 0.010, redeem_price: 0.009}\n"
    "  - {id: cafe, stores: [30-39], issue_price: 0.012, redeem_price: 0.009}\n"
    "earn:\n"
    "  - {id: base, per: 1.00, points: 1}\n"
    "rewards:\n"
    "  - {id: coffee, points: 200, value: 2.00}\n"
    "points: {value: 0.01, min_redemption: 100}\n"
    "offline: {max_value: 20.00, max_age_days: 7}\n";

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

/* Whatever is asked: refused, or granted within what is there. */
static void
decide(const struct timeline *timeline, const struct account *account)
{
    static const int64_t asked[] = { 0, 1, 100, 1900, 2001, LIMIT_POINTS };

    for (uint32_t i = 0; i < 4 * COUNT_OF(asked); i++) {
        const struct decide_command command = {
            .points = { asked[i / 4] },
            .reward = asked[i / 4] == 0 ? view_of("coffee") : (view) { 0 },
            .points_held = { i % 2 ? 50 : 0 },
            .offline = i % 4 >= 2,
            .state_ms = i % 3 ? account->clock_ms : 0,
            .granted_today = { i % 2 ? 500 : 0 },
        };
        struct decision decision =
            decide_redemption(timeline, account, &command, account->clock_ms);
        FUZZ_CHECK(decide_verdict_name(decision.verdict) != NULL);
        if (decision.verdict == VERDICT_GRANTED && !decision.by_voucher)
            FUZZ_CHECK(decision.points.value <= decision.available.value);
    }
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
    decide(timeline, &account);
    balance_json(&text, timeline, &account, account.clock_ms);
    FUZZ_CHECK(text_ok(&text));
    text_close(&text);
    return 0;
}
