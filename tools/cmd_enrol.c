/* cmd_enrol.c - who may join a hub: strings, and the allow-list */
#include "tools/cmd_enrol.h"

#include "core/ledger.h"
#include "core/text.h"
#include "nodes/allow.h"
#include "nodes/hub.h"
#include "nodes/hubs.h"
#include "nodes/keys.h"
#include "tools/file.h"
#include "tools/lookup.h"
#include "tools/query.h"
#include "tools/table.h"

#include <inttypes.h>
#include <string.h>

enum { CSV_SIZE_MAX = 1 << 20 };

#define TTL_DEFAULT_MS (INT64_C(72) * 3600 * 1000)

/* "421,422" up to the end of the view. */
static bool
parse_stores(view text, struct enrolment *enrolment)
{
    uint64_t number = 0;
    bool digits = false;

    enrolment->store_count = 0;
    for (uint32_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.bytes[i] >= '0' && text.bytes[i] <= '9') {
            number = number * 10 + (text.bytes[i] - '0');
            digits = true;
            if (number > LIMIT_STORE)
                return false;
            continue;
        }
        if ((i < text.size && text.bytes[i] != ',') || !digits || number == 0 ||
            enrolment->store_count == ENROL_STORES_MAX)
            return false;
        enrolment->stores[enrolment->store_count++] = (uint32_t)number;
        number = 0;
        digits = false;
    }
    return true;
}

struct office {
    const struct arguments *arguments;
    struct ledger *ledger;
    struct allow *allow;
    struct keys_hubs hubs; /* this one, by what goes into every string ... */
    struct hubs listed;    /* ... and those that stand by, with it */
    int64_t until_ms;
    enum enrol_role role;
    bool is_list;         /* NODE,STRING */
    struct lookup *lines; /* of a list: where its nodes stand; enrol_file() */
};

static void
close_office(struct office *office)
{
    allow_close(office->allow);
    ledger_close(office->ledger);
}

static enum command_status
open_office(struct office *office, const struct arguments *arguments)
{
    *office = (struct office) { .arguments = arguments };
    enum command_status status =
        query_ledger(arguments, LEDGER_WRITE, &office->ledger);
    if (status != COMMAND_DONE)
        return status;
    enum err err = allow_open(ledger_journal(office->ledger), &office->allow);
    if (err != OK) {
        close_office(office);
        return command_fail(arguments, err, "can't read the allow-list of %s",
                            command_operand(arguments, 0));
    }
    return COMMAND_DONE;
}

/* A hub may listen at every address of its machine; who is elsewhere would look
 * for it at home.  `instead`: what to do about it. */
static void
warn_of_any(const char *endpoint, const char *instead)
{
    static const char *const ANY[] = { "tcp://0.0.0.0:", "tcp://*:",
                                       "tcp://[::]:" };

    for (uint32_t i = 0; i < COUNT_OF(ANY); i++)
        if (strncmp(endpoint, ANY[i], strlen(ANY[i])) == 0)
            fprintf(stderr, "no other machine finds a hub at %s: %s\n",
                    endpoint, instead);
}

/* Nodes learn of a standby by the address it is enrolled with, and by nothing
 * else: one without holds everything, and waits for them in vain. */
static void
warn_of_nowhere(const struct enrolment *enrolment)
{
    if (enrolment->role == ENROL_STANDBY && enrolment->endpoint[0] == '\0')
        fprintf(stderr,
                "no store will find node %u when it takes over, for it has no "
                "address: say enrol new again with --at tcp://HOST:PORT, and "
                "take the string of that\n",
                enrolment->node);
}

/* Under which endpoints nodes find this hub: those given, or where it listens
 * or listened last. */
