#include "core/ledger_check.h"

#include "core/calendar.h"
#include "core/clearing.h"
#include "core/closing_verify.h"
#include "core/ledger_parts.h"
#include "core/limits.h"
#include "core/scrub.h"
#include "core/standing.h"
#include "core/state_check.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

enum { PATH_SIZE = LEDGER_PATH_SIZE + 32, LINE_SIZE = 512, TOLD_MAX = 100 };

/* --- status --- */

/* Bytes of the files in LEDGER/NAME; 0 where there is nothing. */
static enum err
get_dir_size(const struct ledger *ledger, const char *name, uint64_t *ret_size)
{
    char path[PATH_SIZE];
    const struct dirent *entry;
    struct stat status;
    uint64_t size = 0;

    snprintf(path, sizeof path, "%s/%s", ledger->dir, name);
    DIR *files = opendir(path);
    if (files == NULL) {
        enum err err = err_of_errno(errno);
        return err == ERR_NOT_FOUND ? OK : err;
    }
    while ((entry = readdir(files)) != NULL)
        if (fstatat(dirfd(files), entry->d_name, &status, 0) == 0 &&
            S_ISREG(status.st_mode))
            size += (uint64_t)status.st_blocks * 512;
    closedir(files);
    *ret_size = size;
    return OK;
}

static enum err
count_gaps(struct reader *reader, uint64_t *ret_count)
{
    struct reader_gap gap;
    identity after = { 0 };
    uint64_t count = 0;
    enum err err;

    while ((err = reader_next_gap(reader, after, &gap)) == OK) {
        count++;
        after = (identity) { gap.incarnation, gap.last, gap.node };
    }
    if (err != ERR_NOT_FOUND)
        return err;
    *ret_count = count;
    return OK;
}

/* Where there can be nothing aside the journal is not walked. */
static enum err
count_aside(struct ledger *ledger, ledger_aside_tell *tell_aside, void *context,
            struct ledger_status *status)
{
    struct aside_totals totals;

    status->position = ledger_position(ledger);
    status->event_count = history_counts(ledger->history).events;
    if (!ledger_aside_may(ledger))
        return OK;
    enum err err =
        ledger_aside_walk(ledger, true, tell_aside, context, &totals);
    if (err != OK)
        return err;
    status->position = totals.last;
    status->event_count = totals.events;
    status->damaged = totals.counts[ASIDE_DAMAGED];
    status->flagged = totals.counts[ASIDE_FLAGGED];
    status->quarantined = totals.counts[ASIDE_QUARANTINED];
    return OK;
}

enum err
ledger_get_status(struct ledger *ledger, ledger_aside_tell *tell_aside,
                  void *context, struct ledger_status *ret_status)
{
    struct ledger_status status = {
        .who = ledger_who(ledger),
        .joined = ledger_is_joined(ledger),
        .full = db_is_full(journal_db(ledger->journal)),
        .history_position = history_held(ledger->history),
    };
    const struct ledger_version *versions;
    uint32_t version_count = 0;
    struct reader *reader = NULL;
    enum err err = get_dir_size(ledger, "journal", &status.journal_size);

    if (err == OK)
        err = get_dir_size(ledger, "history", &status.history_size);
    if (err == OK)
        err = get_dir_size(ledger, "state", &status.state_size);
    if (err == OK)
        err = reader_open(ledger->journal, &reader);
    if (err != OK)
        return err;
    err = count_gaps(reader, &status.gaps);
    reader_close(reader);
    if (err == OK)
        err = journal_is_rewound(ledger->journal, &status.rewound);
    if (err == OK)
        err = versions_list(ledger->versions, LEDGER_KNOWN_ALL, &versions,
                            &version_count);
    if (err == OK)
        err = count_aside(ledger, tell_aside, context, &status);
    if (err != OK)
        return err;
    status.versions = version_count;
    *ret_status = status;
    return OK;
}

/* --- verify --- */

struct verify {
    struct ledger *ledger;
    ledger_finding *tell;
    void *context;
    uint64_t damage_count;
    uint64_t scrub_count;
    uint64_t aside_count;
};

