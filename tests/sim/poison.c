#include "tests/sim/poison.h"

#include "core/codec_fields.h"
#include "core/event.h"
#include "core/pack.h"
#include "nodes/carry.h"
#include "nodes/clock.h"
#include "tests/sim/box.h"
#include "tests/sim/toll.h"

/* In the order of the toll's. */
enum poison {
    POISON_STORE,
    POISON_KIND,
    POISON_FIELD,
    POISON_AMOUNT,
    POISON_NONSENSE,
    POISON_MARK,
    POISON_END
};
enum { FOREIGN_STORE = 9998, LATER_KIND = 90, LATER_FIELD = 200 };

/* A purchase of 10,000.00, but for what is wrong with it. */
static void
brew(struct world *world, const struct box *box, enum poison poison,
     struct text *core)
{
    if (poison == POISON_NONSENSE) {
        text_string(core, "\xc1 nonsense");
        return;
    }
    pack_map(core, poison == POISON_FIELD ? 7 : 6);
    pack_unsigned(core, FIELD_KIND);
    pack_unsigned(core, poison == POISON_KIND ? LATER_KIND : EVENT_PURCHASE);
    pack_unsigned(core, FIELD_AT);
    pack_integer(core, world_now_ms() + box->machine.wall_ms);
    pack_unsigned(core, FIELD_STORE);
    pack_unsigned(core, poison == POISON_STORE ? FOREIGN_STORE : box->node);
    pack_unsigned(core, FIELD_MEMBER);
    pack_unsigned(core, 1 + luck_below(&world->luck, WORLD_MEMBERS));
    pack_unsigned(core, FIELD_RECEIPT);
    pack_string(core, view_of("poison"));
    pack_unsigned(core, FIELD_TOTAL);
    pack_integer(core,
                 poison == POISON_AMOUNT ? 2 * LIMIT_MONEY_MINOR : 1000000);
    if (poison == POISON_FIELD) {
        pack_unsigned(core, LATER_FIELD);
        pack_unsigned(core, 1);
    }
}

static enum err
append_mark(struct journal *journal, int64_t now_ms)
{
    struct carry carry = { 0 };

    enum err err = carry_open(journal, &carry);
    if (err == OK)
        err = carry_mark(&carry, now_ms, 0);
    carry_close(&carry);
    return err;
}

static enum err
append_event(struct world *world, struct box *box, enum poison poison,
             int64_t now_ms)
{
    struct text core = { 0 };
    struct journal_result result;

    brew(world, box, poison, &core);
    const struct journal_entry entry = { .core = text_view(&core),
                                         .print = { .at_ms = now_ms } };
    const struct journal_append append = { .entries = &entry,
                                           .count = 1,
                                           .now_ms = now_ms };
    enum err err = journal_append(ledger_journal(box->till), &append, &result);
    text_close(&core);
    return err;
}

static enum err
append(struct world *world, struct box *box)
{
    int64_t now_ms = clock_wall_ms();
    enum poison poison = (enum poison)luck_below(&world->luck, POISON_END);

    enum err err = poison == POISON_MARK
                       ? append_mark(ledger_journal(box->till), now_ms)
                       : append_event(world, box, poison, now_ms);
    if (err == OK)
        toll_count((enum toll)(TOLL_POISON_STORE + poison));
    return err;
}

void
poison_append(struct world *world, struct box *box)
{
    box_enter(box);
    enum err err = OK;
    if (box->till == NULL)
        err = ledger_open(box->dir, LEDGER_WRITE, NULL, &box->till);
    if (err == OK)
        err = append(world, box);
    machine_leave();
    if (box->till && journal_is_broken(ledger_journal(box->till)))
        box_end_till(box);
    if (err != OK && err != ERR_FULL && err != ERR_IO && !box->rotten)
        world_fail(world, "poison at machine %u: %s", box->machine.index,
                   err_name(err));
}
