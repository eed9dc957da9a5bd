/*
 * pulse.h - how a running hub or node is, for people and for monitoring
 *
 * Every PULSE_MS, and soon after somebody has come or gone, the process writes
 * what only it knows to LEDGER/pulse, one JSON object, which `status` shows,
 * also after the process has ended; and the same as Prometheus text to
 * LEDGER/pulse.prom for `status --prometheus` and, where it was told to
 * (--metrics FILE), for the node exporter's textfile collector.  The files are
 * replaced at once, so that nobody reads half of one; none is history, all may
 * be deleted.
 */
#ifndef NODES_PULSE_H
#define NODES_PULSE_H

#include "core/text.h"
#include "nodes/keeper.h"
#include "nodes/roster.h"

enum { PULSE_MS = 10000, PULSE_SOON_MS = 1000, PULSE_SIZE_MAX = 4 << 20 };

/* When to write it next, by the steady clock; zeroed: at once. */
struct pulse_turn {
    int64_t due_ms;
    int64_t soon_ms;    /* the same if others are connected than ... */
    uint32_t connected; /* ... so many, as was written last */
};
bool pulse_is_due(const struct pulse_turn *turn, uint32_t connected);
/* It is being written, with so many connected. */
struct pulse_turn pulse_turn_after(uint32_t connected);

struct pulse_peer { /* of a hub: a session that is there */
    uint32_t node;
    int64_t heard_ms;        /* the wall's clock, like all times here */
    int64_t clock_offset_ms; /* ours less its, as it told last */
    uint64_t lag;            /* events that it has told of and we lack */
    uint64_t asked;
    uint64_t turned_away;
};

struct pulse {
    bool is_hub;
    bool keeps_all; /* a hub, or a standby; pulse_measure() */
    uint32_t node;
    int64_t at_ms;
    int64_t since_ms; /* of the process */
    uint64_t position;
    uint64_t unfolded; /* positions that it holds and has not folded */
    int64_t folded_ms; /* when it last folded something new; 0: not yet */

    /* A node's. */
    bool connected;
    char hub[KEYS_ENDPOINT_SIZE]; /* that it talks to, or tries to */
    const char *why;              /* it was not reached; static; NULL: it was */
    int64_t contact_ms;           /* last word of a hub; 0: none yet */
    int64_t clock_offset_ms;      /* the hub's clock less ours (drift.h) */
    uint64_t lag;                 /* items that no hub has acknowledged */
    int64_t oldest_ms;            /* arrival of the first of these; 0: none */
    uint64_t asked;               /* questions of the tills ... */
    uint64_t answered;            /* ... by the hub, in time */
    uint64_t pruned;              /* items dropped since it began */

    /* A hub's. */
    uint64_t epoch;
    uint32_t holds;     /* reservations */
    uint64_t conflicts; /* events of which another counts (conflict.h) */
    uint32_t peer_count;
    struct pulse_peer *peers; /* owned */

    /* The machine's; pulse_measure(). */
    uint64_t disk_free; /* bytes */
    uint64_t disk_size;
    uint64_t journal_size;
};

/* Fills in positions, and what the machine says about the ledger's disk; zeros
 * where nothing can be found out. */
void pulse_measure(const char *dir, struct journal *journal,
                   struct keeper *keeper, struct pulse *pulse);
/* Fills in the guests; then pulse_close().  ERR_MEMORY. */
NODISCARD enum err pulse_peers(const struct roster *roster,
                               struct pulse *pulse);
void pulse_close(struct pulse *pulse);

/* Append it: one JSON object, and Prometheus text. */
void pulse_json(struct text *out, const struct pulse *pulse);
void pulse_metrics(struct text *out, const struct pulse *pulse);

/* Writes LEDGER/pulse, LEDGER/pulse.prom and, if it is not NULL, the file of
 * metrics.  ERR_IO, ERR_FULL, ERR_MEMORY: one of them, which the complaint
 * names, stays as it was. */
NODISCARD enum err pulse_write(const char *dir, const char *metrics,
                               const struct pulse *pulse,
                               struct complaint *complaint);
/* What was written last, as JSON in the arena.  ERR_NOT_FOUND, ERR_IO. */
NODISCARD enum err pulse_read(const char *dir, struct arena *arena,
                              view *ret_json);
/* The same as Prometheus text, likewise. */
NODISCARD enum err pulse_read_metrics(const char *dir, struct arena *arena,
                                      view *ret_text);

#endif
