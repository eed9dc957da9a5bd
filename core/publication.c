#include "core/publication.h"

#include "core/pack.h"
#include "core/timeline.h"

/* Frozen: they stand in every journal. */
enum field {
    FIELD_GRAMMAR = 1,
    FIELD_SEMANTICS = 2,
    FIELD_FROM = 3,
    FIELD_FILE = 4,
    FIELD_ZONE_NAME = 5,
    FIELD_ZONE = 6,
};
enum { FIELD_COUNT = 6, TRANSITIONS_MAX = 4096, ZONE_NAME_MAX = 64 };

static void
encode_zone(const struct zone *zone, struct text *text)
{
    assert(zone->count > 0 && zone->count <= TRANSITIONS_MAX);
    assert(zone->transitions[0].at_ms == INT64_MIN);
    pack_array(text, zone->count * 2);
    for (uint32_t i = 0; i < zone->count; i++) {
        if (i == 0)
            pack_nil(text);
        else
            pack_integer(text, zone->transitions[i].at_ms);
        pack_integer(text, zone->transitions[i].offset_s);
    }
}

void
publication_encode(const struct publication *publication, struct text *text)
{
    pack_map(text, FIELD_COUNT);
    pack_unsigned(text, FIELD_GRAMMAR);
    pack_unsigned(text, publication->grammar);
    pack_unsigned(text, FIELD_SEMANTICS);
    pack_unsigned(text, publication->semantics);
    pack_unsigned(text, FIELD_FROM);
    pack_integer(text, publication->from_day);
    pack_unsigned(text, FIELD_FILE);
    pack_bin(text, publication->file);
    pack_unsigned(text, FIELD_ZONE_NAME);
    pack_string(text, publication->zone.name);
    pack_unsigned(text, FIELD_ZONE);
    encode_zone(&publication->zone, text);
}

static void
decode_zone(struct unpacker *unpacker, struct arena *arena, struct zone *zone)
{
    uint32_t count = unpack_array(unpacker, TRANSITIONS_MAX * 2);
    struct zone_transition *transitions =
        ARENA_NEW(arena, struct zone_transition, count / 2);
    int64_t before = INT64_MIN;

    if (count == 0 || count % 2 != 0)
        unpack_fail(unpacker);
    for (uint32_t i = 0; unpack_ok(unpacker) && i < count / 2; i++) {
        if (i == 0) {
            unpack_nil(unpacker);
            transitions[i].at_ms = INT64_MIN;
        } else {
            transitions[i].at_ms =
                unpack_integer(unpacker, before + 1, LIMIT_CLOCK_MS_MAX * 2);
        }
        before = transitions[i].at_ms;
        transitions[i].offset_s =
            (int32_t)unpack_integer(unpacker, -86400, 86400);
    }
    zone->count = count / 2;
    zone->transitions = transitions;
}

/* The fields come in ascending order, so that a body has one form only. */
static void
decode_field(struct unpacker *unpacker, enum field field, struct arena *arena,
             struct publication *publication)
{
    switch (field) {
    case FIELD_GRAMMAR:
        publication->grammar = (uint32_t)unpack_unsigned(unpacker, 1, 65535);
        return;
    case FIELD_SEMANTICS:
        publication->semantics = (uint32_t)unpack_unsigned(unpacker, 1, 65535);
        return;
    case FIELD_FROM:
        publication->from_day =
            (int32_t)unpack_integer(unpacker, INT32_MIN + 1, INT32_MAX);
        return;
    case FIELD_FILE:
        publication->file = unpack_bin(unpacker, LIMIT_PROGRAM_SIZE);
        return;
    case FIELD_ZONE_NAME:
        publication->zone.name = unpack_string(unpacker, ZONE_NAME_MAX);
        return;
    case FIELD_ZONE:
        decode_zone(unpacker, arena, &publication->zone);
        return;
    }
}

enum err
publication_decode(view body, struct arena *arena,
                   struct publication *ret_publication)
{
    struct unpacker unpacker = unpack_begin(body);
    struct publication publication = { 0 };
    uint32_t count = unpack_map(&unpacker, 64);
    bool unknown = count > FIELD_COUNT;

    for (uint32_t i = 0; unpack_ok(&unpacker) && i < count; i++) {
        uint64_t key = unpack_unsigned(&unpacker, 1, 65535);
        if (key > FIELD_COUNT) {
            unknown = true;
            unpack_skip(&unpacker);
        } else if (key != i + 1) {
            unpack_fail(&unpacker);
        } else {
            decode_field(&unpacker, (enum field)key, arena, &publication);
        }
    }
    if (unpack_end(&unpacker) != OK || count < FIELD_COUNT)
        return err_corrupt();
    if (unknown || publication.grammar > PUBLICATION_GRAMMAR ||
        publication.semantics > TIMELINE_SEMANTICS)
        return ERR_UNKNOWN;
    *ret_publication = publication;
    return OK;
}
