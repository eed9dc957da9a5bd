#include "nodes/pulse.h"

#include "core/reader.h"
#include "core/release.h"
#include "nodes/clock.h"
#include "nodes/drift.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool
pulse_is_due(const struct pulse_turn *turn, uint32_t connected)
{
    const int64_t now_ms = clock_steady_ms();

    return now_ms >= turn->due_ms ||
           (connected != turn->connected && now_ms >= turn->soon_ms);
}

struct pulse_turn
pulse_turn_after(uint32_t connected)
{
    const int64_t now_ms = clock_steady_ms();

    return (struct pulse_turn) { .due_ms = now_ms + PULSE_MS,
                                 .soon_ms = now_ms + PULSE_SOON_MS,
                                 .connected = connected };
}

void
pulse_measure(const char *dir, struct journal *journal, struct keeper *keeper,
              struct pulse *pulse)
{
    struct reader *reader = NULL;
    char path[4096];
    struct statvfs disk;
    struct stat file;

    if (reader_open(journal, &reader) == OK)
        pulse->position = reader_last(reader);
    reader_close(reader);
    pulse->keeps_all = keeper_feeds(keeper);
    const uint64_t folded = keeper_position(keeper);
    pulse->folded_ms = keeper_folded_ms(keeper);
    pulse->unfolded = pulse->position > folded ? pulse->position - folded : 0;
    if (statvfs(dir, &disk) == 0) {
        pulse->disk_free = (uint64_t)disk.f_bavail * disk.f_frsize;
        pulse->disk_size = (uint64_t)disk.f_blocks * disk.f_frsize;
    }
    int size = snprintf(path, sizeof path, "%s/journal/data.mdb", dir);
    if (size > 0 && size < (int)sizeof path && stat(path, &file) == 0)
        pulse->journal_size = (uint64_t)file.st_size;
}

enum err
pulse_peers(const struct roster *roster, struct pulse *pulse)
{
    const uint32_t count = roster_count(roster);

    pulse->peers = calloc(count + 1, sizeof pulse->peers[0]);
    if (!pulse->peers)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const struct guest *guest = roster_at(roster, i);
        if (guest->gone || !session_is_live(guest->session))
            continue;
        pulse->peers[pulse->peer_count++] = (struct pulse_peer) {
            .node = guest->peer.pass.node,
            .heard_ms = guest->heard_ms,
            .clock_offset_ms = guest->clock_offset_ms,
            .lag = session_lag(guest->session),
            .asked = guest->asked_count,
            .turned_away = guest->turned_away,
        };
    }
    return OK;
}

void
pulse_close(struct pulse *pulse)
{
    free(pulse->peers);
    pulse->peers = NULL;
    pulse->peer_count = 0;
}

/* --- as JSON ------------------------------------------------------------ */

static void
put_time(struct text *out, const char *key, int64_t at_ms)
{
    if (at_ms > 0)
        text_json_time(out, key, at_ms);
    else
        text_json_null(out, key);
}

static void
put_number(struct text *out, const char *key, uint64_t value)
{
    text_json_key(out, key);
    text_unsigned(out, value);
}

static void
put_node(struct text *out, const struct pulse *pulse)
{
    text_json_bool(out, "connected", pulse->connected);
    text_json_view(out, "hub", view_of(pulse->hub));
    if (pulse->why)
        text_json_view(out, "why", view_of(pulse->why));
    else
        text_json_null(out, "why");
    put_time(out, "last_contact", pulse->contact_ms);
    text_json_integer(out, "clock_offset_ms", pulse->clock_offset_ms);
    text_json_bool(out, "clock_wrong", drift_is_wrong(pulse->clock_offset_ms));
    put_number(out, "lag_events", pulse->lag);
    put_number(out, "lag_seconds",
               pulse->oldest_ms > 0 && pulse->at_ms > pulse->oldest_ms
                   ? (uint64_t)(pulse->at_ms - pulse->oldest_ms) / 1000
                   : 0);
    put_time(out, "oldest_unsent", pulse->oldest_ms);
    put_number(out, "asked", pulse->asked);
    put_number(out, "answered", pulse->answered);
    put_number(out, "pruned", pulse->pruned);
}

static void
put_hub(struct text *out, const struct pulse *pulse)
{
    put_number(out, "epoch", pulse->epoch);
    put_number(out, "reserved", pulse->holds);
    put_number(out, "conflicts", pulse->conflicts);
    text_json_key(out, "nodes");
    text_char(out, '[');
    for (uint32_t i = 0; i < pulse->peer_count; i++) {
        const struct pulse_peer *peer = &pulse->peers[i];
        text_comma(out);
        text_char(out, '{');
        put_number(out, "node", peer->node);
        put_time(out, "heard", peer->heard_ms);
        text_json_integer(out, "clock_offset_ms", peer->clock_offset_ms);
        text_json_bool(out, "clock_wrong",
                       drift_is_wrong(peer->clock_offset_ms));
        put_number(out, "lag_events", peer->lag);
        put_number(out, "asked", peer->asked);
        put_number(out, "turned_away", peer->turned_away);
        text_char(out, '}');
    }
    text_char(out, ']');
}

