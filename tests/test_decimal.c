/*
 * test_decimal.c - numbers of up to eight digits are read as they are written,
 * whatever stands before them; and nothing else is a number
 */
#include "core/decimal.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit.h"

/* Eight bytes that end with the text, after so many of `before`. */
static uint64_t
bytes_of(const char *text, uint8_t before)
{
    uint8_t bytes[DECIMAL_MAX];
    uint64_t number;

    memset(bytes, before, sizeof bytes);
    memcpy(bytes + DECIMAL_MAX - strlen(text), text, strlen(text));
    memcpy(&number, bytes, sizeof number);
    return number;
}

TEST(digits_are_read_whatever_stands_before_them)
{
    static const uint8_t BEFORE[] = { 0, '0', '7', 'x', 0xa5, 0xff };
    char text[16];
    uint64_t number;

    for (uint64_t value = 0; value < 100000000; value = value * 3 + 1) {
        int size =
            snprintf(text, sizeof text, "%llu", (unsigned long long)value);
        for (uint32_t i = 0; i < COUNT_OF(BEFORE); i++) {
            assert_true(decimal_read(bytes_of(text, BEFORE[i]), (uint32_t)size,
                                     &number));
            assert_int_equal(number, value);
        }
    }
    assert_true(decimal_read(bytes_of("99999999", 0), 8, &number));
    assert_int_equal(number, 99999999);
    assert_true(decimal_read(bytes_of("00000000", 0), 8, &number));
    assert_int_equal(number, 0);
}

TEST(one_byte_that_is_no_digit_spoils_it)
{
    for (uint32_t size = 1; size <= DECIMAL_MAX; size++)
        for (uint32_t at = 0; at < size; at++)
            for (uint32_t byte = 1; byte < 256; byte++) {
                char text[DECIMAL_MAX + 1] = { 0 };
                uint64_t number;
                memset(text, '4', size);
                text[at] = (char)byte;
                bool digit = byte >= '0' && byte <= '9';
                assert_int_equal(
                    decimal_read(bytes_of(text, '0'), size, &number), digit);
            }
}

RUN(cmocka_unit_test(digits_are_read_whatever_stands_before_them),
    cmocka_unit_test(one_byte_that_is_no_digit_spoils_it))
