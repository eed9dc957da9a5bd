#include "nodes/tills.h"

#include "core/slip.h"
#include "nodes/clock.h"
#include "nodes/decider.h"
#include "nodes/local.h"
#include "nodes/porter.h"
#include "nodes/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_AT_ONCE = 64,           /* of the kernel's */
    LINE_ROOM = 4096,              /* for an ordinary line */
    GROUP_BYTES = LIMIT_JSON_LINE, /* of lines, before the last one of it */
    ARENA_SIZE = 1 << 28,          /* address space for what they say */
    LISTENER = TILLS_MAX,          /* beside the numbers of the tills */
    STOP,
    DECIDER,
};

static const char CROWDED[] =
    "{\"fault\": \"too many tills at once; try again\"}\n";

/* One connection. */
struct till {
    int descriptor; /* -1: a free place */
    uint8_t *bytes; /* owned; what has come */
    uint32_t room;
    uint32_t size;
    uint32_t taken;    /* of it, into groups */
    uint32_t searched; /* of it, for the end of a line */
    bool ready;        /* a whole line is there */
    bool ended;        /* nothing more comes */
    bool asks;         /* the decider has its question */
    uint32_t watched;  /* events that ring */
    struct text answers;
    size_t told; /* of them */
};

/* What is appended together.  The lines' events lie in the arena. */
struct parcel {
    uint32_t count;
    uint32_t tills[LEDGER_REQUESTS_MAX];
    struct ledger_request requests[LEDGER_REQUESTS_MAX];
    struct complaint words[LEDGER_REQUESTS_MAX];
    size_t bytes;
};

struct tills {
    struct ledger *ledger;
    uint32_t node;
    int dir; /* the ledger's */
    struct porter porter;
    int bell; /* an epoll of all that may ring */
    int stop;
    bool stopped;
    bool full; /* there was no room on the disk */
    bool runs; /* the thread */
    pthread_t thread;
    struct decider *decider;
    bool awaited; /* its bell is watched */
    /* Whose questions it is at, in their order, a ring; NULL: one who has gone
     * meanwhile. */
    struct till *asked[DECIDER_QUESTIONS_MAX];
    uint32_t asked_first;
    uint32_t asked_count;
    struct arena arena;
    uint32_t open_count;
    uint32_t ready_count;
    uint32_t answered; /* tills, of late */
    uint32_t cursor;   /* the till whose turn is next */
    uint64_t bytes;    /* of all rooms that had to grow */
    struct till list[TILLS_MAX];
    struct parcel parcel;
};

/* --- connections -------------------------------------------------------- */

static void
watch(struct tills *tills, struct till *till, uint32_t events)
{
    struct epoll_event event = { .events = events };
    int what = till->watched == 0 ? EPOLL_CTL_ADD
               : events == 0      ? EPOLL_CTL_DEL
                                  : EPOLL_CTL_MOD;

    event.data.u32 = (uint32_t)(till - tills->list);
    if (events != till->watched &&
        epoll_ctl(tills->bell, what, till->descriptor, &event) == 0)
        till->watched = events;
}

/* The first room of each is there for it in any case; what is more than that is
 * counted. */
static void
set_room(struct tills *tills, struct till *till, uint8_t *bytes, uint32_t room)
{
    if (till->room > LINE_ROOM)
        tills->bytes -= till->room;
    if (room > LINE_ROOM)
        tills->bytes += room;
    till->bytes = bytes;
    till->room = room;
}

static void
end(struct tills *tills, struct till *till)
{
    close(till->descriptor);
    free(till->bytes);
    text_close(&till->answers);
    set_room(tills, till, NULL, 0);
    tills->ready_count -= till->ready;
    tills->open_count--;
    for (uint32_t i = 0; till->asks && i < DECIDER_QUESTIONS_MAX; i++)
        if (tills->asked[i] == till)
            tills->asked[i] = NULL;
    *till = (struct till) { .descriptor = -1 };
}

/* Sends what the till takes; with what it does not take yet, it is waited for
 * and nothing else of it is listened to. */
