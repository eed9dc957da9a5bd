/*
 * test_keyring.c - keys come back out of a safe as they went in, or not at all
 *
 * Also where the import is killed: this program has its own write() and the
 * like, and a process of its own dies at its n-th call, for each n until it
 * gets through.
 */
#include "nodes/keyring.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/crypto.h"
#include "nodes/keys.h"
#include "tests/place.h"
#include "tests/unit.h"

#define WORDS "correct horse battery staple"

static const char *const NAMES[] = { "own", "hubs", "listen" };

/* --- the calls of a process that is killed --- */

enum { KILLED = 77, CALLS_MAX = 100 };
static int calls_left = -1; /* below 0: nobody is killed */

static void
pass(void)
{
    if (calls_left >= 0 && calls_left-- == 0)
        _exit(KILLED);
}

ssize_t
write(int file, const void *bytes, size_t size)
{
    if (calls_left == 0)
        syscall(SYS_write, file, bytes, size / 2);
    pass();
    return syscall(SYS_write, file, bytes, size);
}

int
fsync(int file)
{
    pass();
    return (int)syscall(SYS_fsync, file);
}

int
mkdirat(int folder, const char *name, mode_t mode)
{
    pass();
    return (int)syscall(SYS_mkdirat, folder, name, mode);
}

int
linkat(int from, const char *old, int to, const char *name, int flags)
{
    pass();
    return (int)syscall(SYS_linkat, from, old, to, name, flags);
}

int
renameat2(int from, const char *old, int to, const char *name,
          unsigned int flags)
{
    pass();
    return (int)syscall(SYS_renameat2, from, old, to, name, flags);
}

int
unlinkat(int folder, const char *name, int flags)
{
    pass();
    return (int)syscall(SYS_unlinkat, folder, name, flags);
}

/* --- a folder that can be read in part only --- */

static int names_left = -1; /* below 0: it can be read */

struct dirent *
readdir(DIR *files)
{
    struct dirent *(*real)(DIR *) =
        (struct dirent * (*)(DIR *)) dlsym(RTLD_NEXT, "readdir");

    if (names_left >= 0 && names_left-- == 0) {
        errno = EIO;
        return NULL;
    }
    return real(files);
}

/* --- */

/* A hub's keys, as the product writes them. */
static void
fill(const struct place *place, uint8_t mark)
{
    struct keys_hubs hubs = { .count = 1 };
    struct keys_pair pair;

    memset(&pair, mark, sizeof pair);
    strcpy(hubs.list[0].endpoint, "tcp://10.0.0.1:7001");
    assert_int_equal(keys_store(place->path, "own", &pair, NULL), OK);
    assert_int_equal(keys_store_hubs(place->path, &hubs, NULL), OK);
    assert_int_equal(
        keys_store_listen(place->path, "tcp://10.0.0.2:7001", NULL), OK);
}

/* Its bytes as text; "-": there is no such file. */
static const char *
content(const struct place *place, const char *name)
{
    static char text[4096];
    char below[64], path[PLACE_SIZE];
    struct stat about;

    snprintf(below, sizeof below, "keys/%s", name);
    place_join(place, below, path);
    int file = open(path, O_RDONLY);
    if (file < 0)
        return "-";
    assert_int_equal(fstat(file, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    assert_true(size >= 0);
    text[size] = '\0';
    return text;
}

static enum err
import(const struct place *place, const char *words, view line)
{
    struct complaint why = { .text = "" };
    enum err err = keyring_import(place->path, view_of(words), line, &why);

    assert_true((err == OK) == (why.text[0] == '\0'));
    return err;
}

TEST(there_and_back)
{
    struct place hub = place_make(), fresh = place_make();
    struct place other = place_make();
    struct text line = { 0 };
    char wanted[4096];

    fill(&hub, 7);
    assert_int_equal(keyring_export(hub.path, view_of(WORDS), &line, NULL), OK);
    assert_true(line.size < KEYRING_LINE_SIZE);
    assert_memory_equal(line.bytes, "leima-keys1-", 12);
    assert_int_equal(line.bytes[line.size - 1], '\n');
    /* Neither the keys nor the passphrase can be read in it. */
    assert_null(memmem(line.bytes, line.size, "0707070707070707", 16));
    assert_null(memmem(line.bytes, line.size, "horse", 5));

    assert_int_equal(
        import(&fresh, "correct horse battery stapl", text_view(&line)),
        ERR_INPUT);
    assert_string_equal(content(&fresh, "own"), "-");
    assert_int_equal(import(&fresh, WORDS, text_view(&line)), OK);
    for (uint32_t i = 0; i < COUNT_OF(NAMES); i++) {
        strcpy(wanted, content(&hub, NAMES[i]));
        assert_string_equal(content(&fresh, NAMES[i]), wanted);
    }
    /* The same once more is no fault; where one key is another, not even
     * those that are missing are written. */
    assert_int_equal(import(&fresh, WORDS, text_view(&line)), OK);
    assert_int_equal(keys_store_listen(other.path, "tcp://10.0.0.9:7001", NULL),
                     OK);
    assert_int_equal(import(&other, WORDS, text_view(&line)), ERR_EXISTS);
    assert_string_equal(content(&other, "own"), "-");
    assert_string_equal(content(&other, "listen"), "tcp://10.0.0.9:7001\n");
    /* A digit that was misread is noticed. */
    line.bytes[line.size / 2] = line.bytes[line.size / 2] == '0' ? '1' : '0';
    assert_int_equal(import(&hub, WORDS, text_view(&line)), ERR_INPUT);
    text_close(&line);
    place_remove(&hub);
    place_remove(&fresh);
    place_remove(&other);
}

/* Whether the process came through. */
static bool
import_and_die(const struct place *place, view line, int calls)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        calls_left = calls;
        _exit(keyring_import(place->path, view_of(WORDS), line, NULL) != OK);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED);
    return WEXITSTATUS(status) == 0;
}

