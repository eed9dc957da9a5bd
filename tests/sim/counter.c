#include "tests/sim/counter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/codec.h"
#include "nodes/answer.h"
#include "nodes/clock.h"
#include "nodes/copies.h"
#include "nodes/desk.h"
#include "nodes/errand.h"
#include "tests/sim/box.h"
#include "tests/sim/image.h"
#include "tests/sim/till.h"

enum {
    PATIENCE_MS = 200, /* of a till, as of the command */
    SLACK_MS = 60,     /* a node's turns are so far apart, at worst */
    POINTS_MAX = 300,
    ACCOUNT_ARENA = 1 << 26,
};

/* Somebody who waits at a till. */
struct wait {
    struct world *world;
    uint32_t sale;
    int socket;
    int64_t since_ms;
    bool awake; /* the node has had its turns all the time */
    uint32_t size;
    char line[DESK_LINE_SIZE];
    struct wait *next;
};

static struct wait *waits; /* of the one world */
static struct world *the_world;

/* --- what a hub may grant --- */

/* What it holds back for others, by our own book. */
struct promise {
    uint32_t box;
    uint32_t node;
    char id[LIMIT_CODE_SIZE + 1];
    uint32_t sale; /* NO_SALE: a forger's, which never comes */
    uint32_t member;
    int64_t points;
    int64_t until_ms;
};
enum { PROMISES_MAX = 1024 };
static const uint32_t NO_SALE = UINT32_MAX;
static struct promise promises[PROMISES_MAX];
static uint32_t promise_count;

void
counter_open(struct world *world)
{
    the_world = world;
}

void
counter_forget(struct box *box)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < promise_count; i++)
        if (promises[i].box != box->machine.index)
            promises[left++] = promises[i];
    promise_count = left;
    box->machine.knocks = 0;
}

static int64_t
worth(const struct sale *sale)
{
    return sale->amount / 100;
}

/* What a member has by all that is on the disk of the hub. */
static int64_t
count_points(const struct world *world, uint32_t member, const bool *present)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < world->sale_count; i++) {
        const struct sale *sale = &world->sales[i];
        if (present[i] && sale->member == member)
            sum += till_points(sale);
    }
    return sum;
}

/* The same redemption, asked for again. */
static bool
is_repeated(const struct promise *a, const struct promise *b)
{
    return a->box == b->box && a->node == b->node && strcmp(a->id, b->id) == 0;
}

static int64_t
count_promised(const struct promise *asked, const bool *present)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < promise_count; i++) {
        const struct promise *promise = &promises[i];
        bool came = promise->sale != NO_SALE && present[promise->sale];
        if (promise->box == asked->box && !is_repeated(promise, asked) &&
            promise->member == asked->member && !came &&
            promise->until_ms > clock_steady_ms())
            sum += promise->points;
    }
    return sum;
}

static void
remember(const struct promise *granted)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < promise_count; i++)
        if (promises[i].until_ms > clock_steady_ms() &&
            !is_repeated(&promises[i], granted))
            promises[left++] = promises[i];
    promise_count = left;
    assert(promise_count < PROMISES_MAX);
    promises[promise_count++] = *granted;
}

/* What was asked for; a forger's number stands for itself. */
static struct promise
read_question(struct world *world, const struct box *box,
              const struct answer_to *to)
{
    struct promise asked = { .box = box->machine.index,
                             .node = to->node,
                             .sale = NO_SALE,
                             .until_ms = clock_steady_ms() + 60000 };
    unsigned number = 0;

    strcpy(asked.id, to->ask.id);
    if (sscanf(to->ask.id, "s%u", &number) == 1 && number < world->sale_count) {
        asked.sale = number;
        asked.member = world->sales[number].member;
        asked.points = worth(&world->sales[number]);
    } else if (world->plan.forgers == 0 || to->ask.id[0] == 's') {
        world_fail(world, "a question of nobody: %s", to->ask.id);
    } else {
        asked.member = (uint32_t)strtoul(to->ask.accounts[0], NULL, 10);
        asked.points = to->ask.points.value;
    }
    return asked;
}

