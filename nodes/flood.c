#include "nodes/flood.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

void
flood_close(struct flood *flood)
{
    free(flood->lines);
    *flood = (struct flood) { 0 };
}

/* The connection's line, which begins anew where the descriptor is another's
 * now.  NULL: it is no socket, or there is no memory. */
static struct flood_line *
obtain(struct flood *flood, int descriptor)
{
    uint64_t socket = 0;
    socklen_t size = sizeof socket;

    if (descriptor < 0 ||
        getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &socket, &size) != 0)
        return NULL;
    const uint32_t index = (uint32_t)descriptor;
    if (index >= flood->count) {
        const uint32_t count = index + 64;
        struct flood_line *grown = realloc(flood->lines, count * sizeof *grown);
        if (!grown)
            return NULL;
        memset(grown + flood->count, 0, (count - flood->count) * sizeof *grown);
        flood->lines = grown;
        flood->count = count;
    }
    struct flood_line *line = &flood->lines[index];
    if (line->socket != socket)
        *line = (struct flood_line) { .socket = socket };
    return line;
}

void
flood_took(struct flood *flood, int descriptor, uint64_t peer, uint64_t bytes)
{
    const bool seen = descriptor >= 0 && (uint32_t)descriptor < flood->count &&
                      flood->lines[descriptor].socket != 0 &&
                      flood->lines[descriptor].peer == peer;
    struct flood_line *line =
        seen ? &flood->lines[descriptor] : obtain(flood, descriptor);

    if (!line)
        return;
    line->peer = peer;
    line->taken += bytes;
}

/* Where that end of the connection is; 0: none, or not of the internet. */
static uint16_t
port_of(int descriptor,
        int (*name)(int, struct sockaddr *restrict, socklen_t *restrict))
{
    struct sockaddr_storage address = { 0 };
    socklen_t size = sizeof address;
    struct sockaddr *any = (struct sockaddr *)(void *)&address;

    if (name(descriptor, any, &size) != 0)
        return 0;
    if (address.ss_family == AF_INET)
        return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
    return 0;
}

/* The port of ours at which it is connected, asked for once. */
static uint16_t
name(struct flood_line *line, int descriptor)
{
    if (!line->named)
        line->port = port_of(descriptor, getpeername) == 0
                         ? 0
                         : port_of(descriptor, getsockname);
    line->named = true;
    return line->port;
}

static uint64_t
measure(struct flood *flood, int descriptor, uint16_t port)
{
    struct tcp_info info = { 0 };
    socklen_t size = sizeof info;
    struct flood_line *line = obtain(flood, descriptor);

    if (!line || name(line, descriptor) != port ||
        getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_bytes_received) +
                   sizeof info.tcpi_bytes_received)
        return 0;
    if (info.tcpi_bytes_received > line->taken)
        line->waiting = info.tcpi_bytes_received - line->taken;
    return line->waiting;
}

static uint64_t
measure_all(struct flood *flood, uint16_t port)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    uint64_t all = 0;

    for (uint32_t i = 0; i < flood->count; i++)
        flood->lines[i].waiting = 0;
    while (folder && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            all += measure(flood, atoi(entry->d_name), port);
    if (folder)
        closedir(folder);
    return all;
}

uint32_t
flood_cut(struct flood *flood, uint16_t port)
{
    const uint64_t all = measure_all(flood, port);
    const uint64_t most = all > FLOOD_ALL ? FLOOD_LEAST : FLOOD_MAX;
    uint32_t cut = 0;

    for (uint32_t i = 0; i < flood->count; i++)
        if (flood->lines[i].waiting > most)
            cut += shutdown((int)i, SHUT_RDWR) == 0;
    return cut;
}

int64_t
flood_pause_ms(int64_t took_ms)
{
    const int64_t pause_ms = took_ms * FLOOD_SHARE;

    if (pause_ms < FLOOD_PAUSE_MIN_MS)
        return FLOOD_PAUSE_MIN_MS;
    return pause_ms < FLOOD_PAUSE_MAX_MS ? pause_ms : FLOOD_PAUSE_MAX_MS;
}