static const char *
role_of(const struct pulse *pulse)
{
    if (pulse->is_hub)
        return "hub";
    return pulse->keeps_all ? "standby" : "node";
}

void
pulse_json(struct text *out, const struct pulse *pulse)
{
    text_char(out, '{');
    text_json_view(out, "role", view_of(role_of(pulse)));
    text_json_view(out, "release", view_of(RELEASE));
    put_number(out, "node", pulse->node);
    put_time(out, "at", pulse->at_ms);
    put_time(out, "since", pulse->since_ms);
    put_number(out, "position", pulse->position);
    put_number(out, "unfolded", pulse->unfolded);
    put_time(out, "folded_at", pulse->folded_ms);
    if (pulse->is_hub)
        put_hub(out, pulse);
    else
        put_node(out, pulse);
    put_number(out, "disk_free", pulse->disk_free);
    put_number(out, "disk_size", pulse->disk_size);
    put_number(out, "journal_bytes", pulse->journal_size);
    text_char(out, '}');
}

/* --- as metrics --------------------------------------------------------- */

struct metric {
    const char *name;
    const char *type;
    const char *help;
    int64_t value;
};

static void
put_head(struct text *out, const char *name, const char *type, const char *help)
{
    text_format(out, "# HELP leima_%s %s\n# TYPE leima_%s %s\n", name, help,
                name, type);
}

static void
put_metrics(struct text *out, const struct pulse *pulse,
            const struct metric *metrics, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        put_head(out, metrics[i].name, metrics[i].type, metrics[i].help);
        text_format(out, "leima_%s{node=\"%" PRIu32 "\"} %" PRId64 "\n",
                    metrics[i].name, pulse->node, metrics[i].value);
    }
}

static void
put_node_metrics(struct text *out, const struct pulse *pulse)
{
    const struct metric metrics[] = {
        { "connected", "gauge", "whether a session with the hub lives",
          pulse->connected },
        { "last_contact_timestamp_seconds", "gauge", "last word of the hub",
          pulse->contact_ms / 1000 },
        { "clock_offset_milliseconds", "gauge", "the hub's clock less ours",
          pulse->clock_offset_ms },
        { "unacknowledged_events", "gauge", "items that no hub has yet",
          (int64_t)pulse->lag },
        { "oldest_unacknowledged_timestamp_seconds", "gauge",
          "arrival of the first of them, 0 if there is none",
          pulse->oldest_ms / 1000 },
        { "questions_total", "counter", "questions of the tills",
          (int64_t)pulse->asked },
        { "questions_answered_total", "counter",
          "of these, those that the hub answered in time",
          (int64_t)pulse->answered },
        { "pruned_events_total", "counter", "old items that were dropped",
          (int64_t)pulse->pruned },
    };
    put_metrics(out, pulse, metrics, COUNT_OF(metrics));
}

static void
put_hub_metrics(struct text *out, const struct pulse *pulse)
{
    const struct metric metrics[] = {
        { "sessions", "gauge", "nodes that are connected", pulse->peer_count },
        { "reservations", "gauge", "redemptions granted and not seen yet",
          pulse->holds },
        { "conflicting_events", "gauge",
          "held, and another counts under the same identity",
          (int64_t)pulse->conflicts },
    };
    put_metrics(out, pulse, metrics, COUNT_OF(metrics));
    put_head(out, "peer_heard_timestamp_seconds", "gauge", "last word of it");
    for (uint32_t i = 0; i < pulse->peer_count; i++)
        text_format(out,
                    "leima_peer_heard_timestamp_seconds{peer=\"%" PRIu32
                    "\"} %" PRId64 "\n",
                    pulse->peers[i].node, pulse->peers[i].heard_ms / 1000);
    put_head(out, "peer_clock_offset_milliseconds", "gauge",
             "our clock less its, when it connected");
    for (uint32_t i = 0; i < pulse->peer_count; i++)
        text_format(out,
                    "leima_peer_clock_offset_milliseconds{peer=\"%" PRIu32
                    "\"} %" PRId64 "\n",
                    pulse->peers[i].node, pulse->peers[i].clock_offset_ms);
    put_head(out, "peer_lag_events", "gauge", "told of and not here yet");
    for (uint32_t i = 0; i < pulse->peer_count; i++)
        text_format(out,
                    "leima_peer_lag_events{peer=\"%" PRIu32 "\"} %" PRIu64 "\n",
                    pulse->peers[i].node, pulse->peers[i].lag);
}