static void tell(struct verify *verify, bool damage, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void
tell(struct verify *verify, bool damage, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    verify->damage_count += damage;
    verify->tell(verify->context, damage, line);
}

static void
take_finding(void *context, const struct scrub_finding *finding)
{
    struct verify *verify = context;

    if (verify->scrub_count++ >= TOLD_MAX) {
        verify->damage_count += finding->kind != SCRUB_UNKNOWN;
        return;
    }
    tell(verify, finding->kind != SCRUB_UNKNOWN,
         "journal: position %" PRIu64 ", stream %" PRIu32 ".%" PRIu64
         " channel %u, seq %" PRIu64 ": %s",
         finding->position, finding->stream.node, finding->stream.incarnation,
         finding->stream.channel, finding->seq, scrub_name(finding->kind));
}

static enum err
check_gaps(struct verify *verify)
{
    struct reader *reader = NULL;
    struct reader_gap gap;
    identity after = { 0 };
    uint64_t count = 0;
    enum err err = reader_open(verify->ledger->journal, &reader);

    if (err != OK)
        return err;
    while ((err = reader_next_gap(reader, after, &gap)) == OK) {
        if (count++ < TOLD_MAX)
            tell(verify, false,
                 "gap: events %" PRIu32 ".%" PRIu64 ".%" PRIu64 " to %" PRIu64
                 " are not here",
                 gap.node, gap.incarnation, gap.first, gap.last);
        after = (identity) { gap.incarnation, gap.last, gap.node };
    }
    if (count > TOLD_MAX)
        tell(verify, false, "gap: %" PRIu64 " gaps in all", count);
    reader_close(reader);
    if (err == ERR_CORRUPT)
        tell(verify, true, "journal: the index of copies can't be walked");
    return err == ERR_NOT_FOUND || err == ERR_CORRUPT ? OK : err;
}

/* What is done next, for each of all events. */
static void
begin_events(const struct verify *verify, const char *words)
{
    const struct ledger *ledger = verify->ledger;

    watch_begin(ledger->watch, words, history_counts(ledger->history).events);
}

/* What has been put aside is worth knowing, and no damage; what is damaged the
 * scrub has told. */
static void
take_aside(void *context, const struct aside *aside)
{
    struct verify *verify = context;
    char name[IDENTITY_SIZE] = "";

    if (aside->kind == ASIDE_DAMAGED || verify->aside_count++ >= TOLD_MAX)
        return;
    if (aside->identity.node != 0)
        identity_format(aside->identity, name);
    tell(verify, false, "%s: position %" PRIu64 "%s%s: %s",
         aside_name(aside->kind), aside->position, name[0] ? ", event " : "",
         name, aside->reason);
}

static enum err
check_aside(struct verify *verify)
{
    struct aside_totals totals;

    if (!ledger_aside_may(verify->ledger))
        return OK;
    watch_begin(verify->ledger->watch,
                "positions looked at:", ledger_position(verify->ledger));
    enum err err =
        ledger_aside_walk(verify->ledger, false, take_aside, verify, &totals);
    if (err == OK && verify->aside_count > TOLD_MAX)
        tell(verify, false, "aside: %" PRIu64 " flagged or quarantined in all",
             verify->aside_count);
    return err;
}

/* Run files are derived: damaged ones are named and then built anew. */
static enum err
check_history(struct verify *verify)
{
    watch_begin(verify->ledger->watch, "the history's files are read", 0);
    enum err err = history_verify(verify->ledger->history);
    if (err != ERR_CORRUPT)
        return err;
    tell(verify, true, "history: a run file is damaged; it is built anew");
    err = ledger_mend(verify->ledger);
    /* The journal may be damaged where the run was. */
    return ledger_damage(verify->ledger) != NULL ? OK : err;
}

static enum err
check_states(struct verify *verify)
{
    uint64_t wrong = 0;

    begin_events(verify, "events folded, states compared:");
    enum err err = state_check(verify->ledger, &wrong);
    if (err == ERR_CORRUPT) {
        tell(verify, true, "state: a run file is damaged; it is built anew");
    } else if (err == OK && wrong > 0) {
        tell(verify, true,
             "state: %" PRIu64 " stored states differ from a fresh fold; all "
             "are built anew",
             wrong);
    } else {
        return err;
    }
    err = state_check_drop(verify->ledger);
    if (err == ERR_BUSY)
        tell(verify, false, "state: start its node or hub anew for that");
    return err == ERR_BUSY ? OK : err;
}

static enum err
check_totals(struct verify *verify)
{
    bool same = true;

    begin_events(verify, "events folded, totals compared:");
    enum err err = standing_check(verify->ledger, &same);
    if (err == ERR_CORRUPT)
        tell(verify, true, "totals: the file is damaged; it is built anew");
    else if (err == OK && !same)
        tell(verify, true,
             "totals: what is kept differs from a fresh fold; all is built "
             "anew");
    else /* a later program's rules, and its totals, are its own */
        return err == ERR_UNKNOWN ? OK : err;
    err = standing_drop(verify->ledger);
    if (err == ERR_BUSY)
        tell(verify, false, "totals: start its node or hub anew for that");
    return err == ERR_BUSY ? OK : err;
}

static enum err
check_close(struct verify *verify, const struct closing *closing,
            const struct arena *arena)
{
    struct complaint why = { .text = "one of them can't be read" };
    enum err err = closing_verify(verify->ledger, closing, *arena, &why);

    if (err == ERR_CORRUPT)
        tell(verify, true, "closes: %s", why.text);
    return err == ERR_CORRUPT ? OK : err;
}

static enum err
check_closes(struct verify *verify)
{
    struct complaint why = { .text = "one of them can't be read" };
    struct closing_books books = { 0 };
    struct arena arena;

    if (!arena_open(&arena, LIMIT_ARENA_SIZE))
        return ERR_MEMORY;
    enum err err =
        closing_read(verify->ledger, LEDGER_KNOWN_ALL, &arena, &books, &why);
    watch_begin(verify->ledger->watch, "closes checked:", books.count);
    for (uint32_t i = 0; i < books.count && err == OK; i++) {
        err = check_close(verify, &books.closings[i], &arena);
        watch_reach(verify->ledger->watch, i + 1);
    }
    for (uint32_t i = 0; i < books.displaced_count && err == OK; i++) {
        struct complaint words;
        closing_tell_displaced(&books, &books.displaced[i], &words);
        tell(verify, false, "closes: %s", words.text);
        err = check_close(verify, &books.displaced[i], &arena);
    }
    arena_close(&arena);
    if (err == ERR_CORRUPT)
        tell(verify, true, "closes: %s", why.text);
    else if (err == ERR_UNKNOWN)
        tell(verify, false, "closes: not looked at, for %s", why.text);
    return err == ERR_CORRUPT || err == ERR_UNKNOWN ? OK : err;
}

static void
take_clearing(void *context, bool damage, const char *line)
{
    struct verify *verify = context;

    tell(verify, damage, "%s", line);
}

static enum err
check_accounts(struct verify *verify)
{
    begin_events(verify, "events folded, points accounted for:");
    enum err err = clearing_check(verify->ledger, take_clearing, verify, NULL);

    if (err != ERR_UNKNOWN)
        return err;
    tell(verify, false,
         "accounts: not looked at, for the rules were made by a later version");
    return OK;
}

/* What was there once and is not, though all that is there is sound. */
static enum err
check_past(struct verify *verify)
{
    bool rewound = false;
    enum err err = journal_is_rewound(verify->ledger->journal, &rewound);

    if (rewound)
        tell(verify, true,
             "journal: its last commits are gone; a node or hub begins another "
             "incarnation when it is started, and asks for them");
    return err;
}

enum err
ledger_verify(struct ledger *ledger, ledger_finding *told, void *context,
              struct complaint *complaint)
{
    struct verify verify = { .ledger = ledger,
                             .tell = told,
                             .context = context };
    struct scrub_totals totals;
    enum err err = scrub_run(ledger->journal, take_finding, &verify,
                             ledger->watch, &totals);

    if (err == OK && verify.scrub_count > TOLD_MAX)
        tell(&verify, false, "journal: %" PRIu64 " findings in all",
             verify.scrub_count);
    if (err == OK)
        err = check_past(&verify);
    if (err == OK)
        err = check_gaps(&verify);
    if (err == OK)
        err = check_history(&verify);
    if (err == OK)
        err = check_aside(&verify);
    if (err == OK)
        err = check_closes(&verify);
    if (err == OK && ledger->damage.position != 0)
        tell(&verify, false,
             "accounts: not looked at, for the journal is damaged");
    else if (err == OK)
        err = check_accounts(&verify);
    if (err == OK && ledger->damage.position == 0)
        err = check_states(&verify);
    if (err == OK && ledger->damage.position == 0)
        err = check_totals(&verify);
    if (err == OK && verify.damage_count > 0)
        err = ERR_CORRUPT;
    if (err == ERR_CORRUPT)
        complain(complaint,
                 "%s: %" PRIu64 " %s of damage; restore a backup for what is "
                 "the journal's, the rest is built anew",
                 ledger->dir, verify.damage_count,
                 text_plural(verify.damage_count, "finding", "findings"));
    else
        err = ledger_fault(ledger, err, complaint);
    return err;
}
