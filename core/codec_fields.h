/*
 * codec_fields.h - the frozen numbers of an event's fields as bytes
 *
 * Included by codec.c, which writes them, and codec_decode.c and (through
 * codec_quick.h) ordinary.c, which read them, and by nobody else.
 *
 * core: a msgpack map from field number to value, ascending, each at most
 * once.  What has its default is left out.  The numbers never change their
 * meaning; a new field takes the next one.
 *
 *    0 kind         unsigned, event.h      15 referrer    unsigned
 *    1 identity     [node, incarnation,    16 voids       as 1
 *                   seq]; of copies only   17 card        string
 *    2 at           ms since 1970, UTC     18 count       default 1
 *    3 recorded     ms after `at`          19 points      integer
 *    4 store        unsigned               20 reward      string
 *    5 member       unsigned               21 value       cents
 *    6 bearer       string                 22 redemption  string
 *    7 id           string                 23 channel     string
 *    8 receipt      string                 24 granted     boolean
 *    9 total        cents                  25 text        string
 *   10 off          cents, default 0       26 name        string
 *   11 lines        array of maps          27 expires_on  days since 1970
 *   12 from_store   unsigned               28 pass        string
 *   13 bought_on    days since 1970        29 price       cents
 *   14 home_store   unsigned
 *
 * a line: 0 amount (cents), 1 line (returns by receipt: which one), 2 qty
 *   (default 1), 3 category, 4 sku
 * annex: 0 salt (16 bytes), 1 till, 2 cashier, 3 entry (unsigned, event.h),
 *   4 reason, 5 by, 6 source
 *
 * A known field on a kind that does not have it counts as unknown, too: a
 * later version may have given it one.
 */
#ifndef CORE_CODEC_FIELDS_H
#define CORE_CODEC_FIELDS_H

#include "core/event.h"

enum codec_field {
    FIELD_KIND = 0,
    FIELD_IDENTITY = 1,
    FIELD_AT = 2,
    FIELD_RECORDED = 3,
    FIELD_STORE = 4,
    FIELD_MEMBER = 5,
    FIELD_BEARER = 6,
    FIELD_ID = 7,
    FIELD_RECEIPT = 8,
    FIELD_TOTAL = 9,
    FIELD_OFF = 10,
    FIELD_LINES = 11,
    FIELD_FROM_STORE = 12,
    FIELD_BOUGHT_ON = 13,
    FIELD_HOME_STORE = 14,
    FIELD_REFERRER = 15,
    FIELD_VOIDS = 16,
    FIELD_CARD = 17,
    FIELD_COUNT = 18,
    FIELD_POINTS = 19,
    FIELD_REWARD = 20,
    FIELD_VALUE = 21,
    FIELD_REDEMPTION = 22,
    FIELD_CHANNEL = 23,
    FIELD_GRANTED = 24,
    FIELD_TEXT = 25,
    FIELD_NAME = 26,
    FIELD_EXPIRES_ON = 27,
    FIELD_PASS = 28,
    FIELD_PRICE = 29,
    FIELD_END = 30,
};

enum codec_line_field {
    LINE_AMOUNT = 0,
    LINE_INDEX = 1,
    LINE_QTY = 2,
    LINE_CATEGORY = 3,
    LINE_SKU = 4,
    LINE_END = 5,
};

enum codec_annex_field {
    ANNEX_SALT = 0,
    ANNEX_TILL = 1,
    ANNEX_CASHIER = 2,
    ANNEX_ENTRY = 3,
    ANNEX_REASON = 4,
    ANNEX_BY = 5,
    ANNEX_SOURCE = 6,
    ANNEX_END = 7,
};

#define BIT(field) (UINT32_C(1) << (field))
#define FIELDS_ALWAYS (BIT(FIELD_KIND) | BIT(FIELD_AT) | BIT(FIELD_STORE))
#define FIELDS_COMMON                                                          \
    (FIELDS_ALWAYS | BIT(FIELD_IDENTITY) | BIT(FIELD_RECORDED) |               \
     BIT(FIELD_MEMBER) | BIT(FIELD_BEARER) | BIT(FIELD_ID))

/* The fields that a kind must and may have beside the common ones. */
struct codec_shape {
    uint32_t must;
    uint32_t may;
};

/* Of a known kind. */
struct codec_shape codec_shape(enum event_kind kind);

#endif
