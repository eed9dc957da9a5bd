#include "nodes/hubs.h"

#include "core/pack.h"
#include "core/reader.h"
#include "nodes/clock.h"

#include <string.h>

enum { FIELD_HUBS = 1, FIELD_SIGNERS = 2, FIELDS_MAX = 32, LIST_MAX = 64 };

/* --- signers --- */

static bool
same_key(crypto_public_key a, crypto_public_key b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

bool
hubs_signers_have(const struct hubs_signers *signers, uint32_t node,
                  crypto_public_key key)
{
    for (uint32_t i = 0; i < signers->count; i++)
        if (signers->list[i].node == node &&
            same_key(signers->list[i].key, key))
            return true;
    return false;
}

void
hubs_signers_add(struct hubs_signers *signers, uint32_t node,
                 crypto_public_key key)
{
    if (hubs_signers_have(signers, node, key))
        return;
    if (signers->count < HUBS_SIGNERS_MAX)
        signers->count++;
    memmove(&signers->list[1], &signers->list[0],
            (signers->count - 1) * sizeof signers->list[0]);
    signers->list[0] = (struct hubs_signer) { node, key };
}

/* --- as bytes --- */

static void
encode(const struct keys_hubs *hubs, const struct hubs_signers *signers,
       struct text *body)
{
    pack_map(body, 2);
    pack_unsigned(body, FIELD_HUBS);
    pack_array(body, hubs->count);
    for (uint32_t i = 0; i < hubs->count; i++) {
        const struct keys_hub *hub = &hubs->list[i];
        pack_array(body, 2);
        pack_string(body, view_of(hub->endpoint));
        pack_bin(body, (view) { hub->key.bytes, sizeof hub->key.bytes });
    }
    pack_unsigned(body, FIELD_SIGNERS);
    pack_array(body, signers->count);
    for (uint32_t i = 0; i < signers->count; i++) {
        const struct hubs_signer *signer = &signers->list[i];
        pack_array(body, 2);
        pack_unsigned(body, signer->node);
        pack_bin(body, (view) { signer->key.bytes, sizeof signer->key.bytes });
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

static void
decode_signers(struct unpacker *unpacker, struct hubs_signers *signers)
{
    uint32_t count = unpack_array(unpacker, LIST_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(unpacker); i++) {
        struct hubs_signer signer = { 0 };
        if (unpack_array(unpacker, 2) != 2)
            unpack_fail(unpacker);
        signer.node = (uint32_t)unpack_unsigned(unpacker, 1, LIMIT_NODE);
        view key = unpack_bin(unpacker, sizeof signer.key.bytes);
        if (!unpack_ok(unpacker) || key.size != sizeof signer.key.bytes) {
            unpack_fail(unpacker);
            return;
        }
        memcpy(signer.key.bytes, key.bytes, key.size);
        if (signers->count < HUBS_SIGNERS_MAX)
            signers->list[signers->count++] = signer;
    }
}

static enum err
decode(view body, struct hubs *hubs)
{
    struct keys_hubs list = { 0 };
    struct hubs_signers signers = { 0 };
    struct unpacker unpacker = unpack_begin(body);
    uint32_t count = unpack_map(&unpacker, FIELDS_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(&unpacker); i++) {
        uint64_t field = unpack_unsigned(&unpacker, 1, UINT32_MAX);
        if (field == FIELD_HUBS)
            decode_list(&unpacker, &list);
        else if (field == FIELD_SIGNERS)
            decode_signers(&unpacker, &signers);
        else
            (void)unpack_skip(&unpacker);
    }
    enum err err = unpack_end(&unpacker);
    if (err != OK)
        return err;
    hubs->list = list;
    hubs->signers = signers;
    return OK;
}

/* --- the newest list --- */

static void
take_item(struct hubs *hubs, const struct record *record)
{
    if (record->kind != RECORD_ENDPOINTS ||
        record->stream.channel != CHANNEL_PUBLIC ||
        record->stream.incarnation < hubs->by.incarnation ||
        (stream_equal(record->stream, hubs->by) && record->seq < hubs->seq) ||
        decode(record->body, hubs) != OK)
        return;
    hubs->by = record->stream;
    hubs->seq = record->seq;
}

enum err
hubs_read(struct hubs *hubs, struct journal *journal)
{
    struct reader *reader = NULL;
    struct reader_item item;
    enum err err = reader_open(journal, &reader);

    while (err == OK) {
        err = reader_next_control(reader, hubs->position + 1, &item);
        if (err != OK && err != ERR_UNKNOWN)
            break;
        if (err == OK)
            take_item(hubs, &item.record);
        hubs->position = item.position;
        err = OK;
    }
    reader_close(reader);
    return err == ERR_NOT_FOUND ? OK : err;
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

static bool
is_told(const struct hubs_signers *signers, uint32_t node)
{
    for (uint32_t i = 0; i < signers->count; i++)
        if (signers->list[i].node == node)
            return true;
    return false;
}

/* A standby is listed as soon as it has joined, even where the key with which
 * it would sign is not known yet: the second list, which has it, may be lost
 * with this hub, and nodes must know then where to go. */
static void
list_hubs(struct allow *allow, const struct hubs_own *own,
          struct keys_hubs *ret_hubs)
{
    struct enrolment enrolment = { 0 };
    bool revoked = false;

    *ret_hubs = (struct keys_hubs) { .list = { own->hub }, .count = 1 };
    while (allow_next(allow, enrolment.node, &enrolment, &revoked)) {
        if (enrolment.role != ENROL_STANDBY || enrolment.endpoint[0] == '\0')
            continue;
        if (enrolment.node == own->node) { /* we were one ourselves */
            if (own->hub.endpoint[0] == '\0')
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

static bool
is_revoked(struct allow *allow, uint32_t node)
{
    struct enrolment enrolment;
    bool revoked = false;

    return allow_next(allow, node - 1, &enrolment, &revoked) &&
           enrolment.node == node && revoked;
}

/* What this hub signed under keys of its own that are lost still holds. */
static void
list_signers(struct allow *allow, const struct hubs *newest,
             const struct hubs_own *own, struct hubs_signers *ret_signers)
{
    struct hubs_signers signers = { 0 };
    const struct hubs_signers *before = &newest->signers;

    for (uint32_t i = before->count; i-- > 0;) {
        uint32_t node = before->list[i].node;
        if (node == own->node ||
            (!is_revoked(allow, node) && !is_told(&own->signers, node)))
            hubs_signers_add(&signers, node, before->list[i].key);
    }
    for (uint32_t i = own->signers.count; i-- > 0;) {
        uint32_t node = own->signers.list[i].node;
        if (node == own->node || !is_revoked(allow, node))
            hubs_signers_add(&signers, node, own->signers.list[i].key);
    }
    *ret_signers = signers;
}

static bool
same_signers(const struct hubs_signers *a, const struct hubs_signers *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!hubs_signers_have(b, a->list[i].node, a->list[i].key))
            return false;
    return a->count == b->count;
}

enum err
hubs_publish(struct journal *journal, struct allow *allow,
             const struct hubs *newest, const struct hubs_own *own)
{
    struct keys_hubs hubs;
    struct hubs_signers signers;
    struct text body = { 0 };
    struct journal_result result;

    list_hubs(allow, own, &hubs);
    list_signers(allow, newest, own, &signers);
    if (newest->by.incarnation != 0 && same_hubs(&hubs, &newest->list) &&
        same_signers(&signers, &newest->signers))
        return OK;
    encode(&hubs, &signers, &body);
    const struct journal_control control = { .channel = CHANNEL_PUBLIC,
                                             .kind = RECORD_ENDPOINTS,
                                             .body = text_view(&body),
                                             .now_ms = clock_wall_ms() };
    enum err err = text_ok(&body)
                       ? journal_append_control(journal, &control, &result)
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

bool
hubs_take(const struct hubs *newest, const char *dir, curve_key own)
{
    struct keys_hubs known;
    struct keys_hubs hubs = { 0 };

    if (newest->by.incarnation == 0 || keys_load_hubs(dir, &known, NULL) != OK)
        return false;
    for (uint32_t i = 0; i < newest->list.count; i++) {
        struct keys_hub hub = newest->list.list[i];
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

void
hubs_add(const struct hubs *newest, curve_key own, struct keys_hubs *hubs)
{
    const struct keys_hubs *list = &newest->list;
    struct keys_hubs all = *hubs;
    bool common = false;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct keys_hub *hub = &list->list[i];
        if (endpoint_of(hubs, hub->key))
            common = true;
        else if (hub->endpoint[0] != '\0' && all.count < KEYS_HUBS_MAX &&
                 !curve_key_equal(hub->key, own))
            all.list[all.count++] = *hub;
    }
    if (common)
        *hubs = all;
}
