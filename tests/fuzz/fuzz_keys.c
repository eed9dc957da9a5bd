/* fuzz_keys.c - the files of LEDGER/keys, the string of an enrolment, and what
 * the books say of one; what is taken is written and read again */
#include "nodes/keyring.h"
#include "nodes/keys.h"
#include "tests/fuzz/fuzz.h"

static void
try_pair(view bytes)
{
    struct complaint why = { .text = "" };
    struct keys_pair pair, back;
    const char *dir = fuzz_folder();
    char path[128];

    fuzz_write("keys/own", bytes);
    if (keys_load(dir, "own", &pair, &why) != OK) {
        FUZZ_CHECK(why.text[0] != '\0');
        return;
    }
    fuzz_path("keys/next", path);
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
    const char *dir = fuzz_folder();

    fuzz_write("keys/listen", bytes);
    if (keys_load_listen(dir, endpoint, &why) == OK)
        FUZZ_CHECK(keys_is_endpoint(endpoint));
    fuzz_write("keys/hubs", bytes);
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
    fuzz_make_folder("keys");
    try_pair(whole);
    try_hubs(whole);
    try_ticket(whole);
    try_enrolment(whole);
    /* Short of what could be unlocked: that takes a passphrase and long. */
    if (size < 80) {
        FUZZ_CHECK(keyring_import(fuzz_folder(), view_of("not the passphrase"),
                                  whole, &why) != OK);
        FUZZ_CHECK(why.text[0] != '\0');
    }
    return 0;
}
