/*
 * forgery.h - records that no honest ledger would write
 *
 * Whatever their events say, their sums and hashes may be right, so that only
 * what they mean can be held against them.
 */
#ifndef TESTS_SIM_FORGERY_H
#define TESTS_SIM_FORGERY_H

#include "core/record.h"
#include "core/text.h"

/* Stands in every event that a forger has made up. */
#define FORGERY_RECEIPT "forged"

/* Records of one stream, one after another, as they go into a BATCH.  Zeros
 * but for the first three to begin with. */
struct forgery {
    stream_id stream;
    stream_head head; /* of the last record, or what the first goes on from */
    int64_t now_ms;
    struct text bytes; /* owned */
};
void forgery_close(struct forgery *forgery);

void forgery_events(struct forgery *forgery, const struct record_entry *entries,
                    uint32_t count);
/* `kind` is any number but that of events. */
void forgery_control(struct forgery *forgery, uint8_t kind, view body);

/* A purchase, as bytes.  What is zero or empty is left out. */
struct forgery_sale {
    identity identity; /* said inside of the event */
    int64_t at_ms;
    uint32_t store;
    uint32_t member;
    uint32_t amount; /* minor units */
    const char *id;
};
void forgery_sale(const struct forgery_sale *sale, struct text *core);
/* Something of that id that gives no points. */
void forgery_visit(const struct forgery_sale *visit, struct text *core);

#endif
