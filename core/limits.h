/*
 * limits.h - every bound of the product in one place
 *
 * Sizes are bytes, counts are items.  The relations between them are checked
 * here, so that changing one number can't silently break another.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include "core/base.h"

enum {
    LIMIT_NAME_SIZE = 32,          /* card, reward, category, channel, ... */
    LIMIT_CODE_SIZE = 64,          /* id, receipt, sku, bearer, till, cashier */
    LIMIT_TEXT_SIZE = 256,         /* reason, by, source */
    LIMIT_EVENT_LINES = 1000,      /* lines of one receipt */
    LIMIT_EVENT_SIZE = 131072,     /* one event as msgpack */
    LIMIT_ANNEX_SIZE = 4096,       /* one annex as msgpack */
    LIMIT_RECORD_EVENTS = 1000,    /* events of one record */
    LIMIT_RECORD_SIZE = 524288,    /* one record */
    LIMIT_CONTROL_SIZE = 16777216, /* one control item; spans frames */
    LIMIT_PIECE_SIZE = 520192,     /* of what is larger; a record of its own */
    LIMIT_APPEND_EVENTS = 1000000, /* entries of one append */
    LIMIT_FRAME_SIZE = 1048576,    /* payload of one frame on the wire */
    LIMIT_JSON_LINE = 1048576,     /* one line of JSON Lines */
    LIMIT_PROGRAM_SIZE = 4194304,  /* a program file */
    LIMIT_PROGRAM_LIST = 10000,    /* entries of a list in a program */
    LIMIT_EARN_RULES = 1000,
    LIMIT_PROGRAM_DAYS = 36600,  /* days that a rule may name */
    LIMIT_PROGRAM_MONTHS = 1200, /* months likewise */
    LIMIT_TIER_LEVELS = 100,
    LIMIT_VERSIONS = 10000, /* published versions of one ledger */
    LIMIT_MISTAKES = 100,   /* mistakes told of one program file */
    LIMIT_PARTITIONS = 256, /* of accounts, by a hash fixed for ever */
    LIMIT_DB_TABLES = 16,   /* of one database */
};

static_assert(LIMIT_EVENT_SIZE <= LIMIT_RECORD_SIZE, "an event fits a record");
static_assert(LIMIT_RECORD_SIZE < LIMIT_FRAME_SIZE, "a record fits a frame");
static_assert(LIMIT_PIECE_SIZE < LIMIT_RECORD_SIZE, "a piece fits a record");

#define LIMIT_MONEY_MINOR INT64_C(100000000000) /* of one event: 10^11 */
#define LIMIT_POINTS INT64_C(1000000000)        /* of one event: 10^9 */
#define LIMIT_MEMBER ((UINT64_C(1) << 53) - 1)
#define LIMIT_INCARNATION ((UINT64_C(1) << 53) - 1)
#define LIMIT_NODE INT32_MAX
#define LIMIT_STORE INT32_MAX

/* 2000-01-01T00:00:00Z and the last millisecond of 2099 and of 2199, UTC. */
#define LIMIT_AT_MS_MIN INT64_C(946684800000)
#define LIMIT_AT_MS_MAX INT64_C(4102444799999)
#define LIMIT_CLOCK_MS_MAX INT64_C(7258118399999)

/* Address space reserved for one arena; only touched pages cost memory. */
#define LIMIT_ARENA_SIZE ((size_t)1 << 34)

/* A statement that is closed, as JSON, in pieces. */
#define LIMIT_STATEMENT_SIZE INT32_C(536870912)

/* What all that was settled comes to at most, and what the figures of one
 * statement do, whatever their signs: so sums of any of them fit 64 bits, also
 * where somebody has made them up. */
#define LIMIT_SETTLED_VOLUME (INT64_C(1) << 58)
#define LIMIT_STATEMENT_VOLUME (INT64_C(1) << 62)
/* What a statement is made of comes to at most; in its figures each part stands
 * five times, and then there are the numbers of the stores. */
#define LIMIT_STATEMENT_PARTS (LIMIT_STATEMENT_VOLUME / 8)

/* How far ahead of the clock an appended event may lie: 24 hours. */
#define LIMIT_FUTURE_MS INT64_C(86400000)
/* What a clock that is further from the hub's writes is flagged. */
#define LIMIT_CLOCK_OFF_MS INT64_C(900000)
/* What is written looks at the clock, and then waits: for the hub's decision,
 * for the one writer, for the disk.  Others commit meanwhile, who looked later;
 * only a step back that is longer than such a wait is the clock's. */
#define LIMIT_CLOCK_BACK_MS INT64_C(10000)

#endif
