/* cmd_nodes.c - hub and nodes: running them */
#include "tools/cmd_nodes.h"

#include "nodes/hub.h"
#include "nodes/join.h"
#include "nodes/keys.h"
#include "nodes/reign.h"
#include "nodes/store.h"
#include "nodes/trace.h"
#include "tools/file.h"

#include <inttypes.h>
#include <string.h>

enum { DOCUMENT_SIZE = 2 * KEYS_STRING_SIZE }; /* of `enrol new --json` */

/* --- hub and node ------------------------------------------------------- */

static void
set_trace(const struct arguments *arguments)
{
    if (command_flag(arguments, "debug"))
        trace_set_level(TRACE_DEBUG);
}

static enum command_status
misuse_of_join(const struct arguments *arguments)
{
    return command_misuse(arguments,
                          "--join takes only -: the string is a secret and "
                          "comes on standard input");
}

static void
hub_is_ready(void *context, const char *endpoint)
{
    const struct arguments *arguments = context;

    printf(command_flag(arguments, "json") ? "{\"listening\": \"%s\"}\n"
                                           : "listening %s\n",
           endpoint);
    fflush(stdout);
}

static void
standby_is_ready(void *context)
{
    const struct arguments *arguments = context;

    printf(command_flag(arguments, "json") ? "{\"standby\": true}\n"
                                           : "standing by\n");
    fflush(stdout);
}

static enum err
run_hub(const struct arguments *arguments, struct complaint *complaint)
{
    const struct hub_options options = {
        .dir = command_operand(arguments, 0),
        .listen = command_option(arguments, "listen"),
        .public_endpoint = command_option(arguments, "endpoint"),
        .metrics = command_option(arguments, "metrics"),
        .ready = hub_is_ready,
        .context = (void *)(uintptr_t)arguments,
    };

    return hub_run(&options, complaint);
}

static enum err
promote(const struct arguments *arguments, struct complaint *complaint)
{
    uint64_t epoch;
    enum err err = reign_promote(command_operand(arguments, 0),
                                 command_now_ms(), &epoch, complaint);

    if (err != OK)
        return err;
    printf(command_flag(arguments, "json") ? "{\"epoch\": %" PRIu64 "}\n"
                                           : "epoch %" PRIu64 "\n",
           epoch);
    fflush(stdout);
    return OK;
}

/* As a standby until it is promoted or stopped. */
static enum err
stand_by(const struct arguments *arguments, view ticket,
         struct complaint *complaint)
{
    const struct store_options options = {
        .dir = command_operand(arguments, 0),
        .hub = command_option(arguments, "standby-of"),
        .metrics = command_option(arguments, "metrics"),
        .ticket = ticket,
        .standby = true,
        .ready = standby_is_ready,
        .context = (void *)(uintptr_t)arguments,
    };

    return store_run(&options, complaint);
}

/* As what the ledger is, and as what it becomes: a standby that is promoted is
 * the hub, and a hub that meets a later one stands by. */
static enum err
serve(const struct arguments *arguments, view ticket,
      struct complaint *complaint)
{
    const char *dir = command_operand(arguments, 0);
    const char *later = command_option(arguments, "standby-of");
    bool stands_by = ticket.size > 0 || keys_has_hub(dir);
    enum err err = OK;

    for (;;) {
        if (stands_by) {
            err = stand_by(arguments, ticket, complaint);
            if (err != OK || keys_has_hub(dir))
                return err;
        }
        ticket = (view) { 0 };
        err = run_hub(arguments, complaint);
        struct complaint why = { 0 };
        if (err != ERR_CONFLICT || reign_step_down(dir, later, &why) != OK) {
            if (err == ERR_CONFLICT && why.text[0] != '\0')
                *complaint = why;
            return err;
        }
        stands_by = true;
    }
}

/* Where the option was given it names one; else that has been said. */
static bool
has_endpoint(const struct arguments *arguments, const char *name)
{
    const char *given = command_option(arguments, name);

    if (given == NULL || keys_is_endpoint(given))
        return true;
    command_misuse(arguments, "--%s: expected tcp://HOST:PORT, found \"%s\"",
                   name, given);
    return false;
}

/* The string of `enrol new`, or its document, from standard input. */
static enum err
read_ticket(struct arena *arena, view *ret_ticket, struct complaint *complaint)
{
    struct complaint why;
    view file;
    enum err err = file_read("-", DOCUMENT_SIZE, arena, &file, &why);

    if (err == OK && file.size > 0) {
        *ret_ticket = file_unwrap(file, "string", arena);
        return OK;
    }
    return complain(complaint, "standard input: expected the one string that "
                               "`leima enrol new` prints");
}

/* What is asked for is read first, so that nothing is done by halves. */
static enum command_status
hub(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    struct arena arena = { 0 };
    view ticket = { 0 };
    bool joins = command_option(arguments, "join") != NULL;
    bool promotes = command_flag(arguments, "promote");
    bool listens = command_option(arguments, "listen") != NULL;

    if (joins && strcmp(command_option(arguments, "join"), "-") != 0)
        return misuse_of_join(arguments);
    if (!listens && !promotes)
        return command_misuse(arguments, "--listen tcp://ADDRESS:PORT is "
                                         "needed; port 0 takes any free one");
    if (!has_endpoint(arguments, "listen") ||
        !has_endpoint(arguments, "endpoint") ||
        !has_endpoint(arguments, "standby-of"))
        return COMMAND_MISUSE;
    set_trace(arguments);
    if (!arena_open(&arena, 1u << 16))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    enum err err = OK;
    if (joins)
        err = read_ticket(&arena, &ticket, &complaint);
    if (err == OK && promotes)
        err = promote(arguments, &complaint);
    if (err == OK && listens)
        err = serve(arguments, ticket, &complaint);
    arena_close(&arena);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    return COMMAND_DONE;
}