static void
check_grant(struct world *world, struct box *box, const struct answer_to *to,
            const struct decision *decision)
{
    bool *present = calloc(world->sale_count + 1, sizeof *present);

    if (present == NULL)
        abort();
    const struct promise asked = read_question(world, box, to);
    till_mark_sales(world, box->machine.disk, present);
    int64_t owned = count_points(world, asked.member, present);
    int64_t promised = count_promised(&asked, present);
    bool granted = decision->verdict == VERDICT_GRANTED;
    bool came = asked.sale != NO_SALE && present[asked.sale];
    if (granted && !came && asked.points > owned - promised)
        world_fail(world,
                   "machine %u grants %lld of %lld points, %lld of them are "
                   "promised",
                   box->machine.index, (long long)asked.points,
                   (long long)owned, (long long)promised);
    /* A lying hub may have kept the rules from its successor. */
    const bool lost = world->plan.hub_lies > 0 && decision->minimum.value == 0;
    if (!granted && !lost && asked.points <= owned - promised)
        world_fail(world, "machine %u refuses %lld of %lld points: %s",
                   box->machine.index, (long long)asked.points,
                   (long long)(owned - promised),
                   decide_verdict_name(decision->verdict));
    if (granted && !came)
        remember(&asked);
    world->grants += granted;
    free(present);
}

/* Looks at every answer of every hub when it is made. */
bool __real_answer_make(struct answerer *answerer, const struct answer_to *to,
                        int64_t wall_ms, int64_t steady_ms,
                        struct answer *ret_answer);
bool __wrap_answer_make(struct answerer *answerer, const struct answer_to *to,
                        int64_t wall_ms, int64_t steady_ms,
                        struct answer *ret_answer);

bool
__wrap_answer_make(struct answerer *answerer, const struct answer_to *to,
                   int64_t wall_ms, int64_t steady_ms,
                   struct answer *ret_answer)
{
    struct decision decision;

    if (!__real_answer_make(answerer, to, wall_ms, steady_ms, ret_answer))
        return false;
    if (ask_answer_kind(&ret_answer->frame) == ASK_REDEEM &&
        ask_read_decision(&ret_answer->frame, &decision) &&
        !((struct box *)machine_here())->rotten) /* knows more than it holds */
        check_grant(the_world, (struct box *)machine_here(), to, &decision);
    return true;
}

/* --- a node alone --- */

/* What its own disk says that it has granted the member today, in cents. */
struct spent {
    struct world *world;
    const struct box *box;
    uint32_t member;
    int64_t day;
    bool *seen; /* each id once, also where it was told again */
    int64_t cents;
};

/* The sun rises in Helsinki two hours before it does in Greenwich. */
static int64_t
day_of(int64_t at_ms)
{
    return (at_ms + 2 * 3600000) / 86400000;
}

static void
add_spent(void *context, const struct record_event *bytes)
{
    struct spent *spent = context;
    struct event event;
    unsigned number;
    char id[LIMIT_CODE_SIZE + 1] = "";

    arena_reset(&spent->world->arena);
    if (bytes->here.node != spent->box->node ||
        codec_decode(bytes->core, &spent->world->arena, &event) != OK ||
        event.kind != EVENT_REDEEM || day_of(event.at_ms) != spent->day)
        return;
    memcpy(id, event.id.bytes, event.id.size);
    if (sscanf(id, "s%u", &number) != 1 || spent->seen[number] ||
        spent->world->sales[number].member != spent->member)
        return;
    spent->seen[number] = true;
    spent->cents += event.redeem.points.value;
}

static void
check_limit(struct world *world, const struct box *box, const struct sale *sale)
{
    struct spent spent = {
        .world = world,
        .box = box,
        .member = sale->member,
        .day = day_of(world_now_ms() + box->machine.wall_ms),
        .seen = calloc(world->sale_count + 1, sizeof(bool)),
    };

    if (spent.seen == NULL)
        abort();
    image_events(disk_journal(box->machine.disk), add_spent, &spent);
    if (spent.cents > COUNTER_LIMIT)
        world_fail(world,
                   "machine %u has granted member %u %lld cents today, on its "
                   "own",
                   box->machine.index, sale->member, (long long)spent.cents);
    free(spent.seen);
}

