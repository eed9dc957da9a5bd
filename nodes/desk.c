#include "nodes/desk.h"

#include "core/json.h"
#include "nodes/clock.h"
#include "nodes/local.h"
#include "nodes/porter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    int descriptor; /* -1: a free place */
    uint32_t size;
    uint32_t round; /* of the place, so that a late answer finds nobody */
    bool asked;     /* its question is being answered */
    int64_t until_ms;
    uint8_t line[DESK_LINE_SIZE];
};

struct desk {
    int dir; /* the ledger's */
    struct porter porter;
    int bell; /* an epoll of the listener and the clients */
    uint32_t cursor;
    struct client clients[DESK_CLIENTS_MAX];
};

/* --- the lines ---------------------------------------------------------- */

static bool
take(const struct json_tree *tree, const char *key, char *text, uint32_t room)
{
    view value = { 0 };

    if (json_get(tree, key) == NULL) {
        text[0] = '\0';
        return true;
    }
    if (!json_get_string(json_get(tree, key), &value) || value.size >= room ||
        (value.size > 0 && memchr(value.bytes, 0, value.size) != NULL))
        return false;
    if (value.size > 0)
        memcpy(text, value.bytes, value.size);
    text[value.size] = '\0';
    return true;
}

static bool
read_redeem(const struct json_tree *tree, struct ask *ask)
{
    int64_t count = 0;

    if (json_get(tree, "points") != NULL &&
        !json_get_integer(json_get(tree, "points"), &count))
        return false;
    if (json_get(tree, "dry_run") != NULL &&
        !json_get_bool(json_get(tree, "dry_run"), &ask->dry_run))
        return false;
    ask->kind = ASK_REDEEM;
    ask->points.value = count;
    return take(tree, "reward", ask->reward, sizeof ask->reward) &&
           take(tree, "id", ask->id, sizeof ask->id) && ask_is_sound(ask);
}

static bool
read_question(const struct json_tree *tree, struct ask *ask)
{
    account_id account;
    view what;

    if (!json_get_string(json_get(tree, "ask"), &what) ||
        !take(tree, "account", ask->accounts[0], ACCOUNT_SIZE) ||
        !account_parse(view_of(ask->accounts[0]), &account))
        return false;
    ask->account_count = 1;
    if (view_equal(what, view_of("redeem")))
        return read_redeem(tree, ask);
    ask->kind = ASK_STATES;
    return view_equal(what, view_of("state"));
}

bool
desk_read_question(view line, struct ask *ret_ask)
{
    struct json_tree *tree = NULL;
    struct complaint complaint;

    *ret_ask = (struct ask) { 0 };
    bool good = json_open(line, &tree, &complaint) == OK &&
                read_question(tree, ret_ask);
    json_close(tree);
    return good;
}

void
desk_write_question(struct text *line, const struct ask *ask)
{
    assert(ask->account_count == 1);
    text_char(line, '{');
    text_json_view(line, "ask",
                   view_of(ask->kind == ASK_REDEEM ? "redeem" : "state"));
    text_json_view(line, "account", view_of(ask->accounts[0]));
    if (ask->kind == ASK_REDEEM) {
        text_json_integer(line, "points", ask->points.value);
        text_json_view(line, "reward", view_of(ask->reward));
        text_json_view(line, "id", view_of(ask->id));
        text_json_bool(line, "dry_run", ask->dry_run);
    }
    text_string(line, "}\n");
}

void
desk_write_decision(struct text *line, const struct decision *decision)
{
    text_char(line, '{');
    text_json_view(line, "answer", view_of("decision"));
    text_json_view(line, "verdict",
                   view_of(decide_verdict_name(decision->verdict)));
    text_json_bool(line, "voucher", decision->by_voucher);
    text_json_integer(line, "points", decision->points.value);
    text_json_integer(line, "available", decision->available.value);
    text_json_integer(line, "minimum", decision->minimum.value);
    text_json_integer(line, "value", decision->value.minor);
    text_string(line, "}\n");
}

static bool
read_decision(const struct json_tree *tree, struct decision *decision)
{
    view verdict;

    *decision = (struct decision) { 0 };
    if (!json_get_string(json_get(tree, "verdict"), &verdict) ||
        !json_get_bool(json_get(tree, "voucher"), &decision->by_voucher) ||
        !json_get_integer(json_get(tree, "points"), &decision->points.value) ||
        !json_get_integer(json_get(tree, "available"),
                          &decision->available.value) ||
        !json_get_integer(json_get(tree, "minimum"),
                          &decision->minimum.value) ||
        !json_get_integer(json_get(tree, "value"), &decision->value.minor))
        return false;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        decision->verdict = (enum verdict)i;
        if (view_equal(verdict, view_of(decide_verdict_name((enum verdict)i))))
            return true;
    }
    return false;
}

