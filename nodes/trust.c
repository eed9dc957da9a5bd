#include "nodes/trust.h"

#include "core/pack.h"
#include "core/reader.h"

#include <string.h>

enum { FIELD_KEY = 1, FIELD_SIGNATURE = 2, FIELDS_MAX = 32 };

static const char CLAIM_NOTE[] = "hub.claim";

enum err
trust_open(const char *dir, struct journal *journal, struct trust *ret_trust,
           struct complaint *complaint)
{
    struct trust trust = { .journal = journal, .signs = dir != NULL };
    struct journal_identity who;
    enum err err = journal_get_identity(journal, &who);

    if (err == OK && dir)
        err = signing_load(dir, SIGNING_HUB, &trust.key, complaint);
    if (err == OK)
        err = hubs_read(&trust.hubs, journal);
    if (err == OK) {
        trust.node = who.node;
        *ret_trust = trust;
    }
    crypto_wipe(&trust, sizeof trust);
    return err;
}

void
trust_close(struct trust *trust)
{
    crypto_wipe(trust, sizeof *trust);
}

bool
trust_refresh(struct trust *trust)
{
    struct hubs *hubs = &trust->hubs;
    const stream_id by = hubs->by;
    const uint64_t seq = hubs->seq;

    /* What can't be read now is read at the next look. */
    enum err err = hubs_read(hubs, trust->journal);
    (void)err;
    return !stream_equal(by, hubs->by) || seq != hubs->seq;
}

/* Whether that key is one of the node's, as a hub. */
static bool
knows(const struct trust *trust, uint32_t node, crypto_public_key key)
{
    if (trust->signs && node == trust->node &&
        memcmp(key.bytes, trust->key.public_key.bytes, sizeof key.bytes) == 0)
        return true;
    return hubs_signers_have(&trust->hubs.signers, node, key);
}

/* --- claims --- */

struct claim
trust_claim(const struct trust *trust, uint64_t epoch, curve_key curve)
{
    struct claim claim = { .epoch = epoch,
                           .node = trust->node,
                           .curve = curve };

    assert(trust->signs);
    claim_sign(&claim, &trust->key);
    return claim;
}

bool
trust_believes(const struct trust *trust, const struct claim *claim)
{
    return knows(trust, claim->node, claim->key) && claim_is_sound(claim);
}

enum err
trust_load_claim(struct journal *journal, struct claim *ret_claim)
{
    uint8_t bytes[CLAIM_SIZE];
    view value;
    enum err err = journal_get_note(journal, view_of(CLAIM_NOTE), bytes,
                                    sizeof bytes, &value);

    if (err != OK && err != ERR_NOT_FOUND && err != ERR_UNKNOWN)
        return err;
    *ret_claim = (struct claim) { 0 };
    if (err == OK && value.size == sizeof bytes)
        claim_decode(bytes, ret_claim);
    return OK;
}

enum err
trust_save_claim(struct journal *journal, const struct claim *claim)
{
    uint8_t bytes[CLAIM_SIZE];

    claim_encode(claim, bytes);
    return journal_put_note(journal, view_of(CLAIM_NOTE),
                            (view) { bytes, sizeof bytes });
}

/* --- what is public --- */

struct signed_bytes {
    uint8_t bytes[128];
    uint32_t size;
};

