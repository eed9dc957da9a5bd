#include "nodes/claim.h"

#include <string.h>

static const char WHAT[] = "leima hub 1";
enum {
    WHAT_SIZE = sizeof WHAT - 1,
    SIGNATURE_AT = CLAIM_SIZE - sizeof(crypto_signature),
};

void
claim_encode(const struct claim *claim, uint8_t bytes[static CLAIM_SIZE])
{
    memset(bytes, 0, CLAIM_SIZE);
    memcpy(bytes, &claim->epoch, 8);
    memcpy(bytes + 8, &claim->node, 4);
    memcpy(bytes + 16, claim->key.bytes, 32);
    memcpy(bytes + 48, claim->curve.bytes, 32);
    memcpy(bytes + SIGNATURE_AT, claim->signature.bytes, 64);
}

void
claim_decode(const uint8_t bytes[static CLAIM_SIZE], struct claim *ret_claim)
{
    memcpy(&ret_claim->epoch, bytes, 8);
    memcpy(&ret_claim->node, bytes + 8, 4);
    memcpy(ret_claim->key.bytes, bytes + 16, 32);
    memcpy(ret_claim->curve.bytes, bytes + 48, 32);
    memcpy(ret_claim->signature.bytes, bytes + SIGNATURE_AT, 64);
}

/* The bytes that are signed. */
static view
spell(const struct claim *claim, uint8_t bytes[static WHAT_SIZE + CLAIM_SIZE])
{
    memcpy(bytes, WHAT, WHAT_SIZE);
    claim_encode(claim, bytes + WHAT_SIZE);
    return (view) { bytes, WHAT_SIZE + SIGNATURE_AT };
}

void
claim_sign(struct claim *claim, const struct signing_key *key)
{
    uint8_t bytes[WHAT_SIZE + CLAIM_SIZE];

    assert(claim->node != 0);
    claim->key = key->public_key;
    claim->signature =
        crypto_signature_make(&key->secret_key, spell(claim, bytes));
}

bool
claim_is_sound(const struct claim *claim)
{
    uint8_t bytes[WHAT_SIZE + CLAIM_SIZE];

    return claim->node != 0 &&
           crypto_signature_check(claim->key, spell(claim, bytes),
                                  claim->signature);
}
