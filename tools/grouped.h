/* grouped.h - counts for people: 1234567 as "1,234,567" */
#ifndef TOOLS_GROUPED_H
#define TOOLS_GROUPED_H

#include "core/base.h"

enum { GROUPED_SIZE = 32 }; /* of any count, with the end */

/* Writes the count into the text, and returns that. */
const char *grouped(uint64_t count, char text[static GROUPED_SIZE]);

#endif