static void
tell(struct tills *tills, struct till *till)
{
    size_t size = till->answers.size - till->told;
    ssize_t sent = 0;

    if (size > 0)
        sent = send(till->descriptor, till->answers.bytes + till->told, size,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    if (!text_ok(&till->answers) ||
        (sent < 0 && errno != EAGAIN && errno != EINTR)) {
        end(tills, till);
        return;
    }
    till->told += sent > 0 ? (size_t)sent : 0;
    bool waits = till->told < till->answers.size;
    if (!waits) {
        text_clear(&till->answers);
        till->told = 0;
    }
    if (waits)
        watch(tills, till, EPOLLOUT);
    else if (!till->ended)
        watch(tills, till, EPOLLIN);
    else if (!till->ready && !till->asks)
        end(tills, till);
}

/* The last thing that a till hears. */
static void
turn_away(struct tills *tills, struct till *till, enum err err,
          const char *words)
{
    struct complaint complaint;

    assert(!till->ready);
    complain(&complaint, "%s", words);
    slip_answer(&till->answers, NULL, 0, err, &complaint);
    till->ended = true;
    till->size = till->taken = till->searched = 0;
    watch(tills, till, 0);
    tell(tills, till);
}

static void
let_in(struct tills *tills)
{
    struct till *till = tills->list;
    int descriptor;

    while ((descriptor = porter_let_in(&tills->porter)) >= 0) {
        while (till < tills->list + TILLS_MAX && till->descriptor >= 0)
            till++;
        if (till == tills->list + TILLS_MAX) {
            send(descriptor, CROWDED, sizeof CROWDED - 1,
                 MSG_NOSIGNAL | MSG_DONTWAIT);
            close(descriptor);
            continue;
        }
        till->descriptor = descriptor;
        tills->open_count++;
        watch(tills, till, EPOLLIN);
    }
}

/* --- lines -------------------------------------------------------------- */

/* Room for what comes next.  False: the till has been turned away. */
static bool
make_room(struct tills *tills, struct till *till)
{
    uint32_t room = till->room == 0 ? LINE_ROOM : till->room * 2;

    if (till->size < till->room)
        return true;
    if (till->room > LIMIT_JSON_LINE) {
        turn_away(tills, till, ERR_INPUT, "expected a shorter line of JSON");
        return false;
    }
    uint8_t *bytes = NULL;
    if (room == LINE_ROOM || tills->bytes + room <= TILLS_BYTES_MAX)
        bytes = realloc(till->bytes, room);
    if (bytes == NULL) {
        turn_away(tills, till, ERR_MEMORY,
                  "too many long lines at once; try again");
        return false;
    }
    set_room(tills, till, bytes, room);
    return true;
}

/* Whether a whole line is there that has not been taken. */
static void
look_for_line(struct tills *tills, struct till *till)
{
    const void *found = till->size == till->searched
                            ? NULL
                            : memchr(till->bytes + till->searched, '\n',
                                     till->size - till->searched);

    tills->ready_count -= till->ready;
    till->ready = found != NULL;
    tills->ready_count += till->ready;
    till->searched = found == NULL
                         ? till->size
                         : (uint32_t)((const uint8_t *)found - till->bytes);
}

static void
receive(struct tills *tills, struct till *till)
{
    if (till->ready && till->size == till->room)
        return; /* first things first */
    if (!make_room(tills, till))
        return;
    ssize_t size = recv(till->descriptor, till->bytes + till->size,
                        till->room - till->size, MSG_DONTWAIT);
    if (size > 0)
        till->size += (uint32_t)size;
    else if (size == 0 || (errno != EAGAIN && errno != EINTR))
        till->ended = true;
    if (!till->ready)
        look_for_line(tills, till);
    if (!till->ended)
        return;
    watch(tills, till, 0);
    if (!till->ready)
        tell(tills, till);
}

/* The line that is there, without its end. */
static view
see_line(const struct till *till)
{
    assert(till->ready);
    return (view) { till->bytes + till->taken, till->searched - till->taken };
}

static view
take_line(struct tills *tills, struct till *till)
{
    view line = see_line(till);

    till->taken = ++till->searched;
    look_for_line(tills, till);
    return line;
}

/* Gives back the room of what has been taken. */
static void
tidy(struct tills *tills, struct till *till)
{
    till->size -= till->taken;
    till->searched -= till->taken;
    if (till->size > 0)
        memmove(till->bytes, till->bytes + till->taken, till->size);
    till->taken = 0;
    if (till->size > 0 || till->room <= LINE_ROOM)
        return;
    free(till->bytes);
    set_room(tills, till, NULL, 0);
}

/* --- redemptions --- */

/* A ring for the decider's answers, as long as one is awaited: later its end
 * would ring on and on. */
static void
watch_decider(struct tills *tills)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = DECIDER };
    const bool due = tills->asked_count > 0;

    if (due != tills->awaited)
        epoll_ctl(tills->bell, due ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
                  decider_bell(tills->decider), &event);
    tills->awaited = due;
}

