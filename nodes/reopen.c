#include "nodes/reopen.h"

enum err
reopen_after(uint32_t *faults, int64_t open_ms)
{
    assert(open_ms >= 0);
    if (open_ms >= REOPEN_SOUND_MS)
        *faults = 0;
    ++*faults;
    return *faults < REOPEN_FAULTS_MAX ? OK : ERR_IO;
}