static enum command_status
find_hubs(struct office *office)
{
    struct complaint complaint = { 0 };
    struct keys_pair own;
    const char *dir = command_operand(office->arguments, 0);
    const char *given;

    enum err err = hub_keys(dir, &own, &complaint);
    if (err != OK)
        return command_fail(office->arguments, err, "%s", complaint.text);
    struct keys_hubs *hubs = &office->hubs;
    while ((given = command_option_nth(office->arguments, "endpoint",
                                       hubs->count)) != NULL) {
        if (!keys_is_endpoint(given) || hubs->count == KEYS_HUBS_MAX) {
            keys_wipe(&own);
            return command_misuse(office->arguments,
                                  "--endpoint %s: expected tcp://HOST:PORT, at "
                                  "most %d of them",
                                  given, KEYS_HUBS_MAX);
        }
        strcpy(hubs->list[hubs->count].endpoint, given);
        hubs->list[hubs->count++].key = own.public_key;
    }
    if (hubs->count == 0) {
        err = keys_load_listen(dir, hubs->list[0].endpoint, &complaint);
        hubs->list[0].key = own.public_key;
        hubs->count = 1;
    }
    keys_wipe(&own);
    if (err != OK)
        return command_fail(office->arguments, ERR_INPUT,
                            "%s: this hub has never listened; start it first, "
                            "or say --endpoint tcp://HOST:PORT",
                            dir);
    for (uint32_t i = 0; i < hubs->count; i++)
        warn_of_any(hubs->list[i].endpoint,
                    "start it with --endpoint tcp://HOST:PORT, or say that "
                    "here");
    err = hubs_read(&office->listed, ledger_journal(office->ledger));
    if (err != OK)
        return command_fail(office->arguments, err,
                            "can't read the list of hubs of %s", dir);
    return COMMAND_DONE;
}

/* Every ledger is node 1 that nobody gave a number, and a hub takes no stream
 * under its own. */
static enum command_status
check_number(const struct office *office, uint32_t node)
{
    if (node != ledger_who(office->ledger).node)
        return COMMAND_DONE;
    return command_fail(office->arguments, ERR_INPUT,
                        "node %u is this hub itself: a store needs a number "
                        "of its own (leima init STORE --node N)",
                        node);
}

/* Prints the string once it is in the books.  Whoever joins is a hub to others
 * at most, and not to itself. */
static enum command_status
enrol_one(struct office *office, struct enrolment *enrolment)
{
    struct keys_ticket ticket = { .node = enrolment->node,
                                  .store_count = enrolment->store_count,
                                  .hubs = office->hubs };
    struct enrolment before = { 0 };
    char string[KEYS_STRING_SIZE];

    enum command_status status = check_number(office, enrolment->node);
    if (status != COMMAND_DONE)
        return status;
    (void)allow_find(office->allow, enrolment->node, &before);
    hubs_add(&office->listed, before.key, &ticket.hubs);
    transport_keypair(&ticket.once);
    memcpy(ticket.stores, enrolment->stores, sizeof ticket.stores);
    enrolment->role = office->role;
    enrolment->once = ticket.once.public_key;
    enrolment->once_until_ms = office->until_ms;
    enum err err = allow_enrol(office->allow, enrolment);
    if (err != OK)
        return command_fail(office->arguments, err,
                            "can't write the enrolment of node %u",
                            enrolment->node);
    keys_ticket_format(&ticket, string);
    keys_wipe(&ticket.once);
    if (command_flag(office->arguments, "json"))
        printf("{\"node\": %u, \"string\": \"%s\"}\n", enrolment->node, string);
    else if (office->is_list)
        printf("%u,%s\n", enrolment->node, string);
    else
        printf("%s\n", string);
    warn_of_nowhere(enrolment);
    return COMMAND_DONE;
}

/* "NODE" or "NODE,STORE,STORE..." */
static bool
parse_line(view line, struct enrolment *enrolment)
{
    struct enrolment all = { 0 };

    if (!parse_stores(line, &all))
        return false;
    enrolment->node = all.stores[0];
    enrolment->store_count = all.store_count > 1 ? all.store_count - 1 : 1;
    memcpy(enrolment->stores, all.stores + (all.store_count > 1 ? 1 : 0),
           enrolment->store_count * sizeof all.stores[0]);
    return true;
}

/* Of two strings for one node the first would be dead before it is used. */
static enum command_status
check_line(struct office *office, const char *path, uint32_t number, view line)
{
    struct enrolment enrolment = { 0 };

    if (!parse_line(line, &enrolment))
        return command_fail(office->arguments, ERR_INPUT,
                            "%s:%u: expected NODE,STORE,...; nobody was "
                            "enrolled",
                            path, number);
    uint64_t *first =
        lookup_take(office->lines, (view) { (const uint8_t *)&enrolment.node,
                                            sizeof enrolment.node });
    if (first == NULL)
        return command_fail(office->arguments, ERR_MEMORY, "%s", path);
    if (*first != 0)
        return command_fail(office->arguments, ERR_INPUT,
                            "%s:%u: node %u stands on line %llu already: one "
                            "line for each, with all its stores; nobody was "
                            "enrolled",
                            path, number, enrolment.node,
                            (unsigned long long)*first);
    *first = number;
    return check_number(office, enrolment.node);
}