static enum command_status
node(const struct arguments *arguments)
{
    struct complaint complaint = { 0 };
    struct arena arena = { 0 };
    const char *ticket = command_option(arguments, "join");
    struct store_options options = {
        .dir = command_operand(arguments, 0),
        .hub = command_option(arguments, "hub"),
        .once = command_flag(arguments, "once"),
        .metrics = command_option(arguments, "metrics"),
    };

    if (ticket != NULL && strcmp(ticket, "-") != 0)
        return misuse_of_join(arguments);
    if (!command_age(arguments, "retention", &options.keep_ms) ||
        !has_endpoint(arguments, "hub"))
        return COMMAND_MISUSE;
    set_trace(arguments);
    if (!arena_open(&arena, 1u << 16))
        return command_fail(arguments, ERR_MEMORY, "can't begin");
    enum err err = OK;
    if (ticket != NULL)
        err = read_ticket(&arena, &options.ticket, &complaint);
    if (err == OK)
        err = store_run(&options, &complaint);
    arena_close(&arena);
    if (err != OK)
        return command_fail(arguments, err, "%s", complaint.text);
    return COMMAND_DONE;
}

/* --- the table ---------------------------------------------------------- */

static const struct option HUB_OPTIONS[] = {
    { "listen", "ENDPOINT", "tcp://ADDRESS:PORT; port 0: any free one" },
    { "endpoint", "ENDPOINT", "how nodes reach it, if not by that" },
    { "join", "-", "become a standby; the string comes on standard input" },
    { "standby-of", "ENDPOINT", "the active hub's address (as it was told)" },
    { "promote", NULL, "be the hub from now on, in a new epoch" },
    { "metrics", "FILE", "metrics for Prometheus, every ten seconds" },
    { "debug", NULL, "trace every step" },
    { 0 }
};

static const struct option NODE_OPTIONS[] = {
    { "hub", "ENDPOINT", "where to look for a hub first (as it was told)" },
    { "join", "-", "join first; the string comes on standard input" },
    { "once", NULL, "end when all is sent and received, or it is refused" },
    { "retention", "DAYS", "drop own events that are older, once safe" },
    { "metrics", "FILE", "metrics for Prometheus, every ten seconds" },
    { "debug", NULL, "trace every step" },
    { 0 }
};

const struct command cmd_nodes_table[] = {
    { .name = "hub",
      .run = hub,
      .line = "run a hub",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = HUB_OPTIONS,
      .about = "Prints `listening ENDPOINT` when nodes can connect; traces to "
               "standard error.\n"
               "Ends cleanly on SIGTERM and SIGINT.\n"
               "\n"
               "A ledger that has joined a hub stands by, and listens once it "
               "has been promoted:\n"
               "leima hub LEDGER --promote, by any process.  Before promoting, "
               "see that the old\n"
               "hub is off.  A standby that was never given the allow-list is "
               "not promoted.  A\n"
               "hub dials the standbys that it knows; one that learns from "
               "them, or from its\n"
               "nodes, that another was promoted steps down by itself and "
               "stands by at that one,\n"
               "which has enrolled it; if it was stolen, revoke its number "
               "there.\n"
               "\n"
               "To all who know its keys a copy is that hub, and promoted it "
               "ends the reign of\n"
               "the one that works.  To try out a takeover promote a backup "
               "that was restored,\n"
               "or a copy without its folder keys/: it makes keys of its own, "
               "which nobody\n"
               "knows, and stores for the try are enrolled there.\n"
               "\n"
               "While a hub runs, leima redeem on its ledger asks it, for only "
               "it knows what it\n"
               "has reserved for stores.  Tills may hand in events and "
               "redemptions at the Unix\n"
               "socket LEDGER/tills: leima append --help.\n",
      .examples =
          "leima hub hq --listen tcp://0.0.0.0:7001 --endpoint "
          "tcp://hq.example:7001\n"
          "leima hub hq2 --listen tcp://0.0.0.0:7001 --join - < string\n"
          "leima hub hq2 --promote\n" },
    { .name = "node",
      .run = node,
      .line = "run a store's node",
      .usage = "LEDGER",
      .operands_min = 1,
      .operands_max = 1,
      .options = NODE_OPTIONS,
      .about = "Replicates what any process appends to LEDGER to the hub, and "
               "takes its rules\n"
               "from there.  With --retention (400, or 72h, 30m, 90s) it drops "
               "from time to time\n"
               "what is older and safe, as leima prune does; sales go on "
               "meanwhile.  Tills may\n"
               "hand in events and redemptions at the Unix socket "
               "LEDGER/tills: leima append\n"
               "--help.\n",
      .examples = "leima node store421 --join - < string\n"
                  "leima node store421 --retention 400\n" },
    { 0 }
};