static void
add(struct signed_bytes *to, const void *bytes, uint32_t size)
{
    assert(to->size + size <= sizeof to->bytes);
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static view
view_of_signed(const struct signed_bytes *of)
{
    return (view) { of->bytes, of->size };
}

static struct signed_bytes
bytes_of_head(stream_id stream, stream_head head)
{
    static const char WHAT[] = "leima public 1";
    struct signed_bytes bytes = { .size = 0 };

    add(&bytes, WHAT, sizeof WHAT - 1);
    add(&bytes, &stream.node, sizeof stream.node);
    add(&bytes, &stream.incarnation, sizeof stream.incarnation);
    add(&bytes, &head.seq, sizeof head.seq);
    add(&bytes, head.chain.bytes, sizeof head.chain.bytes);
    return bytes;
}

/* Where our public stream ends and how far the journal went then, if its last
 * item has yet to be signed; else position 0. */
static enum err
find_unsigned(struct trust *trust, stream_id stream, stream_head *ret_head,
              uint64_t *ret_position)
{
    struct reader *reader = NULL;
    struct reader_stream found;
    struct reader_item item;

    *ret_position = 0;
    enum err err = reader_open(trust->journal, &reader);
    if (err == OK)
        err = reader_get_stream(reader, stream, &found);
    if (err == OK)
        err = reader_find(reader, stream, found.head.seq, &item);
    if (err == OK && item.record.kind != RECORD_SIGNED) {
        *ret_head = found.head;
        *ret_position = reader_last(reader);
    }
    reader_close(reader);
    return err == ERR_NOT_FOUND ? OK : err;
}

static void
encode_signed(const struct trust *trust, stream_id stream, stream_head head,
              struct text *body)
{
    const struct signed_bytes bytes = bytes_of_head(stream, head);
    const crypto_signature signature =
        crypto_signature_make(&trust->key.secret_key, view_of_signed(&bytes));
    const crypto_public_key *key = &trust->key.public_key;

    pack_map(body, 2);
    pack_unsigned(body, FIELD_KEY);
    pack_bin(body, (view) { key->bytes, sizeof key->bytes });
    pack_unsigned(body, FIELD_SIGNATURE);
    pack_bin(body, (view) { signature.bytes, sizeof signature.bytes });
}

/* ERR_BUSY: something has come between the head that is signed and the item. */
static enum err
write_signed(struct trust *trust, stream_id stream, stream_head head,
             const struct journal_control *where)
{
    struct text body = { 0 };
    struct journal_result result;
    struct journal_control control = *where;

    encode_signed(trust, stream, head, &body);
    control.body = text_view(&body);
    enum err err = text_ok(&body) ? journal_append_control(trust->journal,
                                                           &control, &result)
                                  : ERR_MEMORY;
    text_close(&body);
    return err;
}

enum err
trust_sign(struct trust *trust, int64_t now_ms)
{
    enum { TRIES = 20 };
    enum err err = ERR_BUSY;

    assert(trust->signs);
    for (int i = 0; i < TRIES && err == ERR_BUSY; i++) {
        struct journal_identity who;
        stream_head head;
        uint64_t position = 0;
        err = journal_get_identity(trust->journal, &who);
        const stream_id stream = { .incarnation = who.incarnation,
                                   .node = who.node,
                                   .channel = CHANNEL_PUBLIC };
        if (err == OK)
            err = find_unsigned(trust, stream, &head, &position);
        const struct journal_control where = { .channel = CHANNEL_PUBLIC,
                                               .kind = RECORD_SIGNED,
                                               .now_ms = now_ms,
                                               .only_at = position + 1 };
        if (err == OK && position != 0)
            err = write_signed(trust, stream, head, &where);
    }
    return err;
}

struct signature {
    crypto_public_key key;
    crypto_signature signature;
};

static bool
decode_signed(view body, struct signature *ret_signature)
{
    struct signature found = { 0 };
    struct unpacker unpacker = unpack_begin(body);
    uint32_t count = unpack_map(&unpacker, FIELDS_MAX);

    for (uint32_t i = 0; i < count && unpack_ok(&unpacker); i++) {
        uint64_t field = unpack_unsigned(&unpacker, 1, UINT32_MAX);
        if (field != FIELD_KEY && field != FIELD_SIGNATURE) {
            (void)unpack_skip(&unpacker);
            continue;
        }
        bool key = field == FIELD_KEY;
        uint8_t *to = key ? found.key.bytes : found.signature.bytes;
        uint32_t size = key ? sizeof found.key : sizeof found.signature;
        view bytes = unpack_bin(&unpacker, size);
        if (!unpack_ok(&unpacker) || bytes.size != size)
            return false;
        memcpy(to, bytes.bytes, size);
    }
    *ret_signature = found;
    return unpack_end(&unpacker) == OK;
}

/* What a SIGNED says of all that is before it. */
static enum trust_verdict
judge(const struct trust *trust, const struct record *record)
{
    const stream_head head = { record->seq - 1, record->prev };
    const struct signed_bytes bytes = bytes_of_head(record->stream, head);
    struct signature found;

    if (!decode_signed(record->body, &found) ||
        !crypto_signature_check(found.key, view_of_signed(&bytes),
                                found.signature))
        return TRUST_FORGED;
    return knows(trust, record->stream.node, found.key) ? TRUST_SIGNED
                                                        : TRUST_UNSIGNED;
}

enum trust_verdict
trust_look(const struct trust *trust, stream_id stream, view records,
           uint32_t *ret_size)
{
    struct record prev = { 0 };
    uint32_t at = 0;

    *ret_size = 0;
    while (at < records.size) {
        struct record record;
        view left = { records.bytes + at, records.size - at };
        /* What is no record the journal refuses. */
        if (record_parse(left, &record) != OK)
            break;
        if (!stream_equal(record.stream, stream) ||
            record_check_chain(&record) != OK ||
            (at > 0 && !digest_equal(prev.chain, record.prev)))
            return TRUST_FORGED;
        at += record.bytes.size;
        prev = record;
        if (record.kind != RECORD_SIGNED)
            continue;
        enum trust_verdict verdict = judge(trust, &record);
        if (verdict == TRUST_FORGED)
            return verdict;
        if (verdict == TRUST_SIGNED)
            *ret_size = at;
    }
    return *ret_size > 0 ? TRUST_SIGNED : TRUST_UNSIGNED;
}
