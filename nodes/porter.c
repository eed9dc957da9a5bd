#include "nodes/porter.h"

#include "nodes/local.h"
#include "nodes/trace.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

static bool
hook(const struct porter *porter, int what)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = porter->who };

    return epoll_ctl(porter->bell, what, porter->listener, &event) == 0;
}

enum err
porter_open(const struct porter *porter)
{
    return hook(porter, EPOLL_CTL_ADD) ? OK : ERR_IO;
}

/* Somebody has come, and the process or the machine lacks what it takes.  The
 * kernel says so also where nobody has come. */
static bool
is_lack(const struct porter *porter, int code)
{
    struct pollfd door = { .fd = porter->listener, .events = POLLIN };

    return (code == EMFILE || code == ENFILE || code == ENOBUFS ||
            code == ENOMEM) &&
           poll(&door, 1, 0) == 1;
}

int
porter_let_in(struct porter *porter)
{
    const int descriptor = local_accept(porter->listener);
    const int code = errno;
    const bool lacks = descriptor < 0 && is_lack(porter, code);

    if (lacks == porter->shut)
        return descriptor;
    if (!hook(porter, lacks ? EPOLL_CTL_DEL : EPOLL_CTL_ADD))
        return descriptor;
    porter->shut = lacks;
    if (lacks)
        trace(TRACE_ERROR, porter->node, porter->name,
              "why=\"nobody more can be let in: %s\"", strerror(code));
    else
        trace(TRACE_NOTICE, porter->node, porter->name, "what=open");
    return descriptor;
}