void
pulse_metrics(struct text *out, const struct pulse *pulse)
{
    const struct metric metrics[] = {
        { "pulse_timestamp_seconds", "gauge", "when this was written",
          pulse->at_ms / 1000 },
        { "start_timestamp_seconds", "gauge", "when the process began",
          pulse->since_ms / 1000 },
        { "position", "gauge", "the last arrival position",
          (int64_t)pulse->position },
        { "unfolded_positions", "gauge", "held and not folded yet",
          (int64_t)pulse->unfolded },
        { "folded_timestamp_seconds", "gauge", "when it last folded something",
          pulse->folded_ms / 1000 },
        { "disk_free_bytes", "gauge", "on the ledger's disk",
          (int64_t)pulse->disk_free },
        { "disk_size_bytes", "gauge", "of the ledger's disk",
          (int64_t)pulse->disk_size },
        { "journal_bytes", "gauge", "of the journal's file",
          (int64_t)pulse->journal_size },
    };
    put_head(out, "build_info", "gauge", "1, of the release that runs");
    text_format(out,
                "leima_build_info{node=\"%" PRIu32 "\",release=\"" RELEASE
                "\"} 1\n",
                pulse->node);
    put_metrics(out, pulse, metrics, COUNT_OF(metrics));
    if (pulse->is_hub)
        put_hub_metrics(out, pulse);
    else
        put_node_metrics(out, pulse);
}

/* --- files -------------------------------------------------------------- */

/* In place of the old file, at once.  Not flushed: a power cut may take it. */
static enum err
replace(const char *path, mode_t mode, const struct text *text)
{
    char fresh[4096];
    int size = snprintf(fresh, sizeof fresh, "%s.new", path);

    if (!text_ok(text))
        return ERR_MEMORY;
    if (size <= 0 || size >= (int)sizeof fresh)
        return ERR_IO;
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0)
        return err_of_write(errno);
    /* Whatever the mask of this process: others read metrics. */
    errno = 0;
    bool done = fchmod(file, mode) == 0 &&
                write(file, text->bytes, text->size) == (ssize_t)text->size;
    enum err err = done ? OK : err_of_write(errno);
    if (close(file) != 0 && err == OK)
        err = err_of_write(errno);
    if (err == OK && rename(fresh, path) != 0)
        err = err_of_write(errno);
    if (err != OK)
        unlink(fresh);
    return err;
}

/* The first that fails is told of; the others are written none the less. */
static void
replace_or_tell(const char *path, mode_t mode, const struct text *text,
                struct complaint *complaint, enum err *err)
{
    enum err now = replace(path, mode, text);

    if (now != OK && *err == OK) {
        complain(complaint, "%s", path);
        *err = now;
    }
}

enum err
pulse_write(const char *dir, const char *metrics, const struct pulse *pulse,
            struct complaint *complaint)
{
    char path[4000];
    struct text text = { 0 };
    enum err err = OK;
    int size = snprintf(path, sizeof path, "%s/pulse", dir);

    if (size <= 0 || size + (int)sizeof ".prom" > (int)sizeof path)
        return ERR_IO;
    pulse_json(&text, pulse);
    text_char(&text, '\n');
    replace_or_tell(path, 0600, &text, complaint, &err);
    text_clear(&text);
    pulse_metrics(&text, pulse);
    strcpy(path + size, ".prom");
    replace_or_tell(path, 0600, &text, complaint, &err);
    if (metrics)
        replace_or_tell(metrics, 0644, &text, complaint, &err);
    text_close(&text);
    return err;
}

static enum err
read_whole(const char *dir, const char *name, struct arena *arena,
           view *ret_bytes)
{
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/%s", dir, name);
    enum err err = ERR_IO;

    if (size <= 0 || size >= (int)sizeof path)
        return ERR_IO;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    struct stat about;
    if (fstat(file, &about) == 0 && about.st_size <= PULSE_SIZE_MAX) {
        uint8_t *bytes = arena_take(arena, (size_t)about.st_size + 1);
        ssize_t got = read(file, bytes, (size_t)about.st_size);
        *ret_bytes = (view) { bytes, got > 0 ? (uint32_t)got : 0 };
        err = got >= 0 ? OK : ERR_IO;
    }
    close(file);
    return err;
}

enum err
pulse_read(const char *dir, struct arena *arena, view *ret_json)
{
    return read_whole(dir, "pulse", arena, ret_json);
}

enum err
pulse_read_metrics(const char *dir, struct arena *arena, view *ret_text)
{
    return read_whole(dir, "pulse.prom", arena, ret_text);
}
