#include "nodes/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/signing.h"

enum { FILE_MAX = 4096, FILES = 5, PLAIN_MAX = FILES * (FILE_MAX + 64) };
static_assert(2 * (PLAIN_MAX + CRYPTO_LOCK_EXTRA) + 64 < KEYRING_LINE_SIZE,
              "a keyring fits a line");

static const char *const NAMES[FILES] = { "own", "hubs", "listen",
                                          SIGNING_STATEMENT, SIGNING_HUB };
static const char PREFIX[] = "leima-keys1-";

struct plain {
    uint32_t size;
    uint8_t bytes[PLAIN_MAX];
};

static enum err
open_keys(const char *dir, bool create, int *ret_folder,
          struct complaint *complaint)
{
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/keys", dir);

    if (size <= 0 || size >= (int)sizeof path)
        return complain(complaint, "%s: the path is too long", dir);
    if (create && mkdir(path, 0700) != 0 && errno != EEXIST) {
        complain(complaint, "%s: %s", path, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    *ret_folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_folder >= 0)
        return OK;
    complain(complaint, "%s: there are no keys", path);
    return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
}

/* ERR_NOT_FOUND; ERR_IO, also for one that is larger than any key. */
static enum err
read_key(int folder, const char *name, uint8_t bytes[static FILE_MAX],
         uint32_t *ret_size)
{
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    ssize_t size = read(file, bytes, FILE_MAX);
    close(file);
    if (size < 0 || size == FILE_MAX)
        return ERR_IO;
    *ret_size = (uint32_t)size;
    return OK;
}

static enum err
gather(int folder, struct plain *plain)
{
    for (int i = 0; i < FILES; i++) {
        const uint8_t length = (uint8_t)strlen(NAMES[i]);
        uint8_t *at = plain->bytes + plain->size;
        uint32_t size;
        enum err err = read_key(folder, NAMES[i], at + 1 + length + 4, &size);
        if (err == ERR_NOT_FOUND)
            continue;
        if (err != OK)
            return err;
        at[0] = length;
        memcpy(at + 1, NAMES[i], length);
        memcpy(at + 1 + length, &size, sizeof size);
        plain->size += 1u + length + 4 + size;
    }
    return plain->size > 0 ? OK : ERR_NOT_FOUND;
}

static enum err
seal(view passphrase, const struct plain *plain, struct text *out)
{
    const uint32_t size = plain->size + CRYPTO_LOCK_EXTRA;
    uint8_t *sealed = malloc(size);
    if (!sealed)
        return ERR_MEMORY;

    enum err err =
        crypto_lock(passphrase, (view) { plain->bytes, plain->size }, sealed);
    if (err == OK) {
        text_string(out, PREFIX);
        for (uint32_t i = 0; i < size; i++)
            text_format(out, "%02x", sealed[i]);
        text_char(out, '\n');
    }
    free(sealed);
    return err;
}

enum err
keyring_export(const char *dir, view passphrase, struct text *out,
               struct complaint *complaint)
{
    struct plain plain = { 0 };
    int folder = -1;

