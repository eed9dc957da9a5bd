#include "nodes/keeper.h"

#include "core/journal.h"
#include "core/ledger_refresh.h"
#include "core/spread.h"
#include "core/standing.h"
#include "nodes/clock.h"
#include "nodes/instance.h"
#include "nodes/trace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 50,
    BUSY_MS = 3000,     /* somebody has the ledger */
    TEND_LOOKS = 1200,  /* a minute */
    TROUBLE_LOOKS = 20, /* a second */
    FEED_REST = 9,      /* feeding takes a tenth of the time at most */
    BOOK_REST = 9,      /* and so do totals, ... */
    BEHIND_REST = 49,   /* ... less where states wait to be folded, ... */
    BOOK_STEP = 250,    /* ... so many positions at a time, ... */
    QUIET_REST = 1,     /* ... but for when there is ... */
    QUIET_STEP = 1000,  /* ... nothing else to do */
    FOLD_STEP = 32768,  /* positions; then those who ask have their turn */
    LAG_MAX = 1 << 22,  /* positions that histories stay behind, ... */
    LAG_MS = 5000,      /* ... and how long, while more and more arrives; ... */
    LAG_FEW = 1 << 16,  /* ... and so many that a till can wait for them */
    ASKED_MS = 5000,    /* who has asked may ask again, and not wait long */
    SAVE_MS = 60000,    /* between two files of totals */
    STATES_SHARE = 4,   /* of the machine's memory, that states may take */
    TAIL_ITEMS = 100000, /* of the history that are kept in memory */
    NICE = 5,            /* of the thread */
    LATE_MS = 75,        /* at something else: whoever asks is late anyway */
    RECEIVING = 2,       /* threads that take in what arrives, at work all the
                          * time when it is much */
};

struct keeper {
    struct ledger *ledger;
    struct journal *journal;
    struct state *state; /* of a hub only */
    struct feed *feed;
    struct answerer *answerer;
    int bell;                  /* an eventfd */
    int64_t feed_ms;           /* not before that */
    struct standing *standing; /* totals; of a hub only */
    int64_t book_ms;           /* not before that; */
    int64_t save_ms;           /* nor the file */
    uint64_t saved;            /* position of the file */
    bool booked;               /* the last time went well */
    enum err fold_err;         /* the last time, as is the next */
    enum err tend_err;
    uint32_t looks;
    uint64_t txn; /* of the journal, when it was last folded */
    bool well;
    bool behind;      /* there is more to be folded */
    int64_t level_ms; /* when histories were last as far as states, if ever */
    bool asked;       /* anything, lately: in one go they would take long */
    bool feeds;       /* a hub's */
    pthread_t thread;

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t news;
    bool woken;
    bool ending;
    uint64_t position;
    int64_t folded_ms; /* when the position last moved, by the wall's clock */
    struct feed_ask asks[FEED_ASKS_MAX]; /* oldest first */
    uint32_t ask_count;
    struct feed_parcel parcels[FEED_ASKS_MAX];
    uint32_t parcel_count;
    struct answer_to *questions; /* of a hub; oldest first */
    uint32_t question_count;
    struct answer *answers;
    uint32_t answer_count;
    uint32_t holds;
    int64_t busy_ms;  /* since when it has looked at no question; 0: it waits */
    int64_t asked_ms; /* when a question last came */
    bool able;        /* what is asked can be answered; ... */
    bool near;        /* ... from histories, too */
};

enum err
keeper_ledger(const char *dir, bool feeds, struct complaint *complaint,
              struct ledger **ret_ledger)
{
    const enum ledger_mode mode = feeds ? LEDGER_HUB : LEDGER_NODE;
    int64_t until_ms = clock_steady_ms() + BUSY_MS;
    const struct timespec pause = { .tv_nsec = 50000000 };
    bool moved = false;

    enum err err =
        instance_check(dir, true, clock_wall_ms(), &moved, complaint);
    if (err == OK)
        err = ledger_open(dir, mode, complaint, ret_ledger);
    while (err == ERR_BUSY && clock_steady_ms() <= until_ms) {
        nanosleep(&pause, NULL);
        err = ledger_open(dir, mode, complaint, ret_ledger);
    }
    if (err == OK && moved)
        trace(TRACE_ERROR, ledger_who(*ret_ledger).node, "alarm",
              "what=moved incarnation=%llu",
              (unsigned long long)ledger_who(*ret_ledger).incarnation);
    return err;
}

