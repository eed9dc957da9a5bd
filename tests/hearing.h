/*
 * hearing.h - what is traced meanwhile
 */
#ifndef TESTS_HEARING_H
#define TESTS_HEARING_H

#include <stdint.h>

/* From here on what goes to standard error is kept, not shown. */
void hearing_begin(void);
void hearing_end(void);
/* How many of the lines kept by the last hearing had the words in them. */
uint32_t hearing_count(const char *words);

#endif
