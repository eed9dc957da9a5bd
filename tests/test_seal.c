/*
 * test_seal.c - seals are read back as they were written, and fit only the
 * bytes and the key that they were made with
 */
#include "tests/unit.h"

#include "core/seal.h"

#include <string.h>

enum { OCTOBER = 2026 * 12 + 9 };

static struct seal
make(crypto_secret_key *ret_secret, view partner, view bytes)
{
    struct seal seal = { .period = OCTOBER, .partner = partner };

    memset(seal.heads.bytes, 7, sizeof seal.heads.bytes);
    crypto_keypair_make(&seal.key, ret_secret);
    assert_int_equal(seal_make(ret_secret, bytes,
                               partner.size > 0 ? NULL : &seal.heads,
                               &seal.signature),
                     OK);
    return seal;
}

static void
check_whole_or_part(view partner)
{
    view bytes = view_of("{\"period\": \"2026-10\"}");
    struct complaint complaint;
    struct text text = { 0 };
    crypto_secret_key secret;
    struct seal seal = make(&secret, partner, bytes), back;

    seal_write(&text, &seal);
    assert_int_equal(seal_read(text_view(&text), &back, &complaint), OK);
    assert_int_equal(back.period, OCTOBER);
    assert_true(view_equal(back.partner, partner));
    assert_int_equal(seal_check(&back, seal.key, bytes), OK);
    assert_int_equal(seal_check(&back, seal.key, view_of("{}")), ERR_INPUT);
    crypto_public_key other = seal.key;
    other.bytes[0] ^= 1;
    assert_int_equal(seal_check(&back, other, bytes), ERR_INPUT);
    back.signature.bytes[63] ^= 1;
    assert_int_equal(seal_check(&back, seal.key, bytes), ERR_INPUT);
    text_close(&text);
}

TEST(a_seal_fits_its_bytes_and_its_key)
{
    check_whole_or_part(view_of("cafe"));
    check_whole_or_part((view) { 0 });
}

/* The heads are signed with the whole: other heads are another statement. */
TEST(the_heads_are_signed)
{
    view bytes = view_of("{}");
    crypto_secret_key secret;
    struct seal seal = make(&secret, (view) { 0 }, bytes);

    assert_int_equal(seal_check(&seal, seal.key, bytes), OK);
    seal.heads.bytes[5]++;
    assert_int_equal(seal_check(&seal, seal.key, bytes), ERR_INPUT);
}

TEST(the_form_is_these_lines)
{
    crypto_secret_key secret;
    struct seal seal = make(&secret, view_of("cafe"), view_of("{}"));
    struct text text = { 0 };

    seal_write(&text, &seal);
    const char *start = "leima-statement 1\nperiod 2026-10\npartner cafe\nkey ";
    assert_memory_equal(text.bytes, start, strlen(start));
    assert_int_equal(text.size,
                     strlen(start) + 64 + 1 + strlen("signature ") + 128 + 1);
    text_close(&text);
}

TEST(what_is_no_seal_is_refused)
{
    static const char *const BAD[] = {
        "",
        "leima-statement 2\n",
        "leima-statement 1\n",
        "leima-statement 1\nperiod 2026-13\n",
        "leima-statement 1\nkey 12\n",
        "leima-statement 1\nwhatever\n",
        "leima-statement 1\nperiod 2026-10\npartner cafe\n",
    };
    struct complaint complaint;
    struct seal seal;

    for (uint32_t i = 0; i < COUNT_OF(BAD); i++)
        assert_int_equal(seal_read(view_of(BAD[i]), &seal, &complaint),
                         ERR_INPUT);
}

TEST(a_key_is_64_digits)
{
    struct text text = { 0 };
    crypto_public_key key = { { 0xab } }, back;

    seal_format_key(key, &text);
    assert_int_equal(text.size, 64);
    assert_true(seal_parse_key(text_view(&text), &back));
    assert_memory_equal(&back, &key, sizeof key);
    text.bytes[3] = 'x';
    assert_false(seal_parse_key(text_view(&text), &back));
    assert_false(seal_parse_key(view_of("ab"), &back));
    text_close(&text);
}

RUN(cmocka_unit_test(a_seal_fits_its_bytes_and_its_key),
    cmocka_unit_test(the_heads_are_signed),
    cmocka_unit_test(the_form_is_these_lines),
    cmocka_unit_test(what_is_no_seal_is_refused),
    cmocka_unit_test(a_key_is_64_digits))