static bool
sleep_until_news(struct keeper *keeper)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->busy_ms = 0;
    while (!keeper->woken && !keeper->ending && !keeper->behind) {
        if (pthread_cond_timedwait(&keeper->news, &keeper->lock, &until) != 0)
            break;
    }
    keeper->woken = false;
    keeper->busy_ms = clock_steady_ms();
    bool go_on = !keeper->ending;
    pthread_mutex_unlock(&keeper->lock);
    return go_on;
}

/* A fault is told when it begins and when it is another one, not twenty times a
 * second. */
static void
tell(const struct keeper *keeper, enum err err, enum err *last,
     const char *words)
{
    if (err != OK && err != *last)
        trace(TRACE_ERROR, ledger_who(keeper->ledger).node, "fold",
              "err=%s what=\"%s\"", err_name(err), words);
    *last = err;
}

/* By how many positions histories are behind the states. */
static uint64_t
lag(const struct keeper *keeper)
{
    uint64_t folded = keeper->state ? state_position(keeper->state) : 0;
    uint64_t position = ledger_position(keeper->ledger);

    return folded > position ? folded - position : 0;
}

static void
note_asked(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->asked = keeper->asked_ms != 0 &&
                    clock_steady_ms() - keeper->asked_ms < ASKED_MS;
    pthread_mutex_unlock(&keeper->lock);
}

/* States come first, and histories when there is time for them.  But as long as
 * somebody asks both go step by step; and where something is wrong histories
 * say what. */
static enum err
look(struct keeper *keeper, struct complaint *complaint)
{
    if (keeper->well && keeper->state && state_is_behind(keeper->state))
        return OK;
    if (!keeper->well || !keeper->state || keeper->asked)
        return ledger_refresh(keeper->ledger, complaint);
    return ledger_refresh_rules(keeper->ledger, complaint);
}

/* What can't be folded now is tried again; appending and replicating go on
 * meanwhile. */
static bool
fold(struct keeper *keeper)
{
    struct complaint complaint = { 0 };
    enum err err = look(keeper, &complaint);

    if (err == OK && keeper->state)
        err = state_refresh(keeper->state, &complaint);
    tell(keeper, err, &keeper->fold_err, complaint.text);
    if (err != OK)
        return false;
    uint64_t position = keeper->state ? state_position(keeper->state)
                                      : ledger_position(keeper->ledger);
    pthread_mutex_lock(&keeper->lock);
    if (keeper->position != position)
        keeper->folded_ms = clock_wall_ms();
    keeper->position = position;
    pthread_mutex_unlock(&keeper->lock);
    return true;
}

/* Histories take in all that states have, and more. */
static bool
reach_states(struct keeper *keeper)
{
    struct complaint complaint = { 0 };

    if (lag(keeper) == 0)
        return true;
    enum err err = ledger_refresh_histories(keeper->ledger, &complaint);
    tell(keeper, err, &keeper->fold_err, complaint.text);
    return err == OK;
}

/* When nothing else arrives, or somebody asks, and before they have stayed
 * behind too far or too long: other processes read by themselves what is not in
 * runs, and nodes wait to be told of their accounts. */
static bool
are_histories_due(const struct keeper *keeper)
{
    uint64_t left =
        ledger_refresh_seen(keeper->ledger) - ledger_position(keeper->ledger);
    bool news = state_is_behind(keeper->state) ||
                journal_last_txn(keeper->journal) != keeper->txn;

    return keeper->asked || !news || left >= LAG_MAX ||
           clock_steady_ms() - keeper->level_ms >= LAG_MS;
}

static bool
take_in_histories(struct keeper *keeper)
{
    bool well =
        lag(keeper) == 0 || !are_histories_due(keeper) || reach_states(keeper);

    if (lag(keeper) == 0)
        keeper->level_ms = clock_steady_ms();
    return well;
}

/* In a quiet moment, for what comes next would wait for it. */
static void
tend(struct keeper *keeper)
{
    if (!keeper->feeds)
        return;
    enum err err = history_tend(ledger_history(keeper->ledger));
    if (err == OK)
        err = state_tend(keeper->state);
    tell(keeper, err, &keeper->tend_err, "what is folded can't be written");
    if (err != OK)
        keeper->well = false; /* the next refresh may mend it */
}

static uint32_t
choose(struct keeper *keeper, struct feed_ask *chosen)
{
    pthread_mutex_lock(&keeper->lock);
    uint32_t count = feed_choose(keeper->asks, &keeper->ask_count,
                                 FEED_ASKS_MAX - keeper->parcel_count, chosen);
    pthread_mutex_unlock(&keeper->lock);
    return count;
}