enum ask_kind
desk_read_answer(view line, struct decision *ret_decision)
{
    struct json_tree *tree = NULL;
    struct complaint complaint;
    enum ask_kind kind = ASK_NONE;
    view answer = { 0 };

    if (json_open(line, &tree, &complaint) == OK &&
        json_get_string(json_get(tree, "answer"), &answer)) {
        if (view_equal(answer, view_of("state")))
            kind = ASK_STATES;
        else if (view_equal(answer, view_of("decision")) &&
                 read_decision(tree, ret_decision))
            kind = ASK_REDEEM;
    }
    json_close(tree);
    return kind;
}

/* --- the socket --------------------------------------------------------- */

static enum err
watch(struct desk *desk, int descriptor)
{
    struct epoll_event event = { .events = EPOLLIN };

    return epoll_ctl(desk->bell, EPOLL_CTL_ADD, descriptor, &event) == 0
               ? OK
               : ERR_IO;
}

enum err
desk_open(const char *dir, uint32_t node, struct desk **ret_desk)
{
    struct desk *desk = calloc(1, sizeof *desk);
    enum err err = ERR_IO;

    if (!desk)
        return ERR_MEMORY;
    for (uint32_t i = 0; i < DESK_CLIENTS_MAX; i++)
        desk->clients[i].descriptor = -1;
    desk->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    desk->bell = epoll_create1(EPOLL_CLOEXEC);
    desk->porter = (struct porter) {
        .name = "desk", .node = node, .listener = -1, .bell = desk->bell
    };
    if (desk->dir >= 0 && desk->bell >= 0)
        err = local_listen(desk->dir, "desk", DESK_CLIENTS_MAX,
                           &desk->porter.listener);
    if (err == OK)
        err = porter_open(&desk->porter);
    if (err == OK)
        *ret_desk = desk;
    else
        desk_close(desk);
    return err;
}

static void
end(struct client *client)
{
    close(client->descriptor);
    client->descriptor = -1;
    client->round++;
}

void
desk_close(struct desk *desk)
{
    if (!desk)
        return;
    for (uint32_t i = 0; i < DESK_CLIENTS_MAX; i++)
        if (desk->clients[i].descriptor >= 0)
            end(&desk->clients[i]);
    if (desk->porter.listener >= 0) {
        unlinkat(desk->dir, "desk", 0);
        close(desk->porter.listener);
    }
    if (desk->bell >= 0)
        close(desk->bell);
    if (desk->dir >= 0)
        close(desk->dir);
    free(desk);
}

int
desk_bell(const struct desk *desk)
{
    return desk->bell;
}

/* --- the node's side ---------------------------------------------------- */

/* Those whose time is over go; then as many come as there are places. */
static void
let_in(struct desk *desk, int64_t now_ms)
{
    bool more = true;

    for (uint32_t i = 0; i < DESK_CLIENTS_MAX; i++) {
        struct client *client = &desk->clients[i];
        if (client->descriptor >= 0 && now_ms >= client->until_ms)
            end(client);
        if (client->descriptor >= 0 || !more)
            continue;
        int descriptor = porter_let_in(&desk->porter);
        more = descriptor >= 0;
        if (!more)
            continue;
        client->descriptor = descriptor;
        client->size = 0;
        client->asked = false;
        client->until_ms = now_ms + DESK_MS;
        if (watch(desk, descriptor) != OK)
            end(client);
    }
}

/* Whether a whole line is there. */
static bool
receive(struct client *client)
{
    ssize_t size = recv(client->descriptor, client->line + client->size,
                        sizeof client->line - client->size, 0);

    if (size > 0)
        client->size += (uint32_t)size;
    if (client->size > 0 && client->line[client->size - 1] == '\n') {
        uint8_t more;
        if (recv(client->descriptor, &more, sizeof more, MSG_PEEK) != 0)
            return true;
        end(client); /* gave up before we came; the place is another's */
        return false;
    }
    if (size == 0 || client->size == sizeof client->line ||
        (size < 0 && errno != EAGAIN && errno != EINTR))
        end(client);
    return false;
}