    if (passphrase.size < KEYRING_PASSPHRASE_MIN)
        return complain(complaint,
                        "the passphrase has less than %d bytes: take some "
                        "words more",
                        KEYRING_PASSPHRASE_MIN);
    enum err err = open_keys(dir, false, &folder, complaint);
    if (err != OK)
        return err;
    err = gather(folder, &plain);
    if (err != OK)
        complain(complaint, "%s: can't read the keys", dir);
    else
        err = seal(passphrase, &plain, out);
    crypto_wipe(&plain, sizeof plain);
    close(folder);
    return err;
}

/* --- back --------------------------------------------------------------- */

static int
digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The sealed bytes of a line, in place of its digits; size 0: no such line. */
static view
read_line(view line, uint8_t *bytes)
{
    const uint32_t prefix = sizeof PREFIX - 1;
    uint32_t size = 0;

    while (line.size > 0 && line.bytes[line.size - 1] <= ' ')
        line.size--;
    if (line.size <= prefix || line.size >= KEYRING_LINE_SIZE ||
        memcmp(line.bytes, PREFIX, prefix) != 0 || (line.size - prefix) % 2)
        return (view) { 0 };
    for (uint32_t i = prefix; i < line.size; i += 2) {
        int high = digit(line.bytes[i]), low = digit(line.bytes[i + 1]);
        if (high < 0 || low < 0)
            return (view) { 0 };
        bytes[size++] = (uint8_t)(high * 16 + low);
    }
    return (view) { bytes, size };
}

/* The next file.  False: no more, or malformed. */
static bool
next_file(const struct plain *plain, uint32_t *at, const char **ret_name,
          view *ret_bytes)
{
    uint32_t size;

    if (*at >= plain->size)
        return false;
    const uint8_t length = plain->bytes[*at];
    if (plain->size - *at < 1u + length + 4)
        return false;
    const view name = { plain->bytes + *at + 1, length };
    memcpy(&size, plain->bytes + *at + 1 + length, sizeof size);
    if (size > plain->size - *at - 1 - length - 4)
        return false;
    *ret_bytes = (view) { plain->bytes + *at + 1 + length + 4, size };
    *at += 1u + length + 4 + size;
    for (int i = 0; i < FILES; i++) {
        *ret_name = NAMES[i];
        if (view_equal(name, view_of(NAMES[i])))
            return true;
    }
    return false;
}

/* Makes the file.  One that is there already must be the same. */
static enum err
write_key(int folder, const char *name, view bytes)
{
    uint8_t there[FILE_MAX];
    uint32_t size = 0;

    enum err err = read_key(folder, name, there, &size);
    bool same = err == OK && view_equal((view) { there, size }, bytes);
    crypto_wipe(there, sizeof there);
    if (err != ERR_NOT_FOUND)
        return err == OK && !same ? ERR_EXISTS : err;
    int file =
        openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return ERR_IO;
    bool done = write(file, bytes.bytes, bytes.size) == (ssize_t)bytes.size;
    err = done || errno != ENOSPC ? ERR_IO : ERR_FULL;
    done = done && fsync(file) == 0;
    done = close(file) == 0 && done;
    if (!done)
        unlinkat(folder, name, 0);
    return done ? OK : err;
}

static enum err
unpack(int folder, const struct plain *plain, struct complaint *complaint)
{
    const char *name;
    enum err err = OK;
    uint32_t at = 0;
    view bytes;

    /* Looked through before the first is written. */
    while (err == OK && next_file(plain, &at, &name, &bytes)) {
        uint8_t there[FILE_MAX];
        uint32_t size;
        if (read_key(folder, name, there, &size) == OK &&
            !view_equal((view) { there, size }, bytes)) {
            complain(complaint,
                     "keys/%s: another one is there; nothing was "
                     "written",
                     name);
            err = ERR_EXISTS;
        }
        crypto_wipe(there, sizeof there);
    }
    if (err == OK && at != plain->size)
        return complain(complaint, "keys of a later version of this program");
    at = 0;
    while (err == OK && next_file(plain, &at, &name, &bytes))
        err = write_key(folder, name, bytes);
    if (err == OK && fsync(folder) != 0)
        err = ERR_IO;
    return err;
}

enum err
keyring_import(const char *dir, view passphrase, view line,
               struct complaint *complaint)
{
    static_assert(sizeof(struct plain) < 65536, "it fits the stack");
    uint8_t bytes[KEYRING_LINE_SIZE / 2];
    struct plain plain = { 0 };
    int folder = -1;

    const view sealed = read_line(line, bytes);
    if (sealed.size <= CRYPTO_LOCK_EXTRA ||
        sealed.size - CRYPTO_LOCK_EXTRA > PLAIN_MAX)
        return complain(complaint,
                        "not what `keys export` printed, or not all of it");
    plain.size = sealed.size - CRYPTO_LOCK_EXTRA;
    enum err err = crypto_unlock(passphrase, sealed, plain.bytes);
    if (err == ERR_INPUT)
        complain(complaint, "the passphrase is another one, or the file is "
                            "damaged");
    if (err == OK)
        err = open_keys(dir, true, &folder, complaint);
    if (err == OK)
        err = unpack(folder, &plain, complaint);
    crypto_wipe(&plain, sizeof plain);
    if (folder >= 0)
        close(folder);
    return err;
}