static void
feed(struct keeper *keeper)
{
    struct feed_ask chosen[FEED_ASKS_MAX];
    struct feed_parcel *parcels;
    uint32_t made = 0;
    int64_t begun_ms = clock_steady_ms();

    /* Who has served an account is in its history. */
    if (!keeper->feed || begun_ms < keeper->feed_ms || lag(keeper) > 0)
        return;
    uint32_t count = choose(keeper, chosen);
    if (count == 0)
        return;
    parcels = calloc(count, sizeof *parcels);
    enum err err =
        parcels ? feed_answer(keeper->feed, chosen, count, parcels, &made)
                : ERR_MEMORY;
    if (err != OK)
        trace(TRACE_ERROR, ledger_who(keeper->ledger).node, "feed", "err=%s",
              err_name(err));
    pthread_mutex_lock(&keeper->lock);
    for (uint32_t i = 0; i < made; i++)
        keeper->parcels[keeper->parcel_count++] = parcels[i];
    pthread_mutex_unlock(&keeper->lock);
    free(parcels);
    int64_t now_ms = clock_steady_ms();
    keeper->feed_ms = now_ms + FEED_REST * (now_ms - begun_ms);
}

static void
save(struct keeper *keeper)
{
    uint64_t position = standing_position(keeper->standing);

    if (position == 0 || position == keeper->saved)
        return;
    enum err err = standing_save(keeper->standing);
    if (err != OK)
        trace(TRACE_ERROR, ledger_who(keeper->ledger).node, "totals", "err=%s",
              err_name(err));
    keeper->saved = position;
}

/* Totals are for those who settle, once in a while: they come after all else,
 * in small steps, and a command that asks in between takes in the rest. */
static void
book(struct keeper *keeper, bool quiet)
{
    struct complaint complaint = { 0 };
    int64_t begun_ms = clock_steady_ms();

    if (!keeper->standing || begun_ms < keeper->book_ms)
        return;
    if (standing_position(keeper->standing) !=
        ledger_position(keeper->ledger)) {
        enum err err =
            standing_step(keeper->standing, clock_wall_ms(),
                          quiet ? QUIET_STEP : BOOK_STEP, &complaint);
        if (err != OK && keeper->booked)
            trace(TRACE_ERROR, ledger_who(keeper->ledger).node, "totals",
                  "err=%s what=\"%s\"", err_name(err), complaint.text);
        keeper->booked = err == OK;
    }
    int64_t now_ms = clock_steady_ms();
    if (keeper->booked && now_ms >= keeper->save_ms) {
        save(keeper);
        now_ms = clock_steady_ms();
        keeper->save_ms = now_ms + SAVE_MS;
    }
    int64_t rest = quiet            ? QUIET_REST
                   : keeper->behind ? BEHIND_REST
                                    : BOOK_REST;
    keeper->book_ms = now_ms + rest * (now_ms - begun_ms);
}

static bool
next_question(struct keeper *keeper, struct answer_to *ret_question)
{
    pthread_mutex_lock(&keeper->lock);
    bool found = keeper->question_count > 0 &&
                 keeper->answer_count < KEEPER_QUESTIONS_MAX;
    if (found) {
        *ret_question = keeper->questions[0];
        keeper->question_count--;
        memmove(&keeper->questions[0], &keeper->questions[1],
                keeper->question_count * sizeof keeper->questions[0]);
    }
    pthread_mutex_unlock(&keeper->lock);
    return found;
}

/* Whoever asks from now on waits for what comes next. */
static void
note_look(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->able = keeper->well;
    keeper->near = lag(keeper) < LAG_FEW;
    if (keeper->busy_ms != 0)
        keeper->busy_ms = clock_steady_ms();
    pthread_mutex_unlock(&keeper->lock);
}

/* All that are waiting: tills stand behind them. */
static void
answer_questions(struct keeper *keeper)
{
    const uint64_t one = 1;
    struct answer_to question;
    struct answer answer;

    while (keeper->answerer && next_question(keeper, &question)) {
        if (answer_needs_history(&question) && !reach_states(keeper))
            keeper->well = false;
        if (!answer_make(keeper->answerer, &question, clock_wall_ms(),
                         clock_steady_ms(), &answer))
            continue;
        pthread_mutex_lock(&keeper->lock);
        keeper->answers[keeper->answer_count++] = answer;
        pthread_mutex_unlock(&keeper->lock);
        /* A bell that is rung already is loud enough. */
        if (write(keeper->bell, &one, sizeof one) < 0)
            continue;
    }
}