bool
desk_next(struct desk *desk, int64_t now_ms, uint64_t *ret_client,
          struct ask *ret_ask)
{
    let_in(desk, now_ms);
    for (uint32_t i = 0; i < DESK_CLIENTS_MAX; i++) {
        uint32_t at = (desk->cursor + i) % DESK_CLIENTS_MAX;
        struct client *client = &desk->clients[at];
        if (client->descriptor < 0 || client->asked || !receive(client))
            continue;
        /* Whatever it sends from now on does not ring. */
        epoll_ctl(desk->bell, EPOLL_CTL_DEL, client->descriptor, NULL);
        client->asked = true;
        *ret_client = (uint64_t)client->round << 32 | at;
        if (desk_read_question((view) { client->line, client->size },
                               ret_ask)) {
            desk->cursor = at + 1;
            return true;
        }
        desk_answer_none(desk, *ret_client);
    }
    return false;
}

void
desk_answer(struct desk *desk, uint64_t client, const struct text *line)
{
    struct client *found = &desk->clients[client % DESK_CLIENTS_MAX];

    if (found->descriptor < 0 || found->round != client >> 32)
        return;
    /* A line fits the socket's room; who does not take it goes without. */
    if (text_ok(line) &&
        send(found->descriptor, line->bytes, line->size, MSG_NOSIGNAL) < 0)
        found->asked = true;
    end(found);
}

void
desk_answer_none(struct desk *desk, uint64_t client)
{
    struct text line = { 0 };

    text_string(&line, "{\"answer\": \"none\"}\n");
    desk_answer(desk, client, &line);
    text_close(&line);
}

/* --- the command's side ------------------------------------------------- */

enum { CALLS_MAX = DESK_CLIENTS_MAX / 2 };

/* A question on its way. */
struct call {
    uint32_t size; /* of what has come of the answer */
    uint8_t line[DESK_LINE_SIZE];
};

/* -1: nobody is there, or does not take it. */
static int
put_question(const char *dir, const struct ask *ask)
{
    struct text question = { 0 };

    int descriptor = local_dial(dir, "desk");
    if (descriptor < 0)
        return -1;
    desk_write_question(&question, ask);
    bool good = text_ok(&question) &&
                send(descriptor, question.bytes, question.size, MSG_NOSIGNAL) ==
                    (ssize_t)question.size;
    text_close(&question);
    if (good)
        return descriptor;
    close(descriptor);
    return -1;
}

static bool
is_whole(const struct call *call)
{
    return call->size > 0 && call->line[call->size - 1] == '\n';
}

/* False: nothing more is to come. */
static bool
hear(struct call *call, int descriptor)
{
    ssize_t got = recv(descriptor, call->line + call->size,
                       sizeof call->line - call->size, 0);

    if (got > 0)
        call->size += (uint32_t)got;
    return got > 0 && !is_whole(call) && call->size < sizeof call->line;
}

static void
ask_together(const char *dir, struct desk_question *questions, uint32_t count,
             uint32_t timeout_ms)
{
    const int64_t until_ms = clock_steady_ms() + timeout_ms;
    struct pollfd wanted[CALLS_MAX];
    struct call calls[CALLS_MAX];
    uint32_t open = 0;

    assert(count <= CALLS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        calls[i].size = 0;
        wanted[i] = (struct pollfd) { .fd = put_question(dir, questions[i].ask),
                                      .events = POLLIN };
        open += wanted[i].fd >= 0;
    }
    while (open > 0) {
        int64_t left_ms = until_ms - clock_steady_ms();
        if (left_ms <= 0 || poll(wanted, count, (int)left_ms) <= 0)
            break;
        for (uint32_t i = 0; i < count; i++) {
            if (wanted[i].revents == 0 || hear(&calls[i], wanted[i].fd))
                continue;
            close(wanted[i].fd);
            wanted[i] = (struct pollfd) { .fd = -1 };
            open--;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (wanted[i].fd >= 0)
            close(wanted[i].fd);
        questions[i].kind =
            is_whole(&calls[i])
                ? desk_read_answer((view) { calls[i].line, calls[i].size },
                                   &questions[i].decision)
                : ASK_NONE;
    }
}

enum ask_kind
desk_ask(const char *dir, const struct ask *ask, uint32_t timeout_ms,
         struct decision *ret_decision)
{
    struct desk_question question = { .ask = ask };

    ask_together(dir, &question, 1, timeout_ms);
    if (question.kind == ASK_REDEEM)
        *ret_decision = question.decision;
    return question.kind;
}

void
desk_ask_each(const char *dir, struct desk_question *questions, uint32_t count,
              uint32_t timeout_ms)
{
    for (uint32_t i = 0; i < count; i += CALLS_MAX)
        ask_together(dir, questions + i,
                     count - i < CALLS_MAX ? count - i : CALLS_MAX, timeout_ms);
}

bool
desk_is_served(const char *dir)
{
    int descriptor = local_dial(dir, "desk");

    if (descriptor < 0)
        return false;
    close(descriptor);
    return true;
}
