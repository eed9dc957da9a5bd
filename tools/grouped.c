#include "tools/grouped.h"

#include <inttypes.h>
#include <stdio.h>

const char *
grouped(uint64_t count, char text[static GROUPED_SIZE])
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *to = text;

    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}
