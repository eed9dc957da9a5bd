#include "nodes/hubs.h"

#include <string.h>

#include "core/pack.h"
#include "core/reader.h"
#include "nodes/clock.h"

enum { FIELD_HUBS = 1, FIELDS_MAX = 32, LIST_MAX = 64 };

static void
encode(const struct keys_hubs *hubs, struct text *body)
{
    pack_map(body, 1);
    pack_unsigned(body, FIELD_HUBS);
    pack_array(body, hubs->count);
    for (uint32_t i = 0; i < hubs->count; i++) {
        const struct keys_hub *hub = &hubs->list[i];
        pack_array(body, 2);
        pack_string(body, view_of(hub->endpoint));
        pack_bin(body, (view) { hub->key.bytes, sizeof hub->key.bytes });
    }
}

/* More than we keep are passed over. */
static void
decode_list(struct unpacker *unpacker, struct keys_hubs *hubs)
{
    uint32_t count = unpack_array(unpacker, LIST_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(unpacker); i++) {
        struct keys_hub hub = { 0 };
        if (unpack_array(unpacker, 2) != 2)
            unpack_fail(unpacker);
        view endpoint = unpack_string(unpacker, KEYS_ENDPOINT_SIZE - 1);
        view key = unpack_bin(unpacker, CURVE_KEY_SIZE);
        if (!unpack_ok(unpacker) || key.size != CURVE_KEY_SIZE) {
            unpack_fail(unpacker);
            return;
        }
        memcpy(hub.endpoint, endpoint.bytes, endpoint.size);
        memcpy(hub.key.bytes, key.bytes, key.size);
        bool good = endpoint.size == 0 || keys_is_endpoint(hub.endpoint);
        if (good && hubs->count < KEYS_HUBS_MAX)
            hubs->list[hubs->count++] = hub;
    }
}

static enum err
decode(view body, struct keys_hubs *ret_hubs)
{
    struct keys_hubs hubs = { 0 };
    struct unpacker unpacker = unpack_begin(body);
    uint32_t count = unpack_map(&unpacker, FIELDS_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(&unpacker); i++) {
        if (unpack_unsigned(&unpacker, 1, UINT32_MAX) == FIELD_HUBS)
            decode_list(&unpacker, &hubs);
        else
            (void)unpack_skip(&unpacker);
    }
    enum err err = unpack_end(&unpacker);
    if (err == OK)
        *ret_hubs = hubs;
    return err;
}

/* The newest list after the position, by the order of arrival: a node hears of
 * a later hub's list after it has heard of an earlier one's.  ERR_NOT_FOUND:
 * there is none. */
static enum err
newest(struct journal *journal, uint64_t *position, struct keys_hubs *ret_hubs)
{
    struct reader *reader = NULL;
    struct reader_item item;
    bool found = false;
    enum err err = reader_open(journal, &reader);

    while (err == OK) {
        err = reader_next_control(reader, *position + 1, &item);
        if (err != OK && err != ERR_UNKNOWN)
            break;
        if (err == OK && item.record.kind == RECORD_ENDPOINTS &&
            item.record.stream.channel == CHANNEL_PUBLIC &&
            decode(item.record.body, ret_hubs) == OK)
            found = true;
        *position = item.position;
        err = OK;
    }
    reader_close(reader);
    if (err != ERR_NOT_FOUND)
        return err;
    return found ? OK : ERR_NOT_FOUND;
}

static bool
same_hubs(const struct keys_hubs *a, const struct keys_hubs *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (strcmp(a->list[i].endpoint, b->list[i].endpoint) != 0 ||
            !curve_key_equal(a->list[i].key, b->list[i].key))
            return false;
    return true;
}

/* --- the hub's side --- */

static void
list_hubs(struct allow *allow, uint32_t node, const struct keys_hub *own,
          struct keys_hubs *ret_hubs)
{
    struct enrolment enrolment = { 0 };
    bool revoked = false;

    *ret_hubs = (struct keys_hubs) { .list = { *own }, .count = 1 };
    while (allow_next(allow, enrolment.node, &enrolment, &revoked)) {
        if (enrolment.role != ENROL_STANDBY || enrolment.endpoint[0] == '\0')
            continue;
        if (enrolment.node == node) { /* we were one ourselves */
            if (own->endpoint[0] == '\0')
                strcpy(ret_hubs->list[0].endpoint, enrolment.endpoint);
            continue;
        }
        if (revoked || !enrolment.joined || ret_hubs->count == KEYS_HUBS_MAX)
            continue;
        struct keys_hub *hub = &ret_hubs->list[ret_hubs->count++];
        strcpy(hub->endpoint, enrolment.endpoint);
        hub->key = enrolment.key;
    }
}

enum err
hubs_publish(struct journal *journal, struct allow *allow, uint32_t node,
             const struct keys_hub *own)
{
    struct keys_hubs hubs, last;
    struct text body = { 0 };
    struct journal_result result;
    uint64_t position = 0;

    list_hubs(allow, node, own, &hubs);
    enum err err = newest(journal, &position, &last);
    if (err == ERR_NOT_FOUND && hubs.count == 1)
        return OK; /* as on the strings by which they joined */
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (err == OK && same_hubs(&hubs, &last))
        return OK;
    encode(&hubs, &body);
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_ENDPOINTS,
                                             .body = text_view(&body),
                                             .now_ms = clock_wall_ms() };
    err = text_ok(&body) ? journal_append_control(journal, &control, &result)
                         : ERR_MEMORY;
    text_close(&body);
    return err;
}

/* --- the node's side --- */

static const char *
endpoint_of(const struct keys_hubs *hubs, curve_key key)
{
    for (uint32_t i = 0; i < hubs->count; i++)
        if (curve_key_equal(hubs->list[i].key, key))
            return hubs->list[i].endpoint;
    return NULL;
}

static bool
adopt(const char *dir, const struct keys_hubs *told, curve_key own)
{
    struct keys_hubs known;
    struct keys_hubs hubs = { 0 };

    if (keys_load_hubs(dir, &known, NULL) != OK)
        return false;
    for (uint32_t i = 0; i < told->count; i++) {
        struct keys_hub hub = told->list[i];
        const char *before = endpoint_of(&known, hub.key);
        if (curve_key_equal(hub.key, own))
            continue;
        if (hub.endpoint[0] == '\0' && before)
            strcpy(hub.endpoint, before);
        if (hub.endpoint[0] != '\0')
            hubs.list[hubs.count++] = hub;
    }
    return hubs.count > 0 && !same_hubs(&hubs, &known) &&
           keys_store_hubs(dir, &hubs, NULL) == OK;
}

bool
hubs_take(struct journal *journal, const char *dir, curve_key own,
          uint64_t *position)
{
    struct keys_hubs told;
    uint64_t from = *position;

    enum err err = newest(journal, &from, &told);
    if (err != OK && err != ERR_NOT_FOUND)
        return false;
    *position = from;
    return err == OK && adopt(dir, &told, own);
}
