/*
 * unit.h - what every unit test includes: cmocka in the order it demands
 *
 * A test file defines functions with TEST(name) and lists them in RUN().
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST(name) static void name(__attribute__((unused)) void **state_)

#define RUN(...)                                                               \
    int main(void)                                                             \
    {                                                                          \
        const struct CMUnitTest tests[] = { __VA_ARGS__ };                     \
        return cmocka_run_group_tests(tests, NULL, NULL) != 0;                 \
    }

#endif
