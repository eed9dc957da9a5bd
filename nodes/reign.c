#include "nodes/reign.h"

#include "core/ledger_backup.h"
#include "core/reader.h"
#include "nodes/graft.h"
#include "nodes/keys.h"
#include "nodes/notes.h"

#include <string.h>

static const char DEPOSED[] = "hub.deposed";
static const char PROMOTED[] = "promoted"; /* in place of "restored" */
static const char LOST[] = "hub.lost";
static const char UNTAUGHT[] = "hub.untaught";
enum { LOST_SIZE = 24, LOST_MAX = 1000 };
#define DAY_MS (INT64_C(24) * 3600 * 1000)

struct lost {
    stream_id stream;
    uint64_t seq;
};

/* --- what was lost --- */

static void
get_lost(const uint8_t *bytes, struct lost *ret_lost)
{
    uint32_t channel;

    memcpy(&ret_lost->stream.node, bytes, 4);
    memcpy(&channel, bytes + 4, 4);
    memcpy(&ret_lost->stream.incarnation, bytes + 8, 8);
    memcpy(&ret_lost->seq, bytes + 16, 8);
    ret_lost->stream.channel = (uint8_t)channel;
}

/* A range that has come from elsewhere meanwhile is lost no longer. */
static enum err
count_lost(struct journal *journal, view noted, uint32_t *ret_count)
{
    struct reader *reader = NULL;
    enum err err = reader_open(journal, &reader);

    *ret_count = 0;
    for (uint32_t at = 0; err == OK && at + LOST_SIZE <= noted.size;
         at += LOST_SIZE) {
        struct reader_stream found = { 0 };
        struct lost lost;
        get_lost(noted.bytes + at, &lost);
        enum err there = reader_get_stream(reader, lost.stream, &found);
        if (there != OK || found.head.seq < lost.seq)
            *ret_count += 1;
    }
    reader_close(reader);
    return err;
}

static enum err
read_note(struct journal *journal, const char *name, uint8_t *bytes,
          uint32_t room, view *ret_value)
{
    enum err err =
        journal_get_note(journal, view_of(name), bytes, room, ret_value);

    if (err == ERR_NOT_FOUND) {
        *ret_value = (view) { 0 };
        return OK;
    }
    return err;
}

enum err
reign_lost(struct journal *journal, stream_id stream, uint64_t seq)
{
    static_assert((int)LOST_SIZE * (int)LOST_MAX < 32768, "fits the stack");
    uint8_t bytes[LOST_SIZE * LOST_MAX];
    uint32_t channel = stream.channel;
    struct lost lost;
    view noted;

    enum err err = read_note(journal, LOST, bytes, sizeof bytes, &noted);
    if (err != OK)
        return err;
    uint32_t at = 0;
    for (; at < noted.size; at += LOST_SIZE) {
        get_lost(noted.bytes + at, &lost);
        if (stream_equal(lost.stream, stream) && lost.seq >= seq)
            return OK;
    }
    /* One more would say nothing new: closes are blocked already. */
    if (at == sizeof bytes)
        return OK;
    if (noted.size > 0)
        memmove(bytes, noted.bytes, noted.size);
    memcpy(bytes + at, &stream.node, 4);
    memcpy(bytes + at + 4, &channel, 4);
    memcpy(bytes + at + 8, &stream.incarnation, 8);
    memcpy(bytes + at + 16, &seq, 8);
    return journal_put_note(journal, view_of(LOST),
                            (view) { bytes, at + LOST_SIZE });
}

/* --- asking --- */

const char *
reign_role_name(enum reign_role role)
{
    static const char *const NAMES[] = { "single", "store", "standby", "hub" };
    static_assert(COUNT_OF(NAMES) == REIGN_HUB + 1, "one for each role");

    return NAMES[role];
}

