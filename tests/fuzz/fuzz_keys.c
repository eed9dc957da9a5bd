/* fuzz_keys.c - the files of LEDGER/keys, the string of an enrolment, and what
 * the books say of one; what is taken is written and read again */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nodes/keyring.h"
#include "nodes/keys.h"
#include "tests/fuzz/fuzz.h"

static char dir[64];

static void
path_of(const char *name, char path[static 128])
{
    snprintf(path, 128, "%s/keys%s%s", dir, *name ? "/" : "", name);
}

static void
leave(void)
{
    static const char *const names[] = { "own", "next", "hubs", "listen", "" };
    char path[128];

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        path_of(names[i], path);
        (void)remove(path);
    }
    rmdir(dir);
}

static void
make_dir(void)
{
    char path[128];

    if (dir[0] != '\0')
        return;
    strcpy(dir, "/dev/shm/leima-fuzz-XXXXXX");
    FUZZ_CHECK(mkdtemp(dir) != NULL);
    path_of("", path);
    FUZZ_CHECK(mkdir(path, 0700) == 0);
    atexit(leave);
}

static void
write_file(const char *name, view bytes)
{
    char path[128];

    path_of(name, path);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FUZZ_CHECK(file >= 0);
    FUZZ_CHECK(write(file, bytes.bytes, bytes.size) == (ssize_t)bytes.size);
    close(file);
}

static void
try_pair(view bytes)
{
    struct complaint why = { .text = "" };
    struct keys_pair pair, back;
    char path[128];

    write_file("own", bytes);
    if (keys_load(dir, "own", &pair, &why) != OK) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    path_of("next", path);
    unlink(path);
    FUZZ_CHECK(keys_store(dir, "next", &pair, &why) == OK);
    FUZZ_CHECK(keys_load(dir, "next", &back, &why) == OK);
    FUZZ_CHECK(memcmp(&pair, &back, sizeof pair) == 0);
}

static void
try_hubs(view bytes)
{
    struct complaint why = { .text = "" };
    char endpoint[KEYS_ENDPOINT_SIZE];
    struct keys_hubs hubs, back;

    write_file("listen", bytes);
    if (keys_load_listen(dir, endpoint, &why) == OK)
        FUZZ_CHECK(keys_is_endpoint(endpoint));
    write_file("hubs", bytes);
    if (keys_load_hubs(dir, &hubs, &why) != OK) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(hubs.count > 0);
    FUZZ_CHECK(hubs.count <= KEYS_HUBS_MAX);
    FUZZ_CHECK(keys_store_hubs(dir, &hubs, &why) == OK);
    FUZZ_CHECK(keys_load_hubs(dir, &back, &why) == OK);
    FUZZ_CHECK(memcmp(&hubs, &back, sizeof hubs) == 0);
}

static void
try_ticket(view bytes)
{
    struct complaint why = { .text = "" };
    char string[KEYS_STRING_SIZE];
    struct keys_ticket ticket, back;

    if (keys_ticket_parse(bytes, &ticket, &why) != OK) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    keys_ticket_format(&ticket, string);
    FUZZ_CHECK(keys_ticket_parse(view_of(string), &back, &why) == OK);
    FUZZ_CHECK(back.node == ticket.node);
    FUZZ_CHECK(back.store_count == ticket.store_count);
    FUZZ_CHECK(back.hubs.count == ticket.hubs.count);
}

static void
try_enrolment(view bytes)
{
    struct enrolment enrolment, back;
    struct text text = { 0 };
    uint32_t node;

    (void)enrol_decode_revoke(bytes, &node);
    if (enrol_decode(bytes, &enrolment) != OK)
        return;
    FUZZ_CHECK(enrolment.store_count <= ENROL_STORES_MAX);
    FUZZ_CHECK(enrol_role_name(enrolment.role) != NULL);
    enrol_encode(&enrolment, &text);
    FUZZ_CHECK(text_ok(&text));
    FUZZ_CHECK(enrol_decode(text_view(&text), &back) == OK);
    FUZZ_CHECK(back.node == enrolment.node);
    FUZZ_CHECK(back.joined == enrolment.joined);
    FUZZ_CHECK(strcmp(back.endpoint, enrolment.endpoint) == 0);
    text_close(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct complaint why = { .text = "" };
    view whole = { bytes, (uint32_t)size };

    if (size > 8192)
        return 0;
    make_dir();
    try_pair(whole);
    try_hubs(whole);
    try_ticket(whole);
    try_enrolment(whole);
    /* Short of what could be unlocked: that takes a passphrase and long. */
    if (size < 80) {
        FUZZ_CHECK(keyring_import(dir, view_of("not the passphrase"), whole,
                                  &why) != OK);
        FUZZ_CHECK(why.text[0] != '\0');
    }
    return 0;
}
