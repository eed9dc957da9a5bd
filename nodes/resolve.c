#include "nodes/resolve.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Of its thread and of whoever asks; who lets go of it last frees it. */
struct resolve_lookup {
    char endpoint[KEYS_ENDPOINT_SIZE];
    atomic_uint holders;
    atomic_bool done; /* then the following stand: */
    int failed;       /* of getaddrinfo() */
    char found[KEYS_ENDPOINT_SIZE];
};

static void
let_go(struct resolve_lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->holders, 1) == 1)
        free(lookup);
}

/* Splits "tcp://HOST:PORT" and "tcp://[HOST]:PORT". */
static void
split(const char *endpoint, char ret_host[static KEYS_ENDPOINT_SIZE],
      const char **ret_port)
{
    assert(keys_is_endpoint(endpoint));
    const char *host = endpoint + strlen("tcp://");
    const char *colon = strrchr(host, ':');
    size_t size = (size_t)(colon - host);

    if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    }
    memcpy(ret_host, host, size);
    ret_host[size] = '\0';
    *ret_port = colon + 1;
}

/* The first address of those found, which the system puts in the order in which
 * this machine may reach them.  Returns what getaddrinfo() does. */
static int
look_up(const char *endpoint, int flags,
        char ret_endpoint[static KEYS_ENDPOINT_SIZE])
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = flags };
    char host[KEYS_ENDPOINT_SIZE], address[INET6_ADDRSTRLEN + IF_NAMESIZE];
    struct addrinfo *found = NULL;
    const char *port;

    split(endpoint, host, &port);
    int failed = getaddrinfo(host, NULL, &hints, &found);
    if (failed != 0)
        return failed;
    failed = getnameinfo(found->ai_addr, found->ai_addrlen, address,
                         sizeof address, NULL, 0, NI_NUMERICHOST);
    if (failed == 0)
        snprintf(ret_endpoint, KEYS_ENDPOINT_SIZE,
                 found->ai_family == AF_INET6 ? "tcp://[%s]:%s" : "tcp://%s:%s",
                 address, port);
    freeaddrinfo(found);
    return failed;
}

static void *
run(void *argument)
{
    struct resolve_lookup *lookup = argument;

    lookup->failed = look_up(lookup->endpoint, 0, lookup->found);
    atomic_store(&lookup->done, true);
    let_go(lookup);
    return NULL;
}

/* NULL: no memory, or no thread. */
static struct resolve_lookup *
begin(const char *endpoint)
{
    struct resolve_lookup *lookup = calloc(1, sizeof *lookup);
    pthread_t thread;

    if (!lookup)
        return NULL;
    strcpy(lookup->endpoint, endpoint);
    atomic_init(&lookup->holders, 2);
    atomic_init(&lookup->done, false);
    if (pthread_create(&thread, NULL, run, lookup) != 0) {
        free(lookup);
        return NULL;
    }
    pthread_detach(thread);
    return lookup;
}

void
resolve_close(struct resolve *resolve)
{
    for (uint32_t i = 0; i < COUNT_OF(resolve->lookups); i++)
        if (resolve->lookups[i])
            let_go(resolve->lookups[i]);
    *resolve = (struct resolve) { 0 };
}

/* Its place, or a free one: of somebody who was given up and has an answer, if
 * need be.  NULL: all of them wait. */
static struct resolve_lookup **
place_of(struct resolve *resolve, const char *endpoint)
{
    struct resolve_lookup **place = NULL;

    for (uint32_t i = 0; i < COUNT_OF(resolve->lookups); i++) {
        struct resolve_lookup **at = &resolve->lookups[i];
        if (*at && strcmp((*at)->endpoint, endpoint) == 0)
            return at;
        if (!*at || (!(place && !*place) && atomic_load(&(*at)->done)))
            place = at;
    }
    if (place && *place) {
        let_go(*place);
        *place = NULL;
    }
    return place;
}

enum resolve_answer
resolve_ask(struct resolve *resolve, const char *endpoint,
            char ret_endpoint[static KEYS_ENDPOINT_SIZE], const char **ret_why)
{
    if (look_up(endpoint, AI_NUMERICHOST, ret_endpoint) == 0)
        return RESOLVE_FOUND;
    struct resolve_lookup **place = place_of(resolve, endpoint);
    if (place && !*place)
        *place = begin(endpoint);
    if (!place || !*place) {
        *ret_why = "too many names are being looked up";
        return RESOLVE_NONE;
    }
    struct resolve_lookup *lookup = *place;
    if (!atomic_load(&lookup->done))
        return RESOLVE_WAIT;
    *place = NULL;
    const int failed = lookup->failed;
    if (failed == 0)
        strcpy(ret_endpoint, lookup->found);
    else
        *ret_why = gai_strerror(failed);
    let_go(lookup);
    return failed == 0 ? RESOLVE_FOUND : RESOLVE_NONE;
}
