#include "nodes/keys.h"

#include "core/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 4096, PATH_SIZE = 4096, HEX_SIZE = 65 };

static const char TICKET_PREFIX[] = "leima1-";
static const char BASE64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
keys_wipe(struct keys_pair *pair)
{
    crypto_wipe(pair, sizeof *pair);
}

/* --- files --- */

static enum err
path_of(const char *dir, const char *name, char path[static PATH_SIZE],
        struct complaint *complaint)
{
    int size =
        snprintf(path, PATH_SIZE, "%s/keys%s%s", dir, *name ? "/" : "", name);

    if (size < 0 || size >= PATH_SIZE)
        return complain(complaint, "%s: the path is too long", dir);
    return OK;
}

static enum err
fault(struct complaint *complaint, const char *path)
{
    int code = errno;

    complain(complaint, "%s: %s", path, strerror(code));
    if (code == ENOENT)
        return ERR_NOT_FOUND;
    if (code == EEXIST)
        return ERR_EXISTS;
    return err_of_write(code);
}

/* Reads a whole small file that nobody else may read. */
static enum err
read_secret(const char *path, char bytes[static FILE_SIZE_MAX],
            struct complaint *complaint)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return fault(complaint, path);

    enum err err = OK;
    ssize_t size = 0;
    if (fstat(file, &status) != 0)
        err = fault(complaint, path);
    else if (status.st_mode & 077)
        err = complain(complaint,
                       "%s: others may read it; expected mode 0600: chmod 600 "
                       "it, or better enrol anew",
                       path);
    else if ((size = read(file, bytes, FILE_SIZE_MAX - 1)) < 0)
        err = fault(complaint, path);
    else
        bytes[size] = '\0';
    close(file);
    return err;
}

static enum err
sync_dir(const char *path, struct complaint *complaint)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return fault(complaint, path);
    enum err err = fsync(dir) == 0 ? OK : fault(complaint, path);
    close(dir);
    return err;
}

static enum err
write_all(int file, const char *text, const char *path,
          struct complaint *complaint)
{
    size_t size = strlen(text);

    while (size > 0) {
        ssize_t done = write(file, text, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return fault(complaint, path);
        text += done;
        size -= (size_t)done;
    }
    return fsync(file) == 0 ? OK : fault(complaint, path);
}

/* Writes beside the place, then links or renames: the name never stands for
 * half a file. */
static enum err
put_secret(const char *fresh, const char *path, const char *text, bool replace,
           struct complaint *complaint)
{
    unlink(fresh); /* of one that was cut off */
    int file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return fault(complaint, fresh);
    enum err err = write_all(file, text, fresh, complaint);
    close(file);
    if (err == OK && replace && rename(fresh, path) != 0)
        err = fault(complaint, path);
    if (err == OK && !replace && link(fresh, path) != 0)
        err = fault(complaint, path);
    if (err != OK || !replace)
        unlink(fresh);
    return err;
}

/* One at a time, for all write to the same place first: so what one that was
 * killed has left there the next one takes away. */
static enum err
write_secret(const char *dir, const char *name, const char *text, bool replace,
             struct complaint *complaint)
{
    char folder[PATH_SIZE], path[PATH_SIZE], fresh[PATH_SIZE];
    enum err err = path_of(dir, "", folder, complaint);
    if (err == OK)
        err = path_of(dir, name, path, complaint);
    if (err != OK)
        return err;
    int length = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (length < 0 || length >= (int)sizeof fresh)
        return complain(complaint, "%s: the path is too long", dir);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fault(complaint, folder);
    int keys = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (keys < 0)
        return fault(complaint, folder);
    err = flock(keys, LOCK_EX) == 0
              ? put_secret(fresh, path, text, replace, complaint)
              : fault(complaint, folder);
    if (err == OK && fsync(keys) != 0)
        err = fault(complaint, folder);
    close(keys);
    return err;
}

/* --- pairs --- */

static void
hex(curve_key key, char text[static HEX_SIZE])
{
    digest bytes;

    static_assert(sizeof bytes.bytes == sizeof key.bytes, "both are 32");
    memcpy(bytes.bytes, key.bytes, sizeof key.bytes);
    digest_format(bytes, text);
    crypto_wipe(&bytes, sizeof bytes);
}

static bool
unhex(const char *text, curve_key *ret_key)
{
    digest bytes;

    if (strlen(text) < 64 ||
        !digest_parse((view) { (const uint8_t *)text, 64 }, &bytes))
        return false;
    memcpy(ret_key->bytes, bytes.bytes, sizeof ret_key->bytes);
    crypto_wipe(&bytes, sizeof bytes);
    return true;
}

/* CURVE gives no word to whoever comes with two halves of different pairs: the
 * node would dial for ever. */
static bool
is_pair(const struct keys_pair *pair)
{
    curve_key key;

    crypto_curve_public(pair->secret_key.bytes, key.bytes);
    return curve_key_equal(key, pair->public_key);
}

enum err
keys_load(const char *dir, const char *name, struct keys_pair *ret_pair,
          struct complaint *complaint)
{
    char path[PATH_SIZE], text[FILE_SIZE_MAX];
    struct keys_pair pair;
    enum err err = path_of(dir, name, path, complaint);
    if (err == OK)
        err = read_secret(path, text, complaint);
    if (err != OK)
        return err;

