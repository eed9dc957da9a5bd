#include "bench/till.h"

#include "bench/bench.h"
#include "nodes/local.h"

#include <sys/socket.h>
#include <unistd.h>

bool
till_can_open(const char *ledger)
{
    int till = local_dial(ledger, "tills");

    if (till >= 0)
        close(till);
    return till >= 0;
}

int
till_open(const char *ledger)
{
    int till = local_dial(ledger, "tills");

    bench_need(till >= 0, "reach the node");
    return till;
}

void
till_ask(int till, struct text *line, char reply[static TILL_REPLY_SIZE])
{
    size_t got = 0;

    text_char(line, '\n');
    bench_need(text_ok(line) && send(till, line->bytes, line->size, 0) ==
                                    (ssize_t)line->size,
               "write to the node");
    text_close(line);
    while (got == 0 || reply[got - 1] != '\n') {
        ssize_t more = recv(till, reply + got, TILL_REPLY_SIZE - got, 0);
        bench_need(more > 0, "read from the node");
        got += (size_t)more;
    }
    reply[got - 1] = '\0';
}