TEST(killed_anywhere_it_has_written_all_or_none)
{
    const char *const wanted = "tcp://10.0.0.2:7001\n";
    struct place hub = place_make();
    const struct keys_pair pair = { 0 };
    struct text line = { 0 };
    bool done = false;
    uint32_t none = 0, all = 0;

    fill(&hub, 7);
    assert_int_equal(keyring_export(hub.path, view_of(WORDS), &line, NULL), OK);
    for (int calls = 0; !done && calls < CALLS_MAX; calls++) {
        struct place place = place_make();
        struct stat about;
        char path[PLACE_SIZE];
        /* One is there already, and one that is in no safe. */
        assert_int_equal(
            keys_store_listen(place.path, "tcp://10.0.0.2:7001", NULL), OK);
        assert_int_equal(keys_store(place.path, "ticket", &pair, NULL), OK);
        done = import_and_die(&place, text_view(&line), calls);
        bool has = strcmp(content(&place, "own"), "-") != 0;
        assert_int_equal(strcmp(content(&place, "hubs"), "-") != 0, has);
        assert_string_equal(content(&place, "listen"), wanted);
        assert_string_not_equal(content(&place, "ticket"), "-");
        none += !has;
        all += has;
        assert_int_equal(import(&place, WORDS, text_view(&line)), OK);
        assert_string_equal(content(&place, "listen"), wanted);
        assert_string_not_equal(content(&place, "own"), "-");
        place_join(&place, "keys.new", path);
        assert_int_not_equal(stat(path, &about), 0);
        place_remove(&place);
    }
    assert_true(done);
    assert_true(none > 5);
    assert_true(all > 3);
    text_close(&line);
    place_remove(&hub);
}

TEST(no_key_is_lost_that_was_not_seen)
{
    struct place hub = place_make(), place = place_make();
    const struct keys_pair pair = { 0 };
    struct text line = { 0 };
    enum err err = ERR_IO;
    int names = 0;

    fill(&hub, 7);
    assert_int_equal(keyring_export(hub.path, view_of(WORDS), &line, NULL), OK);
    assert_int_equal(keys_store(place.path, "ticket", &pair, NULL), OK);
    for (; err != OK && names < 20; names++) {
        names_left = names;
        err = import(&place, WORDS, text_view(&line));
        names_left = -1;
        assert_true(err == OK || err == ERR_IO);
        assert_string_not_equal(content(&place, "ticket"), "-");
        assert_int_equal(strcmp(content(&place, "own"), "-") != 0, err == OK);
    }
    assert_true(names > 3);
    text_close(&line);
    place_remove(&hub);
    place_remove(&place);
}

TEST(what_is_no_keyring_is_refused_at_once)
{
    static const char *const lines[] = {
        "",
        "leima-keys1-",
        "leima-keys1-00",
        "leima-keys2-0011223344556677889900112233445566778899001122334455",
        "leima-keys1-0g",
        "leima-keys1-000",
    };
    struct place place = place_make();

    for (uint32_t i = 0; i < COUNT_OF(lines); i++)
        assert_int_equal(import(&place, WORDS, view_of(lines[i])), ERR_INPUT);
    assert_string_equal(content(&place, "own"), "-");
    place_remove(&place);
}

/* A file that this program does not know, and that a restored hub would miss:
 * also where it stands behind all those that are known. */
TEST(keys_of_a_later_version_are_not_taken_in_part)
{
    static const uint8_t plain[] = "\x06listen\x14\0\0\0tcp://10.0.0.2:7001\n"
                                   "\x05later\x01\0\0\0x";
    uint8_t sealed[sizeof plain - 1 + CRYPTO_LOCK_EXTRA];
    struct place place = place_make();
    struct text line = { 0 };

    assert_int_equal(
        crypto_lock(view_of(WORDS), (view) { plain, sizeof plain - 1 }, sealed),
        OK);
    text_string(&line, "leima-keys1-");
    for (uint32_t i = 0; i < sizeof sealed; i++)
        text_format(&line, "%02x", sealed[i]);
    assert_int_equal(import(&place, WORDS, text_view(&line)), ERR_INPUT);
    assert_string_equal(content(&place, "listen"), "-");
    text_close(&line);
    place_remove(&place);
}

TEST(nothing_to_export_and_too_short_words)
{
    struct complaint why = { .text = "" };
    struct place place = place_make();
    struct text line = { 0 };

    assert_int_equal(keyring_export(place.path, view_of(WORDS), &line, &why),
                     ERR_NOT_FOUND);
    assert_true(why.text[0] != '\0');
    fill(&place, 7);
    assert_int_equal(
        keyring_export(place.path, view_of("eleven char"), &line, &why),
        ERR_INPUT);
    assert_int_equal(line.size, 0);
    text_close(&line);
    place_remove(&place);
}

RUN(cmocka_unit_test(there_and_back),
    cmocka_unit_test(killed_anywhere_it_has_written_all_or_none),
    cmocka_unit_test(no_key_is_lost_that_was_not_seen),
    cmocka_unit_test(what_is_no_keyring_is_refused_at_once),
    cmocka_unit_test(keys_of_a_later_version_are_not_taken_in_part),
    cmocka_unit_test(nothing_to_export_and_too_short_words))