/* A ledger that never enrolled anybody has nobody to wait for. */
enum err
reign_has_nodes(struct journal *journal, bool *ret_has)
{
    struct reader *reader = NULL;
    struct reader_item item = { 0 };
    enum err err = reader_open(journal, &reader);

    *ret_has = false;
    for (uint64_t next = 1; err == OK && !*ret_has; next = item.position + 1) {
        err = reader_next_control(reader, next, &item);
        if (err == ERR_UNKNOWN)
            err = OK;
        else if (err == OK)
            *ret_has = item.record.kind == RECORD_ENROL;
    }
    reader_close(reader);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The books enrol whoever reads them, so that a ledger which knows of nobody
 * has had none: it is a node, unless it has once begun to stand by. */
static enum reign_role
role_of(const struct reign *reign, bool waits_for_books)
{
    if (!reign->standby)
        return reign->nodes ? REIGN_HUB : REIGN_SINGLE;
    return reign->nodes || waits_for_books ? REIGN_STANDBY : REIGN_STORE;
}

enum err
reign_get(const char *dir, struct journal *journal, struct reign *ret_reign)
{
    struct reign reign = { .standby = keys_has_hub(dir) };
    uint8_t bytes[LOST_SIZE * LOST_MAX];
    view value;

    enum err err =
        read_note(journal, LEDGER_RESTORED, bytes, sizeof bytes, &value);
    reign.promoted = err == OK && view_equal(value, view_of(PROMOTED));
    reign.restored = err == OK && value.size > 0 && !reign.promoted;
    if (err == OK)
        err = read_note(journal, DEPOSED, bytes, sizeof bytes, &value);
    if (err == OK && value.size == sizeof reign.deposed)
        memcpy(&reign.deposed, value.bytes, sizeof reign.deposed);
    if (err == OK)
        err = read_note(journal, LOST, bytes, sizeof bytes, &value);
    if (err == OK && value.size > 0)
        err = count_lost(journal, value, &reign.lost);
    if (err == OK)
        err = reign_has_nodes(journal, &reign.nodes);
    if (err == OK)
        err = read_note(journal, UNTAUGHT, bytes, sizeof bytes, &value);
    if (err != OK)
        return err;
    reign.untaught = reign.standby && (value.size > 0 || !reign.nodes);
    reign.role = role_of(&reign, value.size > 0);
    *ret_reign = reign;
    return OK;
}

static enum err
refuse(struct complaint *complaint, const char *dir, const char *words)
{
    complain(complaint, "%s: %s", dir, words);
    return ERR_CONFLICT;
}

enum err
reign_may_rule(const char *dir, struct journal *journal,
               struct complaint *complaint)
{
    struct reign reign;
    enum err err = reign_get(dir, journal, &reign);

    if (err != OK)
        return err;
    if (reign.standby)
        return refuse(complaint, dir, "has joined a hub: do it there");
    if (reign.deposed != 0)
        return refuse(complaint, dir,
                      "a later hub has taken over; do it there, or make this "
                      "one the hub again: leima hub --promote");
    if (reign.restored && reign.nodes)
        return refuse(complaint, dir,
                      "was restored, and its nodes have not all come back "
                      "with what it may have forgotten; run leima hub until "
                      "they have, revoke those that never will, or go on "
                      "without: leima hub --promote");
    if (reign.lost > 0)
        return refuse(complaint, dir,
                      "lacks events that its nodes have dropped; restore them "
                      "from a standby or a later backup (leima status)");
    return OK;
}

/* --- changing --- */

enum err
reign_stand_by(struct journal *journal, bool *ret_untaught)
{
    uint8_t bytes[sizeof UNTAUGHT];
    bool nodes = false;
    view noted;

    enum err err = read_note(journal, UNTAUGHT, bytes, sizeof bytes, &noted);
    if (err == OK && noted.size == 0)
        err = reign_has_nodes(journal, &nodes);
    if (err == OK && noted.size == 0 && !nodes)
        err = journal_put_note(journal, view_of(UNTAUGHT), view_of("yes"));
    *ret_untaught = err == OK && (noted.size > 0 || !nodes);
    return err;
}

enum err
reign_is_taught(struct journal *journal)
{
    return journal_put_note(journal, view_of(UNTAUGHT), (view) { 0 });
}

/* A name for a new incarnation that is greater than those two. */
static uint64_t
draw(uint64_t own, uint64_t seen, int64_t now_ms)
{
    return journal_draw_later(own > seen ? own : seen, now_ms);
}

bool
reign_is_sane(uint64_t epoch, int64_t now_ms)
{
    return epoch <= journal_draw_incarnation(now_ms + DAY_MS);
}

bool
reign_depose(struct journal *journal, const struct claim *claim, int64_t now_ms)
{
    const uint64_t epoch = claim->epoch;

    if (!reign_is_sane(epoch, now_ms))
        return false;
    enum err err = trust_save_claim(journal, claim);
    if (err == OK)
        err =
            journal_put_note(journal, view_of(DEPOSED),
                             (view) { (const uint8_t *)&epoch, sizeof epoch });
    (void)err; /* if it can't be noted, the next node tells it again */
    return true;
}

/* Of those seen.  An epoch that no clock of today could have made is not
 * remembered (follow.h); but a hub that published in it would go on being
 * believed beside one of an earlier epoch. */
static enum err
greatest_epoch(struct journal *journal, const struct reign *reign,
               uint64_t *ret_epoch)
{
    struct hubs hubs = { 0 };
    struct notes notes;
    enum err err = notes_load(&notes, journal);

    if (err == OK)
        err = hubs_read(&hubs, journal);
    if (err != OK)
        return err;
    uint64_t seen = notes.epoch > reign->deposed ? notes.epoch : reign->deposed;
    *ret_epoch = hubs.by.incarnation > seen ? hubs.by.incarnation : seen;
    return OK;
}

/* The note first: where the power goes in between, whoever found out does so
 * again. */
enum err
reign_begin_anew(const char *dir, struct journal *journal,
                 enum record_reason reason, int64_t now_ms)
{
    const struct reign unknown = { 0 };
    struct journal_identity who;
    uint64_t seen = 0;

    enum err err = journal_get_identity(journal, &who);
    if (err == OK)
        err = greatest_epoch(journal, &unknown, &seen);
    if (err == OK && !keys_has_hub(dir))
        err = journal_put_note(journal, view_of(LEDGER_RESTORED),
                               view_of("restored"));
    if (err == OK)
        err = journal_renew(journal, draw(who.incarnation, seen, now_ms),
                            reason, NULL);
    return err;
}

enum err
reign_is_refilled(struct journal *journal)
{
    return journal_put_note(journal, view_of(LEDGER_RESTORED), (view) { 0 });
}

/* Where a hub of that key is, as this ledger was told last; NULL. */
static const char *
endpoint_of(const struct keys_hubs *hubs, curve_key key)
{
    for (uint32_t i = 0; i < hubs->count; i++)
        if (curve_key_equal(hubs->list[i].key, key) &&
            hubs->list[i].endpoint[0] != '\0')
            return hubs->list[i].endpoint;
    return NULL;
}

/* The hub before us may come back as our standby; not one that was revoked. */
static enum err
enrol_predecessor(const char *dir, struct journal *journal)
{
    struct enrolment enrolment = { 0 }, known;
    struct keys_hubs hubs;
    struct allow *allow = NULL;
    struct journal_identity who;
    struct claim claim;
    bool revoked;

    enum err err = trust_load_claim(journal, &claim);
    if (err == OK)
        err = journal_get_identity(journal, &who);
    if (err != OK || claim.node == 0 || claim.node == who.node)
        return err;
    err = allow_open(journal, &allow);
    if (err != OK)
        return err;
    enrolment = (struct enrolment) { .node = claim.node,
                                     .role = ENROL_STANDBY,
                                     .store_count = 1,
                                     .stores = { claim.node },
                                     .joined = true,
                                     .key = claim.curve };
    if (keys_load_hubs(dir, &hubs, NULL) == OK) {
        const char *endpoint = endpoint_of(&hubs, claim.curve);
        if (endpoint)
            strcpy(enrolment.endpoint, endpoint);
    }
    bool there = allow_next(allow, claim.node - 1, &known, &revoked) &&
                 known.node == claim.node;
    if (!there || (!revoked && !curve_key_equal(known.key, claim.curve)))
        err = allow_enrol(allow, &enrolment);
    allow_close(allow);
    return err;
}

static enum err
may_be_promoted(const char *dir, struct journal *journal,
                struct complaint *complaint)
{
    struct reign reign;
    enum err err = reign_get(dir, journal, &reign);

    if (err == OK && reign.untaught)
        return refuse(complaint, dir,
                      "has not been given the allow-list by its hub yet, and "
                      "as a hub would let nobody in; let it run until its hub "
                      "has sent it, or restore a backup of the hub");
    return err;
}

static enum err
promote(const char *dir, struct journal *journal, int64_t now_ms,
        uint64_t *ret_epoch)
{
    struct journal_identity who;
    uint64_t seen = 0;
    struct reign reign;

    enum err err = reign_get(dir, journal, &reign);
    if (err == OK)
        err = journal_get_identity(journal, &who);
    if (err == OK)
        err = greatest_epoch(journal, &reign, &seen);
    if (err != OK)
        return err;
    *ret_epoch = draw(who.incarnation, seen, now_ms);
    err = journal_renew(journal, *ret_epoch, REASON_PROMOTE, NULL);
    if (err == OK && reign.deposed != 0)
        err = journal_put_note(journal, view_of(DEPOSED), (view) { 0 });
    if (err == OK)
        err = journal_put_note(journal, view_of(LEDGER_RESTORED),
                               view_of(PROMOTED));
    if (err == OK)
        err = graft_forget(journal);
    if (err == OK)
        err = enrol_predecessor(dir, journal);
    return err;
}

enum err
reign_promote(const char *dir, int64_t now_ms, uint64_t *ret_epoch,
              struct complaint *complaint)
{
    struct ledger *ledger = NULL;
    enum err err = ledger_open(dir, LEDGER_WRITE, complaint, &ledger);

    if (err != OK)
        return err;
    err = may_be_promoted(dir, ledger_journal(ledger), complaint);
    if (err == OK)
        err = promote(dir, ledger_journal(ledger), now_ms, ret_epoch);
    ledger_close(ledger);
    /* Last: by this a standby that runs notices. */
    if (err == OK && keys_has_hub(dir))
        err = keys_rename(dir, "hubs", "hubs.before", complaint);
    return err;
}

/* The address of the hub of that key, by the newest list. */
static enum err
find_successor(struct journal *journal, curve_key key,
               char ret_endpoint[static KEYS_ENDPOINT_SIZE])
{
    struct hubs hubs = { 0 };
    enum err err = hubs_read(&hubs, journal);
    const char *found = err == OK ? endpoint_of(&hubs.list, key) : NULL;

    if (found)
        strcpy(ret_endpoint, found);
    return err == OK && !found ? ERR_NOT_FOUND : err;
}

/* Nobody can stand by at itself. */
static enum err
refuse_own_epoch(struct complaint *complaint, const char *dir)
{
    complain(complaint,
             "%s: a later epoch of this hub itself has been seen: if another "
             "machine was restored from its backup, leave this one off; if "
             "this machine was put back to an earlier state, make it the hub "
             "again: leima hub %s --promote",
             dir, dir);
    return ERR_CONFLICT;
}

enum err
reign_step_down(const char *dir, const char *endpoint,
                struct complaint *complaint)
{
    struct ledger *ledger = NULL;
    struct keys_hubs hubs = { .count = 1 };
    struct claim claim = { 0 };
    struct reign reign;

    enum err err = ledger_open(dir, LEDGER_READ, complaint, &ledger);
    if (err != OK)
        return err;
    struct journal *journal = ledger_journal(ledger);
    err = reign_get(dir, journal, &reign);
    if (err == OK && (reign.standby || reign.deposed == 0))
        err = refuse(complaint, dir, "no later hub has taken over");
    if (err == OK)
        err = trust_load_claim(journal, &claim);
    if (err == OK && claim.epoch == reign.deposed &&
        claim.node == ledger_node(ledger))
        err = refuse_own_epoch(complaint, dir);
    if (err == OK && endpoint && keys_is_endpoint(endpoint))
        strcpy(hubs.list[0].endpoint, endpoint);
    else if (err == OK)
        err = find_successor(journal, claim.curve, hubs.list[0].endpoint);
    ledger_close(ledger);
    if (err == ERR_NOT_FOUND || (err == OK && claim.epoch != reign.deposed))
        return refuse(complaint, dir,
                      "a later hub has taken over, and it is not known where "
                      "it is: say --standby-of tcp://HOST:PORT");
    if (err != OK)
        return err;
    hubs.list[0].key = claim.curve;
    return keys_store_hubs(dir, &hubs, complaint);
}
