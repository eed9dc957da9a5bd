#include "nodes/clock.h"

#include <time.h>

static int64_t
read_ms(clockid_t which)
{
    struct timespec now;
    int failed = clock_gettime(which, &now);

    assert(failed == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t
clock_steady_ms(void)
{
    return read_ms(CLOCK_BOOTTIME);
}