    const char *secret = strchr(text, '\n');
    if (strncmp(text, "public ", 7) != 0 ||
        !unhex(text + 7, &pair.public_key) || secret == NULL ||
        strncmp(secret, "\nsecret ", 8) != 0 ||
        !unhex(secret + 8, &pair.secret_key) || !is_pair(&pair))
        err = complain(complaint,
                       "%s: not a key pair; restore it or enrol anew", path);
    else
        *ret_pair = pair;
    crypto_wipe(text, sizeof text);
    keys_wipe(&pair);
    return err;
}

enum err
keys_store(const char *dir, const char *name, const struct keys_pair *pair,
           struct complaint *complaint)
{
    char public_text[HEX_SIZE], secret_text[HEX_SIZE], text[256];

    hex(pair->public_key, public_text);
    hex(pair->secret_key, secret_text);
    snprintf(text, sizeof text, "public %s\nsecret %s\n", public_text,
             secret_text);
    enum err err = write_secret(dir, name, text, false, complaint);
    crypto_wipe(secret_text, sizeof secret_text);
    crypto_wipe(text, sizeof text);
    return err;
}

void
keys_forget(const char *dir, const char *name)
{
    char path[PATH_SIZE], zeros[256];

    if (path_of(dir, name, path, NULL) != OK)
        return;
    memset(zeros, '0', sizeof zeros);
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0) {
        if (write(file, zeros, sizeof zeros) > 0)
            (void)fsync(file);
        close(file);
    }
    unlink(path);
}

enum err
keys_rename(const char *dir, const char *from, const char *to,
            struct complaint *complaint)
{
    char folder[PATH_SIZE], old[PATH_SIZE], fresh[PATH_SIZE];
    enum err err = path_of(dir, "", folder, complaint);

    if (err == OK)
        err = path_of(dir, from, old, complaint);
    if (err == OK)
        err = path_of(dir, to, fresh, complaint);
    if (err == OK && rename(old, fresh) != 0)
        err = fault(complaint, old);
    return err == OK ? sync_dir(folder, complaint) : err;
}

/* --- endpoints --- */

bool
keys_is_endpoint(const char *endpoint)
{
    size_t size = strlen(endpoint);

    if (size >= KEYS_ENDPOINT_SIZE || strncmp(endpoint, "tcp://", 6) != 0)
        return false;
    const char *colon = strrchr(endpoint + 6, ':');
    if (colon == NULL || colon == endpoint + 6)
        return false;
    size_t digits = strspn(colon + 1, "0123456789");
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' ||
        strtoul(colon + 1, NULL, 10) > UINT16_MAX)
        return false;
    for (const char *at = endpoint + 6; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return true;
}

bool
keys_has_hub(const char *dir)
{
    char path[PATH_SIZE];

    return path_of(dir, "hubs", path, NULL) == OK && access(path, F_OK) == 0;
}

enum err
keys_load_hubs(const char *dir, struct keys_hubs *ret_hubs,
               struct complaint *complaint)
{
    char path[PATH_SIZE], text[FILE_SIZE_MAX];
    struct keys_hubs hubs = { 0 };
    char *rest = NULL;
    enum err err = path_of(dir, "hubs", path, complaint);
    if (err == OK)
        err = read_secret(path, text, complaint);
    if (err != OK)
        return err;

    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *key = strchr(line, ' ');
        if (key)
            *key++ = '\0';
        struct keys_hub *hub = &hubs.list[hubs.count];
        if (!key || hubs.count == KEYS_HUBS_MAX || !keys_is_endpoint(line) ||
            !unhex(key, &hub->key))
            return complain(
                complaint, "%s: expected lines ENDPOINT KEY; enrol anew", path);
        memcpy(hub->endpoint, line, strlen(line) + 1);
        hubs.count++;
    }
    if (hubs.count == 0)
        return complain(complaint, "%s: names no hub; enrol anew", path);
    *ret_hubs = hubs;
    return OK;
}