static void
refuse(struct tills *tills, struct till *till, enum err err)
{
    struct complaint words;

    if (err == ERR_INPUT)
        complain(&words, "decide: expected at most %d bytes", DECIDER_LINE_MAX);
    else
        complain(&words, "the redemption could not be decided; ask again");
    slip_answer(&till->answers, NULL, 0, err, &words);
    tell(tills, till);
}

/* Takes the line that is there as a question, if there is room for it. */
static void
ask_decider(struct tills *tills, struct till *till)
{
    enum err err = decider_ask(tills->decider, see_line(till));

    watch(tills, till, 0); /* until it is answered, or its turn comes */
    if (err == ERR_BUSY)
        return;
    take_line(tills, till);
    if (err != OK) {
        refuse(tills, till, err);
        return;
    }
    till->asks = true;
    tills->asked[(tills->asked_first + tills->asked_count++) %
                 DECIDER_QUESTIONS_MAX] = till;
}

/* Hands out what the decider has answered. */
static void
hear_decider(struct tills *tills)
{
    while (tills->asked_count > 0) {
        struct till *till = tills->asked[tills->asked_first];
        struct text none = { 0 };
        enum err err =
            decider_take(tills->decider, till ? &till->answers : &none);
        text_close(&none);
        if (err == ERR_BUSY)
            break;
        tills->asked[tills->asked_first] = NULL;
        tills->asked_first = (tills->asked_first + 1) % DECIDER_QUESTIONS_MAX;
        tills->asked_count--;
        if (!till)
            continue;
        till->asks = false;
        tills->answered++;
        if (err == OK)
            tell(tills, till);
        else
            refuse(tills, till, err);
    }
    watch_decider(tills);
}

/* Puts the questions that have been taken. */
static void
send_questions(struct tills *tills)
{
    if (decider_send(tills->decider) == OK)
        watch_decider(tills);
    else
        hear_decider(tills); /* that none will be answered */
}

/* --- waiting ------------------------------------------------------------ */

/* Until something rings, or that time is over (NULL: however long it takes);
 * takes in what has come.  The poll knows shorter times than milliseconds. */
static void
await(struct tills *tills, const struct timespec *timeout)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    struct pollfd bell = { .fd = tills->bell, .events = POLLIN };

    if (timeout != NULL && ppoll(&bell, 1, timeout, NULL) <= 0)
        return;
    int count = epoll_wait(tills->bell, events, EVENTS_AT_ONCE,
                           timeout != NULL      ? 0
                           : tills->porter.shut ? PORTER_RETRY_MS
                                                : -1);
    for (int i = 0; i < count; i++) {
        uint32_t who = events[i].data.u32;
        struct till *till = who < TILLS_MAX ? &tills->list[who] : NULL;
        if (who == STOP)
            tills->stopped = true;
        else if (who == LISTENER)
            let_in(tills);
        else if (who == DECIDER)
            hear_decider(tills);
        else if (till->descriptor >= 0 && till->watched == EPOLLOUT)
            tell(tills, till);
        else if (till->descriptor >= 0)
            receive(tills, till);
    }
    if (tills->porter.shut)
        let_in(tills);
}

