/*
 * keys.h - CURVE key pairs in files, and the string that lets a node join
 *
 * A ledger's keys lie in LEDGER/keys/, a directory of mode 0700 with files of
 * mode 0600; a file that others can read is refused rather than used.  They
 * are never in the journal, in a backup, in a trace or on a command line.
 *
 *   own     "public HEX" and "secret HEX": this ledger's own pair
 *   next    the pair that is to become `own` when the hub has registered it
 *   hubs    a line "ENDPOINT HEX" for each hub, the active one first; that
 *           file makes a ledger one that has joined (is about to join) a hub
 *   once    the one-time pair, from the string until the hub has registered us
 *   listen  the endpoint at which nodes find this hub
 *
 * The string is "leima1-" and base64url of: u32 node, u32 stores, so many
 * u32, one-time public and secret key, u32 hubs, for each its public key, u8
 * length, endpoint; then 4 bytes of BLAKE2b over all of it, so that a string
 * cut in copying is noticed.
 */
#ifndef NODES_KEYS_H
#define NODES_KEYS_H

#include "core/enrol.h"
#include "core/err.h"

enum {
    KEYS_HUBS_MAX = 4,
    KEYS_ENDPOINT_SIZE = ENROL_ENDPOINT_SIZE, /* with the end */
    KEYS_STRING_SIZE = 2048,                  /* with the end */
};

struct keys_pair {
    curve_key public_key;
    curve_key secret_key; /* wipe it with keys_wipe() */
};
/* Overwrites both halves. */
void keys_wipe(struct keys_pair *pair);

struct keys_hub {
    char endpoint[KEYS_ENDPOINT_SIZE]; /* "tcp://host:port" */
    curve_key key;
};
struct keys_hubs {
    struct keys_hub list[KEYS_HUBS_MAX];
    uint32_t count;
};

/* All functions take the ledger's directory.  ERR_NOT_FOUND: no such file;
 * ERR_INPUT: readable by others, or not what was written; ERR_IO, ERR_FULL.
 * The complaint says which file and what to do. */

/* `name` is "own", "next" or "once".  ERR_INPUT also where the two keys are no
 * pair. */
NODISCARD enum err keys_load(const char *dir, const char *name,
                             struct keys_pair *ret_pair,
                             struct complaint *complaint);
/* Durable when it returns.  ERR_EXISTS: there is one, which stays. */
NODISCARD enum err keys_store(const char *dir, const char *name,
                              const struct keys_pair *pair,
                              struct complaint *complaint);
/* Overwrites the file and takes it away. */
void keys_forget(const char *dir, const char *name);
/* Gives the pair another name, in place of what bore it, durably. */
NODISCARD enum err keys_rename(const char *dir, const char *from,
                               const char *to, struct complaint *complaint);

/* Whether the ledger belongs to a hub: then what is the hub's to write is not
 * written here. */
bool keys_has_hub(const char *dir);
NODISCARD enum err keys_load_hubs(const char *dir, struct keys_hubs *ret_hubs,
                                  struct complaint *complaint);
/* Replaces the list, durably. */
NODISCARD enum err keys_store_hubs(const char *dir,
                                   const struct keys_hubs *hubs,
                                   struct complaint *complaint);

/* "tcp://HOST:PORT" and nothing else. */
bool keys_is_endpoint(const char *endpoint);
NODISCARD enum err keys_load_listen(const char *dir,
                                    char ret_endpoint[KEYS_ENDPOINT_SIZE],
                                    struct complaint *complaint);
NODISCARD enum err keys_store_listen(const char *dir, const char *endpoint,
                                     struct complaint *complaint);

/* What the string says. */
struct keys_ticket {
    uint32_t node;
    uint32_t store_count;
    uint32_t stores[ENROL_STORES_MAX];
    struct keys_pair once;
    struct keys_hubs hubs;
};
void keys_ticket_format(const struct keys_ticket *ticket,
                        char ret_string[static KEYS_STRING_SIZE]);
/* White space around it is ignored.  ERR_INPUT. */
NODISCARD enum err keys_ticket_parse(view string,
                                     struct keys_ticket *ret_ticket,
                                     struct complaint *complaint);

#endif