static void
count_holds(struct keeper *keeper)
{
    if (!keeper->answerer)
        return;
    answer_look(keeper->answerer, clock_steady_ms());
    pthread_mutex_lock(&keeper->lock);
    keeper->holds = answer_holds(keeper->answerer);
    pthread_mutex_unlock(&keeper->lock);
}

static bool
is_behind(const struct keeper *keeper)
{
    return history_is_behind(ledger_history(keeper->ledger)) ||
           (keeper->state && state_is_behind(keeper->state));
}

/* Threads to fold with: who takes in what arrives has the first claim. */
static uint32_t
spare_threads(bool receiving)
{
    uint32_t threads = spread_threads();

    if (!receiving)
        return threads;
    return threads > RECEIVING ? threads - RECEIVING : 1;
}

void
keeper_look(struct keeper *keeper)
{
    if (++keeper->looks % TEND_LOOKS == 0)
        journal_tend(keeper->journal);
    uint64_t now = journal_last_txn(keeper->journal);
    bool quiet = now == keeper->txn && !keeper->behind;
    if (keeper->state)
        state_set_threads(keeper->state, spare_threads(now != keeper->txn),
                          spare_threads(false));
    note_asked(keeper);
    if (!quiet || (!keeper->well && keeper->looks % TROUBLE_LOOKS == 0)) {
        keeper->txn = now;
        keeper->well = fold(keeper) && take_in_histories(keeper);
        keeper->behind = keeper->well && is_behind(keeper);
    }
    if (keeper->well) {
        answer_questions(keeper);
        count_holds(keeper);
    }
    note_look(keeper);
    if (keeper->well) {
        feed(keeper);
        if (quiet)
            tend(keeper);
        book(keeper, quiet);
    }
    /* Also where nothing is appended meanwhile somebody asks. */
    if (keeper->well && keeper->state)
        keeper->well = state_is_sound(keeper->state);
}

/* Whoever waits for an acknowledgement comes before whoever waits for a
 * balance, where there are not processors enough for both. */
static void
step_back(void)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
}

static void *
keep(void *argument)
{
    struct keeper *keeper = argument;

    step_back();
    if (keeper->feeds)
        history_set_beside(ledger_history(keeper->ledger));
    while (sleep_until_news(keeper))
        keeper_look(keeper);
    return NULL;
}

static enum err
start(struct keeper *keeper)
{
    pthread_condattr_t steady;

    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->news, &steady);
    pthread_condattr_destroy(&steady);
    if (pthread_create(&keeper->thread, NULL, keep, keeper) == 0)
        return OK;
    pthread_cond_destroy(&keeper->news);
    pthread_mutex_destroy(&keeper->lock);
    return ERR_MEMORY;
}

static void
release(struct keeper *keeper)
{
    for (uint32_t i = 0; i < keeper->parcel_count; i++)
        feed_parcel_close(&keeper->parcels[i]);
    for (uint32_t i = 0; i < keeper->answer_count; i++)
        answer_close(&keeper->answers[i]);
    free(keeper->answers);
    free(keeper->questions);
    answer_end(keeper->answerer);
    if (keeper->bell >= 0)
        close(keeper->bell);
    feed_close(keeper->feed);
    if (keeper->standing && keeper->booked)
        save(keeper);
    standing_close(keeper->standing);
    if (keeper->state && keeper->well && state_is_sound(keeper->state))
        (void)!state_checkpoint(keeper->state);
    if (keeper->state)
        state_close(keeper->state);
    free(keeper);
}

static enum err
open_answerer(struct keeper *keeper)
{
    keeper->questions =
        calloc(KEEPER_QUESTIONS_MAX, sizeof keeper->questions[0]);
    keeper->answers = calloc(KEEPER_QUESTIONS_MAX, sizeof keeper->answers[0]);
    if (!keeper->questions || !keeper->answers)
        return ERR_MEMORY;
    keeper->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (keeper->bell < 0)
        return ERR_IO;
    return answer_open(keeper->ledger, keeper->feed, &keeper->answerer);
}

/* Of the machine, in bytes; 0 where it does not say. */
static uint64_t
memory_size(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page_size = sysconf(_SC_PAGESIZE);

    return pages > 0 && page_size > 0 ? (uint64_t)pages * (uint64_t)page_size
                                      : 0;
}

