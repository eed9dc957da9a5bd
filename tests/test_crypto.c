/*
 * test_crypto.c - digests are BLAKE2b, signatures Ed25519, and nothing else
 */
#include "core/crypto.h"

#include <string.h>

#include "tests/unit.h"

/* BLAKE2b-256 of nothing and of "abc", as b2sum -l 256 says. */
TEST(known_digests)
{
    char text[DIGEST_TEXT_SIZE];

    digest_format(crypto_digest((view) { 0 }), text);
    assert_string_equal(
        text,
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    digest_format(crypto_digest(view_of("abc")), text);
    assert_string_equal(
        text,
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(parts_make_the_whole)
{
    uint8_t bytes[1000];
    digest whole;

    memset(bytes, 7, sizeof bytes);
    whole = crypto_digest((view) { bytes, sizeof bytes });
    for (uint32_t cut = 0; cut <= sizeof bytes; cut += 37) {
        struct crypto_blake blake;
        crypto_blake_start(&blake);
        crypto_blake_add(&blake, bytes, cut);
        struct crypto_blake copy = blake;
        crypto_blake_add(&blake, bytes + cut, sizeof bytes - cut);
        assert_true(digest_equal(crypto_blake_end(&blake), whole));
        crypto_blake_add(&copy, bytes + cut, sizeof bytes - cut);
        assert_true(digest_equal(crypto_blake_end(&copy), whole));
    }
}

TEST(digests_as_text)
{
    digest value = crypto_digest(view_of("x"));
    digest back = { { 0 } };
    char text[DIGEST_TEXT_SIZE];

    digest_format(value, text);
    assert_true(digest_parse(view_of(text), &back));
    assert_true(digest_equal(value, back));
    text[10] = 'g';
    assert_false(digest_parse(view_of(text), &back));
    assert_false(digest_parse(view_of("00"), &back));
    assert_false(digest_parse((view) { 0 }, &back));
    assert_true(digest_equal(value, back)); /* untouched by failures */
    assert_true(digest_is_zero((digest) { { 0 } }));
    assert_false(digest_is_zero(value));
}

TEST(random_bytes_differ)
{
    uint8_t a[32] = { 0 };
    uint8_t b[32] = { 0 };

    crypto_random(a, sizeof a);
    crypto_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_not_equal(crypto_random_number(), crypto_random_number());
    crypto_wipe(a, sizeof a);
    for (uint32_t i = 0; i < sizeof a; i++)
        assert_int_equal(a[i], 0);
}

TEST(signatures)
{
    crypto_public_key key;
    crypto_public_key other_key;
    crypto_secret_key secret;
    crypto_secret_key other_secret;
    view text = view_of("what was agreed");

    crypto_keypair_make(&key, &secret);
    crypto_keypair_make(&other_key, &other_secret);
    crypto_signature signature = crypto_signature_make(&secret, text);
    assert_true(crypto_signature_check(key, text, signature));
    assert_false(crypto_signature_check(other_key, text, signature));
    assert_false(
        crypto_signature_check(key, view_of("what was agreeD"), signature));
    for (uint32_t i = 0; i < sizeof signature.bytes; i++) {
        signature.bytes[i] ^= 1;
        assert_false(crypto_signature_check(key, text, signature));
        signature.bytes[i] ^= 1;
    }
}

TEST(a_passphrase_locks)
{
    const view secret = view_of("what nobody may read");
    const view right = view_of("four words are enough");
    uint8_t sealed[64 + CRYPTO_LOCK_EXTRA], open[64];
    view box = { sealed, secret.size + CRYPTO_LOCK_EXTRA };

    assert_int_equal(crypto_lock(right, secret, sealed), OK);
    assert_int_equal(crypto_unlock(right, box, open), OK);
    assert_memory_equal(open, secret.bytes, secret.size);
    assert_int_equal(crypto_unlock(view_of("others"), box, open), ERR_INPUT);
    sealed[box.size - 1] ^= 1;
    assert_int_equal(crypto_unlock(right, box, open), ERR_INPUT);
    /* A cost that nobody should pay is refused, not paid. */
    sealed[19] = 0xff;
    assert_int_equal(crypto_unlock(right, box, open), ERR_INPUT);
    box.size = CRYPTO_LOCK_EXTRA - 1;
    assert_int_equal(crypto_unlock(right, box, open), ERR_INPUT);
}

RUN(cmocka_unit_test(known_digests), cmocka_unit_test(parts_make_the_whole),
    cmocka_unit_test(digests_as_text), cmocka_unit_test(random_bytes_differ),
    cmocka_unit_test(signatures), cmocka_unit_test(a_passphrase_locks))