/* Enrols the node of each line; without `write` they are only looked at, for
 * all must be right before the first is enrolled. */
static enum command_status
enrol_lines(struct office *office, const char *path, view rest, bool write)
{
    enum command_status status = COMMAND_DONE;
    uint32_t count = 0;

    for (uint32_t number = 1; rest.size > 0 && status == COMMAND_DONE;
         number++) {
        struct enrolment enrolment = { 0 };
        const uint8_t *end = memchr(rest.bytes, '\n', rest.size);
        view line = { rest.bytes,
                      end ? (uint32_t)(end - rest.bytes) : rest.size };
        const uint32_t used = line.size + (end ? 1 : 0);
        rest.bytes += used;
        rest.size -= used;
        if (line.size > 0 && line.bytes[line.size - 1] == '\r')
            line.size--;
        if (line.size == 0)
            continue;
        count++;
        if (!write)
            status = check_line(office, path, number, line);
        else if (parse_line(line, &enrolment)) /* as it was before */
            status = enrol_one(office, &enrolment);
    }
    if (status == COMMAND_DONE && count == 0)
        status = command_fail(
            office->arguments, ERR_INPUT,
            "%s: it is empty; expected lines of NODE,STORE,...", path);
    return status;
}

static enum command_status
enrol_file(struct office *office, const char *path)
{
    struct complaint complaint = { 0 };
    struct arena arena = { 0 };
    view file;

    office->lines = lookup_open();
    enum err err = office->lines != NULL && arena_open(&arena, CSV_SIZE_MAX * 2)
                       ? OK
                       : ERR_MEMORY;
    if (err == OK)
        err = file_read(path, CSV_SIZE_MAX, &arena, &file, &complaint);
    if (err == OK)
        file = text_without_mark(file);
    enum command_status status =
        err == OK
            ? enrol_lines(office, path, file, false)
            : command_fail(office->arguments, err, "--csv %s", complaint.text);
    if (status == COMMAND_DONE)
        status = enrol_lines(office, path, file, true);
    arena_close(&arena);
    lookup_close(office->lines);
    return status;
}

static enum command_status
read_ttl(struct office *office)
{
    int64_t ttl_ms = TTL_DEFAULT_MS;

    if (!command_age(office->arguments, "ttl", &ttl_ms))
        return COMMAND_MISUSE;
    office->until_ms = command_now_ms() + ttl_ms;
    return COMMAND_DONE;
}

static enum command_status
read_role(struct office *office)
{
    const char *role = command_option(office->arguments, "role");

    office->role = ENROL_STORE;
    if (role != NULL && !enrol_role_parse(view_of(role), &office->role))
        return command_misuse(office->arguments,
                              "--role %s: expected store, standby or relay",
                              role);
    return COMMAND_DONE;
}

/* Who is to be enrolled, as the options say; no node with --csv. */
static enum command_status
read_enrolment(const struct arguments *arguments,
               struct enrolment *ret_enrolment)
{
    struct enrolment enrolment = { 0 };
    int64_t number = 0;
    const char *csv = command_option(arguments, "csv");
    const char *stores = command_option(arguments, "stores");
    const char *at = command_option(arguments, "at");
    const char *role = command_option(arguments, "role");

    if (!command_integer(arguments, "node", 1, LIMIT_NODE, &number))
        return COMMAND_MISUSE;
    if ((number == 0) == (csv == NULL))
        return command_misuse(arguments, "one of --node N and --csv FILE is "
                                         "needed");
    if (csv != NULL && (stores != NULL || at != NULL))
        return command_misuse(arguments, "--stores and --at go with --node N");
    if (at != NULL && (role == NULL || strcmp(role, "standby") != 0))
        return command_misuse(arguments, "--at goes with --role standby: "
                                         "stores look for no other node");
    if (at != NULL && !keys_is_endpoint(at))
        return command_misuse(arguments, "--at %s: expected tcp://HOST:PORT",
                              at);
    if (at != NULL) {
        warn_of_any(at, "say --at tcp://HOST:PORT with a name or address that "
                        "all know");
        strcpy(enrolment.endpoint, at);
    }
    enrolment.node = (uint32_t)number;
    enrolment.store_count = 1;
    enrolment.stores[0] = enrolment.node;
    if (stores != NULL && !parse_stores(view_of(stores), &enrolment))
        return command_misuse(arguments,
                              "--stores %s: expected at most %d numbers with "
                              "commas between",
                              stores, ENROL_STORES_MAX);
    *ret_enrolment = enrolment;
    return COMMAND_DONE;
}