/* What `redeem` adds up (cmd_redeem.c). */
static enum err
sum_granted(struct ledger *ledger, account_id account, int64_t now_ms,
            struct arena *arena, money *ret_sum)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct history_account history;
    const struct timeline *timeline;
    uint32_t count;
    money sum = { 0 };

    enum err err = ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, NULL);
    if (err == OK)
        err = ledger_account(ledger, account, &question, arena, &history, NULL);
    if (err != OK)
        return err;
    const struct version *version = timeline_at(timeline, now_ms);
    const struct event *const *live =
        walk_live(history.events, history.event_count, arena, &count);
    for (uint32_t i = 0; i < count; i++)
        if (live[i]->kind == EVENT_REDEEM &&
            live[i]->identity.node == ledger_who(ledger).node &&
            day_of(live[i]->at_ms) == day_of(now_ms))
            sum = money_add(
                sum, decide_points_value(version, live[i]->redeem.points));
    *ret_sum = sum;
    return OK;
}

/* By what the hub told and the node's own events on top. */
static enum err
decide_by_copy(struct ledger *ledger, const struct timeline *timeline,
               account_id account, struct decide_command *command,
               int64_t now_ms, struct arena *arena,
               struct decision *ret_decision)
{
    struct copies *copies = NULL;
    struct state_fold fold;
    struct hub_state state;
    struct account known;
    uint32_t own;

    enum err err = copies_open(ledger_dir(ledger), false, &copies);
    if (err == OK)
        err = copies_get(copies, account, timeline->digest, arena, &state);
    if (err == OK)
        err = state_fold_open(&fold, ledger, timeline);
    if (err == OK) {
        err = hub_state_read(&fold, account, &state, now_ms, &known, &own);
        command->state_ms = state.told_ms;
        if (err == OK)
            *ret_decision =
                decide_redemption(timeline, &known, command, now_ms);
        state_fold_close(&fold);
    }
    copies_close(copies);
    return err;
}

/* False: not granted, or it can't be said. */
static bool
decide_alone(struct ledger *ledger, const struct sale *sale, int64_t now_ms)
{
    struct decide_command command = { .points = { worth(sale) },
                                      .offline = true };
    struct decision decision = { .verdict = VERDICT_UNKNOWN };
    const struct timeline *timeline;
    struct arena arena;
    account_id account;
    char name[16];

    if (!arena_open(&arena, ACCOUNT_ARENA))
        abort();
    snprintf(name, sizeof name, "%u", sale->member);
    bool parsed = account_parse(view_of(name), &account);
    assert(parsed);
    enum err err = ledger_refresh(ledger, NULL);
    if (err == OK)
        err = ledger_timeline(ledger, LEDGER_KNOWN_ALL, &timeline, NULL);
    if (err == OK)
        err = sum_granted(ledger, account, now_ms, &arena,
                          &command.granted_today);
    /* Of whom nobody has told the age is too great. */
    if (err == OK)
        err = decide_by_copy(ledger, timeline, account, &command, now_ms,
                             &arena, &decision);
    arena_close(&arena);
    return err == OK && decision.verdict == VERDICT_GRANTED;
}

static void
fall_back(struct world *world, uint32_t number)
{
    struct sale *sale = &world->sales[number];
    struct box *box = world->boxes[sale->box];

    sale->state = SALE_REFUSED;
    box_enter(box);
    if (!box->machine.dead && box->till == NULL &&
        ledger_open(box->dir, LEDGER_WRITE, NULL, &box->till) != OK)
        box->till = NULL;
    bool granted =
        !box->machine.dead && box->till != NULL &&
        decide_alone(box->till, sale, world_now_ms() + box->machine.wall_ms);
    machine_leave();
    if (!granted)
        return;
    sale->state = SALE_ASKED;
    till_try(world, number);
    if (sale->state != SALE_DONE)
        sale->state = SALE_MAYBE; /* decided for this moment only */
    else
        check_limit(world, box, sale);
    world->alone++;
}

/* --- waiting --- */

static int
dial(struct box *box)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int there = -1;
    int dir = open(box->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/desk",
             dir);
    there = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (there >= 0 &&
        connect(there, (struct sockaddr *)&address, sizeof address) != 0) {
        close(there);
        there = -1;
    }
    close(dir);
    box->machine.knocks += there >= 0;
    return there;
}

int __real_local_accept(int listener);
int __wrap_local_accept(int listener);

/* Thousands of desks are looked at in every turn: of those where nobody waits
 * the system is not asked. */
int
__wrap_local_accept(int listener)
{
    struct machine *machine = machine_here();

    if (machine->knocks == 0) {
        errno = EAGAIN;
        return -1;
    }
    const int accepted = __real_local_accept(listener);
    machine->knocks -= accepted >= 0;
    return accepted;
}

