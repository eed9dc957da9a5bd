/*
 * closing_format.h - the bytes of a close, for closing.c and closing_write.c
 * only
 *
 * The body is a msgpack map, keys frozen:
 *
 *     1 period (calendar_month)    5 digest of the heads, 32 bytes
 *     2 statement, bytes           6 public key, 32 bytes
 *     3 known position             7 signature of 2 and 5, 64 bytes
 *     4 heads: array of [node, incarnation, channel, seq, chain]
 *     8 partners: array of [id, signature of its part]
 *     9 settled: array of [period, partner, issue cost, redeem credit,
 *       voucher credit], in cents: what this close settles
 *    10 pieces: [count, size], in place of 2 where the item would be larger
 *       than LIMIT_CONTROL_SIZE: the statement's bytes are those of so many
 *       items RECORD_PIECE right before this one in its stream
 *
 * So no record is larger for a large statement, nor what a receiver must hold;
 * and whoever could close a month before there were pieces reads its close.
 */
#ifndef CORE_CLOSING_FORMAT_H
#define CORE_CLOSING_FORMAT_H

enum {
    KEY_PERIOD = 1,
    KEY_STATEMENT = 2,
    KEY_KNOWN = 3,
    KEY_HEADS = 4,
    KEY_HEADS_DIGEST = 5,
    KEY_PUBLIC_KEY = 6,
    KEY_SIGNATURE = 7,
    KEY_PARTNERS = 8,
    KEY_SETTLED = 9,
    KEY_PIECES = 10,
    KEY_COUNT = 9, /* of a close: 2 or 10, and all others */
};

#endif