enum err
keys_store_hubs(const char *dir, const struct keys_hubs *hubs,
                struct complaint *complaint)
{
    char text[FILE_SIZE_MAX], key[HEX_SIZE];
    size_t size = 0;

    assert(hubs->count > 0);
    assert(hubs->count <= KEYS_HUBS_MAX);
    for (uint32_t i = 0; i < hubs->count; i++) {
        hex(hubs->list[i].key, key);
        int length = snprintf(text + size, sizeof text - size, "%s %s\n",
                              hubs->list[i].endpoint, key);
        assert(length > 0);
        size += (size_t)length;
        assert(size < sizeof text);
    }
    return write_secret(dir, "hubs", text, true, complaint);
}

enum err
keys_load_listen(const char *dir, char ret_endpoint[KEYS_ENDPOINT_SIZE],
                 struct complaint *complaint)
{
    char path[PATH_SIZE], text[FILE_SIZE_MAX];
    enum err err = path_of(dir, "listen", path, complaint);
    if (err == OK)
        err = read_secret(path, text, complaint);
    if (err != OK)
        return err;
    text[strcspn(text, "\n")] = '\0';
    if (!keys_is_endpoint(text))
        return complain(complaint, "%s: not an endpoint tcp://HOST:PORT", path);
    memcpy(ret_endpoint, text, strlen(text) + 1);
    return OK;
}

enum err
keys_store_listen(const char *dir, const char *endpoint,
                  struct complaint *complaint)
{
    char text[KEYS_ENDPOINT_SIZE + 2], known[KEYS_ENDPOINT_SIZE];

    assert(keys_is_endpoint(endpoint));
    /* A hub is started on a full disk, too. */
    if (keys_load_listen(dir, known, NULL) == OK &&
        strcmp(known, endpoint) == 0)
        return OK;
    snprintf(text, sizeof text, "%s\n", endpoint);
    return write_secret(dir, "listen", text, true, complaint);
}

/* --- the string --- */

struct packer {
    uint8_t bytes[1400];
    uint32_t size;
};

static void
add(struct packer *packer, const void *bytes, size_t size)
{
    assert(packer->size + size <= sizeof packer->bytes);
    memcpy(packer->bytes + packer->size, bytes, size);
    packer->size += (uint32_t)size;
}

static void
to_base64(const struct packer *packer, char *text)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < packer->size; i += 3) {
        uint32_t left = packer->size - i;
        uint32_t group = (uint32_t)packer->bytes[i] << 16;
        group |= left > 1 ? (uint32_t)packer->bytes[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)packer->bytes[i + 2] : 0;
        for (uint32_t j = 0; j < (left > 2 ? 4 : left + 1); j++)
            text[at++] = BASE64[group >> (18 - 6 * j) & 63];
    }
    text[at] = '\0';
}

static bool
from_base64(view text, struct packer *packer)
{
    uint32_t bits = 0, group = 0;

    packer->size = 0;
    for (uint32_t i = 0; i < text.size; i++) {
        const char *digit =
            text.bytes[i] ? strchr(BASE64, text.bytes[i]) : NULL;
        if (!digit)
            return false;
        group = group << 6 | (uint32_t)(digit - BASE64);
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        if (packer->size == sizeof packer->bytes)
            return false;
        packer->bytes[packer->size++] = (uint8_t)(group >> bits);
    }
    return true;
}

static uint32_t
check_of(const struct packer *packer, uint32_t size)
{
    digest sum = crypto_digest((view) { packer->bytes, size });
    uint32_t check;

    memcpy(&check, sum.bytes, sizeof check);
    return check;
}