/* Those who were just answered come back at about the same time, and it pays
 * to flush once for all of them (group.h): so they are waited for, in pauses
 * far shorter than a flush and only as long as some come. */
static void
gather(struct tills *tills)
{
    static const struct timespec PAUSE = { .tv_nsec = 20000 };
    uint32_t expected = tills->ready_count + tills->answered;
    uint32_t before = 0;

    if (expected > tills->open_count)
        expected = tills->open_count;
    while (tills->ready_count < expected && tills->ready_count > before) {
        before = tills->ready_count;
        await(tills, &PAUSE);
    }
    if (before > 0)
        tills->answered = 0;
}

/* --- appending ---------------------------------------------------------- */

/* Reads a line into the parcel; one that can't be read is only answered. */
static void
put_in(struct tills *tills, struct till *till, view line)
{
    struct parcel *parcel = &tills->parcel;
    struct ledger_request *request = &parcel->requests[parcel->count];
    struct complaint *words = &parcel->words[parcel->count];
    struct arena arena = tills->arena;

    *request = (struct ledger_request) { .complaint = words };
    words->text[0] = '\0';
    if (line.size > LIMIT_JSON_LINE)
        request->err = complain(words, "expected a shorter line of JSON");
    else
        request->err =
            slip_read(line, &arena, &request->entries, &request->count, words);
    if (request->err == OK)
        tills->arena = arena;
    parcel->tills[parcel->count++] = (uint32_t)(till - tills->list);
    parcel->bytes += line.size;
}

static bool
has_room(const struct parcel *parcel)
{
    return parcel->count < LEDGER_REQUESTS_MAX && parcel->bytes < GROUP_BYTES;
}

/* Takes what lines of a till can be taken now.  A redemption is decided by what
 * has been stored, and what comes behind it waits for the answer: so it is the
 * first of its till, and none of that till's lines follows it. */
static void
take_lines(struct tills *tills, struct till *till)
{
    const uint32_t before = tills->parcel.count;

    while (till->ready && !till->asks && till->answers.size == 0 &&
           has_room(&tills->parcel)) {
        if (slip_is_question(see_line(till))) {
            if (tills->parcel.count == before)
                ask_decider(tills, till);
            break;
        }
        put_in(tills, till, take_line(tills, till));
    }
    if (till->taken > 0)
        tidy(tills, till);
}

/* Takes lines of all tills in turn, from where the last parcel was full, and
 * puts their questions.  False: there is nothing to be appended. */
static bool
fill(struct tills *tills)
{
    struct parcel *parcel = &tills->parcel;
    const uint32_t asked = tills->asked_count;

    arena_reset(&tills->arena);
    parcel->count = 0;
    parcel->bytes = 0;
    for (uint32_t i = 0; i < TILLS_MAX && has_room(parcel); i++) {
        struct till *till = &tills->list[tills->cursor];
        if (till->descriptor >= 0)
            take_lines(tills, till);
        tills->cursor = (tills->cursor + 1) % TILLS_MAX;
    }
    if (tills->asked_count == asked)
        return parcel->count > 0;
    /* The next question is that of the next who has one. */
    const struct till *last =
        tills->asked[(tills->asked_first + tills->asked_count - 1) %
                     DECIDER_QUESTIONS_MAX];
    tills->cursor = (uint32_t)(last - tills->list + 1) % TILLS_MAX;
    send_questions(tills);
    return parcel->count > 0;
}

/* Once when the disk fills up, and once when there is room again. */
static void
tell_room(struct tills *tills)
{
    bool full = tills->full;

    for (uint32_t i = 0; i < tills->parcel.count; i++)
        if (tills->parcel.requests[i].err == OK ||
            tills->parcel.requests[i].err == ERR_FULL)
            full = tills->parcel.requests[i].err == ERR_FULL;
    if (full != tills->full)
        trace(full ? TRACE_ERROR : TRACE_NOTICE, tills->node,
              full ? "full" : "room", "what=tills");
    tills->full = full;
}

