#include "nodes/stop.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void
signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

enum err
stop_open(int *ret_descriptor)
{
    sigset_t set;

    signals(&set);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return ERR_IO;
    int descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0)
        return ERR_IO;
    *ret_descriptor = descriptor;
    return OK;
}

bool
stop_asked(int descriptor)
{
    struct pollfd wanted = { .fd = descriptor, .events = POLLIN };

    /* It is only looked at, never read: so it stays true. */
    return poll(&wanted, 1, 0) > 0;
}

void
stop_close(int descriptor)
{
    sigset_t set;
    struct signalfd_siginfo info;

    while (read(descriptor, &info, sizeof info) == (ssize_t)sizeof info)
        continue;
    close(descriptor);
    signals(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