static enum command_status
enrol_new(const struct arguments *arguments)
{
    struct office office;
    struct enrolment enrolment;
    const char *csv = command_option(arguments, "csv");

    enum command_status status = read_enrolment(arguments, &enrolment);
    if (status == COMMAND_DONE)
        status = open_office(&office, arguments);
    if (status != COMMAND_DONE)
        return status;
    office.is_list = csv != NULL;
    status = read_ttl(&office);
    if (status == COMMAND_DONE)
        status = read_role(&office);
    if (status == COMMAND_DONE)
        status = find_hubs(&office);
    if (status == COMMAND_DONE && csv == NULL)
        status = enrol_one(&office, &enrolment);
    if (status == COMMAND_DONE && csv != NULL)
        status = enrol_file(&office, csv);
    close_office(&office);
    return status;
}

/* --node N, which is there; what is wrong has been said. */
static bool
read_node(const struct arguments *arguments, int64_t *ret_number)
{
    *ret_number = 0;
    if (!command_integer(arguments, "node", 1, LIMIT_NODE, ret_number))
        return false;
    if (*ret_number == 0)
        command_misuse(arguments, "--node N is needed");
    return *ret_number != 0;
}

/* A new string for a node that is enrolled: same stores, same role. */
static enum command_status
enrol_rotate(const struct arguments *arguments)
{
    struct office office;
    struct enrolment enrolment = { 0 };
    int64_t number;

    if (!read_node(arguments, &number))
        return COMMAND_MISUSE;
    enum command_status status = open_office(&office, arguments);
    if (status != COMMAND_DONE)
        return status;
    status = read_ttl(&office);
    if (status == COMMAND_DONE)
        status = find_hubs(&office);
    if (status == COMMAND_DONE &&
        !allow_find(office.allow, (uint32_t)number, &enrolment))
        status = command_fail(arguments, ERR_NOT_FOUND,
                              "node %" PRId64 " is not enrolled", number);
    if (status == COMMAND_DONE) {
        office.role = enrolment.role;
        enrolment.joined = false;
        status = enrol_one(&office, &enrolment);
    }
    close_office(&office);
    return status;
}

static const char *
state_of(const struct enrolment *enrolment, bool revoked)
{
    if (revoked)
        return "revoked";
    if (enrolment->joined)
        return "joined";
    return command_now_ms() <= enrolment->once_until_ms ? "waiting" : "expired";
}

static void
print_enrolment(const struct enrolment *enrolment, bool revoked,
                struct table *table)
{
    struct text stores = { 0 };

    for (uint32_t i = 0; i < enrolment->store_count; i++)
        text_format(&stores, "%s%u",
                    i == 0  ? ""
                    : table ? ","
                            : ", ",
                    enrolment->stores[i]);
    const char *role = enrol_role_name(enrolment->role);
    const char *state = state_of(enrolment, revoked);
    if (table) {
        table_row(table);
        table_integer(table, enrolment->node);
        table_text(table, role);
        table_view(table, text_view(&stores));
        table_text(table, state);
    } else {
        printf("{\"node\": %u, \"role\": \"%s\", \"stores\": [%.*s], "
               "\"state\": \"%s\"}\n",
               enrolment->node, role, (int)stores.size,
               (const char *)stores.bytes, state);
    }
    text_close(&stores);
}