enum err
keeper_open(struct ledger *ledger, bool feeds, struct keeper **ret_keeper)
{
    enum err err = OK;
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return ERR_MEMORY;
    keeper->ledger = ledger;
    keeper->journal = ledger_journal(ledger);
    keeper->txn = UINT64_MAX;
    keeper->well = true;
    keeper->feeds = feeds;
    keeper->booked = true;
    keeper->able = true;
    keeper->near = true;
    keeper->bell = -1;
    if (feeds)
        err = state_open(ledger, &keeper->state);
    if (err == OK && feeds)
        state_keep(keeper->state, memory_size() / STATES_SHARE);
    if (err == OK && feeds)
        history_set_tail(ledger_history(ledger), TAIL_ITEMS);
    if (err == OK && feeds)
        history_set_step(ledger_history(ledger), FOLD_STEP);
    if (err == OK && feeds)
        state_set_step(keeper->state, FOLD_STEP);
    if (err == OK && feeds)
        err = feed_open(ledger, keeper->state, &keeper->feed);
    if (err == OK && feeds)
        err = standing_open(ledger, &keeper->standing);
    if (err == OK && feeds)
        err = open_answerer(keeper);
    if (err == OK)
        err = start(keeper);
    if (err != OK) {
        release(keeper);
        return err;
    }
    *ret_keeper = keeper;
    return OK;
}

void
keeper_close(struct keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->ending = true;
    pthread_cond_signal(&keeper->news);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    pthread_cond_destroy(&keeper->news);
    pthread_mutex_destroy(&keeper->lock);
    release(keeper);
}

void
keeper_wake(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    keeper->woken = true;
    pthread_cond_signal(&keeper->news);
    pthread_mutex_unlock(&keeper->lock);
}

bool
keeper_feeds(const struct keeper *keeper)
{
    return keeper->feeds;
}

uint64_t
keeper_position(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    uint64_t position = keeper->position;
    pthread_mutex_unlock(&keeper->lock);
    return position;
}

int64_t
keeper_folded_ms(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    int64_t folded_ms = keeper->folded_ms;
    pthread_mutex_unlock(&keeper->lock);
    return folded_ms;
}

bool
keeper_ask(struct keeper *keeper, const struct feed_ask *ask)
{
    pthread_mutex_lock(&keeper->lock);
    bool fits = keeper->ask_count < FEED_ASKS_MAX;
    if (fits)
        keeper->asks[keeper->ask_count++] = *ask;
    keeper->woken |= fits;
    pthread_cond_signal(&keeper->news);
    pthread_mutex_unlock(&keeper->lock);
    return fits;
}

bool
keeper_take(struct keeper *keeper, struct feed_parcel *ret_parcel)
{
    pthread_mutex_lock(&keeper->lock);
    bool found = keeper->parcel_count > 0;
    if (found) {
        *ret_parcel = keeper->parcels[0];
        keeper->parcel_count--;
        memmove(&keeper->parcels[0], &keeper->parcels[1],
                keeper->parcel_count * sizeof keeper->parcels[0]);
    }
    pthread_mutex_unlock(&keeper->lock);
    return found;
}

bool
keeper_question(struct keeper *keeper, const struct answer_to *question)
{
    assert(keeper->questions != NULL);
    pthread_mutex_lock(&keeper->lock);
    const bool late =
        keeper->busy_ms != 0 && clock_steady_ms() - keeper->busy_ms > LATE_MS;
    bool fits = keeper->able && !late &&
                (keeper->near || !answer_needs_history(question)) &&
                keeper->question_count < KEEPER_QUESTIONS_MAX;
    keeper->asked_ms = clock_steady_ms();
    if (fits)
        keeper->questions[keeper->question_count++] = *question;
    keeper->woken |= fits;
    pthread_cond_signal(&keeper->news);
    pthread_mutex_unlock(&keeper->lock);
    return fits;
}

bool
keeper_answer(struct keeper *keeper, struct answer *ret_answer)
{
    uint64_t rung;

    pthread_mutex_lock(&keeper->lock);
    bool found = keeper->answer_count > 0;
    if (found) {
        *ret_answer = keeper->answers[0];
        keeper->answer_count--;
        memmove(&keeper->answers[0], &keeper->answers[1],
                keeper->answer_count * sizeof keeper->answers[0]);
    } else if (read(keeper->bell, &rung, sizeof rung) < 0) {
        rung = 0; /* it was silent */
    }
    pthread_mutex_unlock(&keeper->lock);
    return found;
}

uint32_t
keeper_holds(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->lock);
    uint32_t holds = keeper->holds;
    pthread_mutex_unlock(&keeper->lock);
    return holds;
}

int
keeper_bell(const struct keeper *keeper)
{
    return keeper->bell;
}