static bool
send_question(int there, uint32_t number, const struct sale *sale)
{
    struct ask ask = { .kind = ASK_REDEEM,
                       .account_count = 1,
                       .points = { worth(sale) } };
    struct text line = { 0 };

    snprintf(ask.accounts[0], sizeof ask.accounts[0], "%u", sale->member);
    snprintf(ask.id, sizeof ask.id, "s%u", number);
    desk_write_question(&line, &ask);
    bool sent = text_ok(&line) && send(there, line.bytes, line.size,
                                       MSG_NOSIGNAL) == (ssize_t)line.size;
    text_close(&line);
    return sent;
}

void
counter_ask(struct world *world, struct box *box)
{
    const struct sale sale = {
        .box = box->machine.index,
        .member = 1 + luck_below(&world->luck, WORLD_MEMBERS),
        .amount = 100 * (COUNTER_MIN + luck_below(&world->luck, POINTS_MAX)),
        .redeems = true,
        .state = SALE_OPEN,
    };
    struct wait *wait = calloc(1, sizeof *wait);

    if (wait == NULL)
        abort();
    uint32_t number = till_record(world, &sale);
    *wait = (struct wait) { .world = world,
                            .sale = number,
                            .socket = dial(box),
                            .since_ms = machine_true_ms(),
                            .awake = true,
                            .next = waits };
    if (wait->socket >= 0 && send_question(wait->socket, number, &sale)) {
        waits = wait;
        return;
    }
    if (wait->socket >= 0)
        close(wait->socket);
    free(wait);
    fall_back(world, number);
}

/* What was answered, if it is all that will be: true. */
static bool
listen_for(struct wait *wait, enum ask_kind *ret_kind,
           struct decision *ret_decision)
{
    ssize_t got = recv(wait->socket, wait->line + wait->size,
                       sizeof wait->line - wait->size, 0);

    *ret_kind = ASK_NONE;
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got > 0) {
        wait->size += (uint32_t)got;
        return false;
    }
    const char *end = memchr(wait->line, '\n', wait->size);
    if (end == NULL)
        return true; /* the node has gone */
    if (end != wait->line + wait->size - 1)
        world_fail(wait->world, "sale %u is answered twice", wait->sale);
    view line = { (const uint8_t *)wait->line, wait->size };
    *ret_kind = desk_read_answer(line, ret_decision);
    return true;
}

static void
be_told(struct wait *wait, enum ask_kind kind, const struct decision *decision)
{
    struct world *world = wait->world;
    struct sale *sale = &world->sales[wait->sale];

    if (kind != ASK_REDEEM) {
        fall_back(world, wait->sale);
        return;
    }
    sale->state = SALE_REFUSED;
    if (decision->verdict != VERDICT_GRANTED)
        return;
    sale->state = SALE_ASKED;
    till_try(world, wait->sale);
}

/* True: it is over. */
static bool
attend(struct wait *wait)
{
    const struct world *world = wait->world;
    const struct box *box = world->boxes[world->sales[wait->sale].box];
    int64_t age_ms = machine_true_ms() - wait->since_ms;
    struct decision decision;
    enum ask_kind kind;

    wait->awake &= box_runs(box) && !box->machine.dead &&
                   box->turn_ms <= machine_true_ms() + SLACK_MS / 2;
    bool over = listen_for(wait, &kind, &decision);
    if (!over && wait->awake && age_ms > ERRAND_MS + SLACK_MS)
        world_fail(wait->world, "sale %u has not been answered in time",
                   wait->sale);
    if (!over && age_ms < PATIENCE_MS + SLACK_MS)
        return false;
    be_told(wait, kind, &decision);
    return true;
}

void
counter_turn(struct world *world)
{
    struct wait **link = &waits;

    while (*link != NULL) {
        struct wait *wait = *link;
        assert(wait->world == world);
        if (!attend(wait)) {
            link = &wait->next;
            continue;
        }
        *link = wait->next;
        close(wait->socket);
        free(wait);
    }
}

void
counter_close(struct world *world)
{
    while (waits != NULL) {
        struct wait *wait = waits;
        assert(wait->world == world);
        waits = wait->next;
        close(wait->socket);
        free(wait);
    }
    promise_count = 0;
}