static enum command_status
enrol_list(const struct arguments *arguments)
{
    static const struct table_column COLUMNS[] = { { "node", true },
                                                   { "role", false },
                                                   { "stores", false },
                                                   { "state", false } };
    struct office office;
    struct enrolment enrolment = { 0 };
    bool revoked;
    struct table *table = NULL;

    enum command_status status = open_office(&office, arguments);
    if (status != COMMAND_DONE)
        return status;
    if (!command_flag(arguments, "json")) {
        table = table_open(COLUMNS, COUNT_OF(COLUMNS));
        if (table == NULL)
            status = command_fail(arguments, ERR_MEMORY, "no table");
    }
    while (status == COMMAND_DONE &&
           allow_next(office.allow, enrolment.node, &enrolment, &revoked))
        if (enrolment.role != 0)
            print_enrolment(&enrolment, revoked, table);
    if (table != NULL && !table_print(table, stdout))
        status = command_fail(arguments, ERR_MEMORY, "no table");
    table_close(table);
    close_office(&office);
    return status;
}

static enum command_status
enrol_revoke(const struct arguments *arguments)
{
    struct office office;
    int64_t number;

    if (!read_node(arguments, &number))
        return COMMAND_MISUSE;
    enum command_status status = open_office(&office, arguments);
    if (status != COMMAND_DONE)
        return status;
    enum err err = allow_revoke(office.allow, (uint32_t)number);
    close_office(&office);
    if (err == ERR_NOT_FOUND)
        return command_fail(arguments, err, "node %" PRId64 " is not enrolled",
                            number);
    if (err != OK)
        return command_fail(arguments, err, "%s",
                            command_operand(arguments, 0));
    if (command_flag(arguments, "json"))
        printf("{\"node\": %" PRId64 ", \"state\": \"revoked\"}\n", number);
    return COMMAND_DONE;
}

/* --- the table ---------------------------------------------------------- */

static const struct option NEW_OPTIONS[] = {
    { "node", "N", "the node's number" },
    { "stores", "N,N", "the stores it may write for (its own number)" },
    { "csv", "FILE", "many: lines NODE,STORE,...; prints NODE,STRING" },
    { "role", "ROLE", "store, standby or relay (store)" },
    { "at", "ENDPOINT", "where nodes will find a standby once it is the hub" },
    { "ttl", "TIME", "how long the string is good: 30m, 72h, 7d (72h)" },
    { "endpoint", "ENDPOINT", "where the hub is, repeatable (as it listens)" },
    { 0 }
};

static const struct option ROTATE_OPTIONS[] = {
    { "node", "N", "the node's number" },
    { "ttl", "TIME", "how long the string is good: 30m, 72h, 7d (72h)" },
    { "endpoint", "ENDPOINT", "where the hub is, repeatable (as it listens)" },
    { 0 }
};

static const struct option REVOKE_OPTIONS[] = {
    { "node", "N", "the node's number" }, { 0 }
};

static const char *const REPEATABLE[] = { "endpoint", NULL };

const struct command cmd_enrol_table[] = {
    { .name = "enrol new",
      .run = enrol_new,
      .line = "let a node join: prints the string for `node --join -`",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = NEW_OPTIONS,
      .repeatable = REPEATABLE,
      .about =
          "The string holds a secret that is good once, at this hub or a "
          "standby that has\n"
          "taken over.  A number that is enrolled again loses its old key at "
          "once.  Stores\n"
          "find a standby that takes over if --at says where it will listen; "
          "without, they\n"
          "stay away.  With --json: a line for each node, which joins by it "
          "as well.\n",
      .examples = "leima enrol new hq --node 421 --stores 421,422\n"
                  "leima enrol new hq --node 2 --role standby --at "
                  "tcp://hq2.example:7001\n"
                  "leima enrol new hq --csv nodes.csv --ttl 7d\n" },
    { .name = "enrol list",
      .run = enrol_list,
      .line = "the nodes and whether they have joined",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .about = "With --json: a line for each.\n",
      .examples = "leima enrol list hq\n" },
    { .name = "enrol rotate",
      .run = enrol_rotate,
      .line = "a new string and so a new key for an enrolled node",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = ROTATE_OPTIONS,
      .repeatable = REPEATABLE,
      .about = "Its old key is out at once; stores and role stay.\n",
      .examples = "leima enrol rotate hq --node 421\n" },
    { .name = "enrol revoke",
      .run = enrol_revoke,
      .line = "admit a node no longer, and end its session",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = REVOKE_OPTIONS,
      .examples = "leima enrol revoke hq --node 421\n" },
    { 0 }
};
