#include "nodes/keyring.h"

#include "core/crypto.h"
#include "core/signing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        const int code = errno;
        complain(complaint, "%s: %s", path, strerror(code));
        return err_of_errno(code);
    }
    *ret_folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_folder >= 0)
        return OK;
    const int code = errno;
    complain(complaint, "%s: %s", path,
             code == ENOENT ? "there are no keys" : strerror(code));
    return code == ENOENT ? ERR_NOT_FOUND : ERR_IO;
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
    if (err == ERR_NOT_FOUND)
        complain(complaint, "%s/keys: there are no keys", dir);
    else if (err != OK)
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

/* The next file.  False: no more, malformed, or none of NAMES; then `at` stays
 * where it is. */
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
    for (int i = 0; i < FILES; i++) {
        if (!view_equal(name, view_of(NAMES[i])))
            continue;
        *ret_name = NAMES[i];
        *ret_bytes = (view) { plain->bytes + *at + 1 + length + 4, size };
        *at += 1u + length + 4 + size;
        return true;
    }
    return false;
}

/* --- all or none: the folder is made anew beside itself, and they swap ---- */

static const char FOLDER[] = "keys", FRESH[] = "keys.new";

static enum err
fault(void)
{
    return err_of_write(errno);
}

static enum err
write_key(int folder, const char *name, view bytes)
{
    int file =
        openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return fault();
    errno = 0;
    enum err err = write(file, bytes.bytes, bytes.size) == (ssize_t)bytes.size
                       ? OK
                       : fault();
    if (err == OK && fsync(file) != 0)
        err = fault();
    if (close(file) != 0 && err == OK)
        err = fault();
    return err;
}

/* Calls `each` for every file of the folder; stops at the first fault. */
static enum err
for_each_file(int folder,
              enum err (*each)(int folder, const char *name, int to), int to)
{
    const struct dirent *entry;
    enum err err = OK;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *files = copy >= 0 ? fdopendir(copy) : NULL;

    if (!files) {
        if (copy >= 0)
            close(copy);
        return ERR_IO;
    }
    while (err == OK && (errno = 0, entry = readdir(files)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            err = each(folder, entry->d_name, to);
    if (err == OK && errno != 0) /* a file not seen would be lost */
        err = ERR_IO;
    closedir(files);
    return err;
}

static enum err
keep_file(int folder, const char *name, int to)
{
    return linkat(folder, name, to, name, 0) == 0 ? OK : fault();
}

static enum err
drop_file(int folder, const char *name, int to)
{
    (void)to;
    return unlinkat(folder, name, 0) == 0 ? OK : fault();
}

/* What is called FRESH is of an import that was cut off, or what this one has
 * replaced. */
static enum err
clear(int home)
{
    int folder =
        openat(home, FRESH, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0)
        return errno == ENOENT ? OK : ERR_IO;
    enum err err = for_each_file(folder, drop_file, -1);
    close(folder);
    return err == OK && unlinkat(home, FRESH, AT_REMOVEDIR) != 0 ? fault()
                                                                 : err;
}

/* What is there already, and what is missing. */
static enum err
fill(int folder, int fresh, const struct plain *plain)
{
    const char *name;
    uint32_t at = 0;
    view bytes;

    enum err err = for_each_file(folder, keep_file, fresh);
    while (err == OK && next_file(plain, &at, &name, &bytes))
        if (faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            err = write_key(fresh, name, bytes);
    return err == OK && fsync(fresh) != 0 ? fault() : err;
}

static enum err
replace(int home, int folder, const struct plain *plain)
{
    enum err err = clear(home);

    if (err == OK && mkdirat(home, FRESH, 0700) != 0)
        err = fault();
    if (err != OK)
        return err;
    int fresh = openat(home, FRESH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    err = fresh >= 0 ? fill(folder, fresh, plain) : fault();
    if (fresh >= 0)
        close(fresh);
    if (err == OK && renameat2(home, FRESH, home, FOLDER, RENAME_EXCHANGE) != 0)
        err = fault();
    if (err == OK && fsync(home) != 0)
        err = fault();
    /* Rubbish that stays is taken away by the next import. */
    enum err cleared = clear(home);
    (void)cleared;
    return err;
}

/* Looked through before anything is written.  ERR_EXISTS, ERR_INPUT. */
static enum err
compare(int folder, const struct plain *plain, uint32_t *ret_missing,
        struct complaint *complaint)
{
    uint32_t at = 0, missing = 0;
    const char *name;
    enum err err = OK;
    view bytes;

    while (err == OK && next_file(plain, &at, &name, &bytes)) {
        uint8_t there[FILE_MAX];
        uint32_t size;
        enum err found = read_key(folder, name, there, &size);
        missing += found == ERR_NOT_FOUND;
        if (found == OK && !view_equal((view) { there, size }, bytes))
            err = ERR_EXISTS;
        else if (found != OK && found != ERR_NOT_FOUND)
            err = found;
        crypto_wipe(there, sizeof there);
    }
    if (err == ERR_EXISTS)
        complain(complaint,
                 "keys/%s: another one is there; nothing was written; if that "
                 "was made since the restore, move keys/ out of the ledger and "
                 "import again",
                 name);
    else if (err != OK)
        complain(complaint, "keys/%s: can't be read; nothing was written",
                 name);
    else if (at != plain->size)
        return complain(complaint, "keys of a later version of this program");
    *ret_missing = missing;
    return err;
}

static enum err
unpack(const char *dir, const struct plain *plain, struct complaint *complaint)
{
    int home = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint32_t missing = 0;
    int folder = -1;

    enum err err = open_keys(dir, true, &folder, complaint);
    if (err == OK)
        err = compare(folder, plain, &missing, complaint);
    if (err == OK) {
        err = home < 0      ? ERR_IO
              : missing > 0 ? replace(home, folder, plain)
                            : clear(home);
        if (err != OK)
            complain(complaint, "%s/keys: can't be replaced: %s", dir,
                     err_name(err));
    }
    if (folder >= 0)
        close(folder);
    if (home >= 0)
        close(home);
    return err;
}

enum err
keyring_import(const char *dir, view passphrase, view line,
               struct complaint *complaint)
{
    static_assert(sizeof(struct plain) < 65536, "it fits the stack");
    uint8_t bytes[KEYRING_LINE_SIZE / 2];
    struct plain plain = { 0 };

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
        err = unpack(dir, &plain, complaint);
    crypto_wipe(&plain, sizeof plain);
    return err;
}