static void
answer(struct tills *tills)
{
    const struct parcel *parcel = &tills->parcel;

    for (uint32_t i = 0; i < parcel->count; i++) {
        const struct ledger_request *request = &parcel->requests[i];
        struct till *till = &tills->list[parcel->tills[i]];
        slip_answer(&till->answers, request->entries, request->count,
                    request->err, request->complaint);
        /* Lines of one till stand together. */
        if (i + 1 < parcel->count && parcel->tills[i + 1] == parcel->tills[i])
            continue;
        tills->answered++;
        tell(tills, till);
    }
}

static void *
serve(void *argument)
{
    struct tills *tills = argument;

    /* Else the kernel makes a pause of 20 us one of 70. */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    while (!tills->stopped) {
        await(tills, NULL);
        gather(tills);
        while (fill(tills)) {
            ledger_append_each(tills->ledger, tills->parcel.requests,
                               tills->parcel.count, clock_wall_ms());
            tell_room(tills);
            answer(tills);
        }
    }
    return NULL;
}

/* --- opening and closing ------------------------------------------------ */

static enum err
ring_for(struct tills *tills, int descriptor, uint32_t who)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = who };

    return epoll_ctl(tills->bell, EPOLL_CTL_ADD, descriptor, &event) == 0
               ? OK
               : ERR_IO;
}

static enum err
start(struct tills *tills)
{
    tills->dir =
        open(ledger_dir(tills->ledger), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tills->bell = epoll_create1(EPOLL_CLOEXEC);
    tills->stop = eventfd(0, EFD_CLOEXEC);
    if (tills->dir < 0 || tills->bell < 0 || tills->stop < 0)
        return ERR_IO;
    tills->decider = decider_open(ledger_dir(tills->ledger));
    if (!tills->decider || !arena_open(&tills->arena, ARENA_SIZE))
        return ERR_MEMORY;
    enum err err =
        local_listen(tills->dir, "tills", TILLS_MAX, &tills->porter.listener);
    if (err == OK && !local_share(tills->dir, "tills"))
        trace(TRACE_ERROR, tills->node, "tills",
              "why=\"the group of the ledger's directory can't be let in\"");
    tills->porter.bell = tills->bell;
    if (err == OK)
        err = porter_open(&tills->porter);
    if (err == OK)
        err = ring_for(tills, tills->stop, STOP);
    if (err == OK && pthread_create(&tills->thread, NULL, serve, tills) != 0)
        err = ERR_MEMORY;
    tills->runs = err == OK;
    return err;
}

enum err
tills_open(struct ledger *ledger, struct tills **ret_tills)
{
    struct tills *tills = calloc(1, sizeof *tills);
    enum err err = ERR_MEMORY;

    if (tills) {
        tills->ledger = ledger;
        tills->node = ledger_node(ledger);
        tills->porter = (struct porter) { .name = "tills",
                                          .node = tills->node,
                                          .listener = -1,
                                          .who = LISTENER };
        tills->dir = tills->bell = tills->stop = -1;
        for (uint32_t i = 0; i < TILLS_MAX; i++)
            tills->list[i].descriptor = -1;
        err = start(tills);
    }
    if (err == OK)
        *ret_tills = tills;
    else
        tills_close(tills);
    return err;
}

static void
shut(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

void
tills_close(struct tills *tills)
{
    const uint64_t one = 1;

    if (!tills)
        return;
    if (tills->runs && write(tills->stop, &one, sizeof one) == sizeof one)
        pthread_join(tills->thread, NULL);
    for (uint32_t i = 0; i < TILLS_MAX; i++)
        if (tills->list[i].descriptor >= 0)
            end(tills, &tills->list[i]);
    if (tills->porter.listener >= 0)
        unlinkat(tills->dir, "tills", 0);
    shut(tills->porter.listener);
    shut(tills->bell);
    shut(tills->stop);
    shut(tills->dir);
    decider_close(tills->decider);
    arena_close(&tills->arena);
    free(tills);
}
