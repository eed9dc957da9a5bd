#include "core/enrol.h"

#include "core/pack.h"

#include <string.h>

enum field {
    FIELD_NODE = 1,
    FIELD_ROLE = 2,
    FIELD_STORES = 3,
    FIELD_ONCE = 4,
    FIELD_UNTIL = 5,
    FIELD_KEY = 6,
    FIELD_ENDPOINT = 7,
};

enum { FIELDS_MAX = 32 }; /* of a body that a later version wrote */

static const char *const role_names[ENROL_ROLE_END] = { NULL, "store",
                                                        "standby", "relay" };

bool
curve_key_equal(curve_key a, curve_key b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

const char *
enrol_role_name(enum enrol_role role)
{
    return (uint32_t)role < ENROL_ROLE_END ? role_names[role] : NULL;
}

bool
enrol_role_parse(view name, enum enrol_role *ret_role)
{
    for (uint32_t i = ENROL_STORE; i < ENROL_ROLE_END; i++) {
        if (view_equal(name, view_of(role_names[i]))) {
            *ret_role = (enum enrol_role)i;
            return true;
        }
    }
    return false;
}

static void
pack_key(struct text *text, enum field field, curve_key key)
{
    pack_unsigned(text, field);
    pack_bin(text, (view) { key.bytes, sizeof key.bytes });
}

void
enrol_encode(const struct enrolment *enrolment, struct text *text)
{
    assert(enrolment->node > 0);
    assert(enrolment->store_count <= ENROL_STORES_MAX);
    assert(enrol_role_name(enrolment->role));
    bool found = enrolment->endpoint[0] != '\0';
    pack_map(text, 5u + enrolment->joined + found);
    pack_unsigned(text, FIELD_NODE);
    pack_unsigned(text, enrolment->node);
    pack_unsigned(text, FIELD_ROLE);
    pack_unsigned(text, enrolment->role);
    pack_unsigned(text, FIELD_STORES);
    pack_array(text, enrolment->store_count);
    for (uint32_t i = 0; i < enrolment->store_count; i++)
        pack_unsigned(text, enrolment->stores[i]);
    pack_key(text, FIELD_ONCE, enrolment->once);
    pack_unsigned(text, FIELD_UNTIL);
    pack_integer(text, enrolment->once_until_ms);
    if (enrolment->joined)
        pack_key(text, FIELD_KEY, enrolment->key);
    if (found) {
        pack_unsigned(text, FIELD_ENDPOINT);
        pack_string(text, view_of(enrolment->endpoint));
    }
}

void
enrol_encode_revoke(uint32_t node, struct text *text)
{
    assert(node > 0);
    pack_map(text, 1);
    pack_unsigned(text, FIELD_NODE);
    pack_unsigned(text, node);
}

static curve_key
unpack_key(struct unpacker *unpacker)
{
    curve_key key = { 0 };
    view bytes = unpack_bin(unpacker, CURVE_KEY_SIZE);

    if (bytes.size == CURVE_KEY_SIZE)
        memcpy(key.bytes, bytes.bytes, CURVE_KEY_SIZE);
    else
        unpack_fail(unpacker);
    return key;
}

static void
unpack_stores(struct unpacker *unpacker, struct enrolment *enrolment)
{
    enrolment->store_count = unpack_array(unpacker, ENROL_STORES_MAX);
    for (uint32_t i = 0; i < enrolment->store_count; i++)
        enrolment->stores[i] =
            (uint32_t)unpack_unsigned(unpacker, 1, LIMIT_STORE);
}

static void
unpack_endpoint(struct unpacker *unpacker, struct enrolment *enrolment)
{
    view endpoint = unpack_string(unpacker, ENROL_ENDPOINT_SIZE - 1);

    if (endpoint.size > 0)
        memcpy(enrolment->endpoint, endpoint.bytes, endpoint.size);
    enrolment->endpoint[endpoint.size] = '\0';
}

enum err
enrol_decode(view body, struct enrolment *ret_enrolment)
{
    struct enrolment read = { 0 };
    struct unpacker unpacker = unpack_begin(body);
    uint32_t count = unpack_map(&unpacker, FIELDS_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(&unpacker); i++) {
        switch (unpack_unsigned(&unpacker, 1, UINT32_MAX)) {
        case FIELD_NODE:
            read.node = (uint32_t)unpack_unsigned(&unpacker, 1, LIMIT_NODE);
            break;
        case FIELD_ROLE:
            read.role = (enum enrol_role)unpack_unsigned(&unpacker, 1,
                                                         ENROL_ROLE_END - 1);
            break;
        case FIELD_STORES:
            unpack_stores(&unpacker, &read);
            break;
        case FIELD_ONCE:
            read.once = unpack_key(&unpacker);
            break;
        case FIELD_UNTIL:
            read.once_until_ms =
                unpack_integer(&unpacker, 0, LIMIT_CLOCK_MS_MAX);
            break;
        case FIELD_KEY:
            read.key = unpack_key(&unpacker);
            read.joined = true;
            break;
        case FIELD_ENDPOINT:
            unpack_endpoint(&unpacker, &read);
            break;
        default:
            (void)unpack_skip(&unpacker);
        }
    }
    if (unpack_end(&unpacker) != OK || read.node == 0 || read.role == 0)
        return err_corrupt();
    *ret_enrolment = read;
    return OK;
}

enum err
enrol_decode_revoke(view body, uint32_t *ret_node)
{
    struct unpacker unpacker = unpack_begin(body);
    uint32_t count = unpack_map(&unpacker, FIELDS_MAX);
    uint32_t node = 0;

    for (uint32_t i = 0; i < count && unpack_ok(&unpacker); i++) {
        if (unpack_unsigned(&unpacker, 1, UINT32_MAX) == FIELD_NODE)
            node = (uint32_t)unpack_unsigned(&unpacker, 1, LIMIT_NODE);
        else
            (void)unpack_skip(&unpacker);
    }
    if (unpack_end(&unpacker) != OK || node == 0)
        return err_corrupt();
    *ret_node = node;
    return OK;
}