void
keys_ticket_format(const struct keys_ticket *ticket,
                   char ret_string[static KEYS_STRING_SIZE])
{
    struct packer packer = { 0 };

    static_assert(
        8 + 4 * ENROL_STORES_MAX + 2 * CURVE_KEY_SIZE + 4 +
                KEYS_HUBS_MAX * (CURVE_KEY_SIZE + 1 + KEYS_ENDPOINT_SIZE) + 4 <=
            (int)sizeof packer.bytes,
        "a ticket fits");
    static_assert((int)sizeof packer.bytes * 4 / 3 + 16 <= KEYS_STRING_SIZE,
                  "its string fits");
    add(&packer, &ticket->node, 4);
    add(&packer, &ticket->store_count, 4);
    add(&packer, ticket->stores, 4 * ticket->store_count);
    add(&packer, &ticket->once, sizeof ticket->once);
    add(&packer, &ticket->hubs.count, 4);
    for (uint32_t i = 0; i < ticket->hubs.count; i++) {
        const struct keys_hub *hub = &ticket->hubs.list[i];
        uint8_t length = (uint8_t)strlen(hub->endpoint);
        add(&packer, hub->key.bytes, CURVE_KEY_SIZE);
        add(&packer, &length, 1);
        add(&packer, hub->endpoint, length);
    }
    uint32_t check = check_of(&packer, packer.size);
    add(&packer, &check, 4);
    memcpy(ret_string, TICKET_PREFIX, sizeof TICKET_PREFIX);
    to_base64(&packer, ret_string + sizeof TICKET_PREFIX - 1);
    crypto_wipe(&packer, sizeof packer);
}

/* Takes bytes from the front; past the end it fails and gives zeros. */
struct slice {
    view rest;
    bool failed;
};

static void
cut(struct slice *slice, void *ret_bytes, uint32_t size)
{
    if (slice->failed || slice->rest.size < size) {
        slice->failed = true;
        memset(ret_bytes, 0, size);
        return;
    }
    memcpy(ret_bytes, slice->rest.bytes, size);
    slice->rest.bytes += size;
    slice->rest.size -= size;
}

static void
cut_hub(struct slice *slice, struct keys_hub *hub)
{
    uint8_t length;

    cut(slice, hub->key.bytes, CURVE_KEY_SIZE);
    cut(slice, &length, 1);
    if (length >= KEYS_ENDPOINT_SIZE) {
        slice->failed = true;
        return;
    }
    cut(slice, hub->endpoint, length);
    hub->endpoint[length] = '\0';
    if (!keys_is_endpoint(hub->endpoint))
        slice->failed = true;
}

static bool
cut_ticket(struct slice *slice, struct keys_ticket *ticket)
{
    cut(slice, &ticket->node, 4);
    cut(slice, &ticket->store_count, 4);
    if (ticket->store_count > ENROL_STORES_MAX)
        return false;
    cut(slice, ticket->stores, 4 * ticket->store_count);
    cut(slice, &ticket->once, sizeof ticket->once);
    cut(slice, &ticket->hubs.count, 4);
    if (ticket->hubs.count == 0 || ticket->hubs.count > KEYS_HUBS_MAX)
        return false;
    for (uint32_t i = 0; i < ticket->hubs.count; i++)
        cut_hub(slice, &ticket->hubs.list[i]);
    return !slice->failed && slice->rest.size == 0 && ticket->node > 0 &&
           ticket->node <= LIMIT_NODE;
}

enum err
keys_ticket_parse(view string, struct keys_ticket *ret_ticket,
                  struct complaint *complaint)
{
    const uint32_t prefix = sizeof TICKET_PREFIX - 1;
    struct packer packer;
    struct keys_ticket ticket = { 0 };

    while (string.size > 0 && string.bytes[string.size - 1] <= ' ')
        string.size--;
    while (string.size > 0 && string.bytes[0] <= ' ') {
        string.bytes++;
        string.size--;
    }
    uint32_t check = 0;
    bool good =
        string.size > prefix && string.size < KEYS_STRING_SIZE &&
        memcmp(string.bytes, TICKET_PREFIX, prefix) == 0 &&
        from_base64((view) { string.bytes + prefix, string.size - prefix },
                    &packer) &&
        packer.size > sizeof check;
    if (good) {
        packer.size -= (uint32_t)sizeof check;
        memcpy(&check, packer.bytes + packer.size, sizeof check);
        struct slice slice = { .rest = { packer.bytes, packer.size } };
        good = check == check_of(&packer, packer.size) &&
               cut_ticket(&slice, &ticket);
    }
    if (good)
        *ret_ticket = ticket;
    crypto_wipe(&packer, sizeof packer);
    crypto_wipe(&ticket, sizeof ticket);
    return good
               ? OK
               : complain(complaint, "not the string that `enrol new` printed, "
                                     "or not all of it");
}
