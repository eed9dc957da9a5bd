#include "nodes/decider.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct decider {
    const char *dir;
    pid_t process;       /* 0: none */
    int line;            /* to it and back */
    struct text asked;   /* not put yet */
    struct text answers; /* as they have come ... */
    size_t taken;        /* ... and as far as they have been taken */
    uint32_t count;      /* questions under way, ... */
    uint32_t unsent;     /* ... of them not put yet */
    uint32_t first;      /* the oldest one's place */
    uint32_t bytes;      /* of them all */
    uint16_t sizes[DECIDER_QUESTIONS_MAX]; /* a ring */
};

struct decider *
decider_open(const char *dir)
{
    struct decider *decider = calloc(1, sizeof *decider);

    if (decider != NULL)
        *decider = (struct decider) { .dir = dir, .line = -1 };
    return decider;
}

/* It ends when its questions do, and may still be at one. */
static void
end(struct decider *decider)
{
    if (decider->process == 0)
        return;
    close(decider->line);
    kill(decider->process, SIGTERM);
    while (waitpid(decider->process, NULL, 0) < 0 && errno == EINTR)
        continue;
    decider->process = 0;
    decider->line = -1;
    text_clear(&decider->answers);
    decider->taken = 0;
}

void
decider_close(struct decider *decider)
{
    if (decider == NULL)
        return;
    end(decider);
    text_close(&decider->asked);
    text_close(&decider->answers);
    free(decider);
}

/* --- the process --- */

/* The node's signals are blocked, which a program that is begun inherits. */
static int
spawn(struct decider *decider, int line)
{
    char *const words[] = { "leima", "append", (char *)(uintptr_t)decider->dir,
                            "--stream", NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t manner;
    sigset_t none;

    sigemptyset(&none);
    int code = posix_spawn_file_actions_init(&files);
    if (code != 0)
        return code;
    code = posix_spawnattr_init(&manner);
    if (code == 0) {
        posix_spawn_file_actions_adddup2(&files, line, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&files, line, STDOUT_FILENO);
        posix_spawnattr_setsigmask(&manner, &none);
        posix_spawnattr_setflags(&manner, POSIX_SPAWN_SETSIGMASK);
        code = posix_spawn(&decider->process, "/proc/self/exe", &files, &manner,
                           words, environ);
        posix_spawnattr_destroy(&manner);
    }
    posix_spawn_file_actions_destroy(&files);
    return code;
}

static enum err
begin(struct decider *decider)
{
    const int room = 2 * DECIDER_BYTES_MAX; /* for what the kernel adds, too */
    int ends[2];

    /* Not a pipe: writing to one that nobody reads would end us. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return ERR_IO;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    int code = spawn(decider, ends[1]);
    close(ends[1]);
    if (code == 0) {
        decider->line = ends[0];
        return OK;
    }
    close(ends[0]);
    decider->process = 0;
    return ERR_IO;
}

/* --- questions --- */

enum err
decider_ask(struct decider *decider, view line)
{
    const uint32_t size = line.size + 1;

    if (size > DECIDER_LINE_MAX)
        return ERR_INPUT;
    if (decider->count == DECIDER_QUESTIONS_MAX ||
        decider->bytes + size > DECIDER_BYTES_MAX)
        return ERR_BUSY;
    text_view_append(&decider->asked, line);
    text_char(&decider->asked, '\n');
    decider->sizes[(decider->first + decider->count) % DECIDER_QUESTIONS_MAX] =
        (uint16_t)size;
    decider->bytes += size;
    decider->count++;
    decider->unsent++;
    return OK;
}

static bool
put(const struct decider *decider)
{
    const struct text *asked = &decider->asked;

    return text_ok(asked) &&
           send(decider->line, asked->bytes, asked->size,
                MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)asked->size;
}

/* One that has ended with nothing under way is begun again. */
enum err
decider_send(struct decider *decider)
{
    const bool alone = decider->unsent == decider->count;
    bool good = decider->process != 0 && put(decider);

    if (!good && alone) {
        end(decider);
        good = begin(decider) == OK && put(decider);
    }
    text_clear(&decider->asked);
    decider->unsent = 0;
    if (good)
        return OK;
    end(decider);
    return ERR_IO;
}

int
decider_bell(const struct decider *decider)
{
    return decider->line;
}

/* The next answer, with its end; empty: it is not whole yet. */
static view
next_answer(const struct decider *decider)
{
    const uint8_t *from = (const uint8_t *)decider->answers.bytes;
    const size_t size = decider->answers.size - decider->taken;
    const uint8_t *found =
        size == 0 ? NULL : memchr(from + decider->taken, '\n', size);

    if (found == NULL)
        return (view) { 0 };
    return (view) { from + decider->taken,
                    (uint32_t)(found + 1 - (from + decider->taken)) };
}

/* False: there is nothing, or there will be nothing. */
static bool
hear(struct decider *decider)
{
    char bytes[DECIDER_LINE_MAX];

    if (decider->process == 0)
        return false;
    ssize_t size = recv(decider->line, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size > 0)
        text_bytes(&decider->answers, bytes, (size_t)size);
    if (size > 0 && text_ok(&decider->answers))
        return true;
    end(decider);
    return false;
}

static void
pop(struct decider *decider)
{
    assert(decider->count > 0);
    decider->bytes -= decider->sizes[decider->first];
    decider->first = (decider->first + 1) % DECIDER_QUESTIONS_MAX;
    decider->count--;
}

enum err
decider_take(struct decider *decider, struct text *answer)
{
    view line;

    while ((line = next_answer(decider)).size == 0)
        if (!hear(decider)) {
            if (decider->process != 0)
                return ERR_BUSY;
            pop(decider);
            return ERR_IO;
        }
    text_view_append(answer, line);
    pop(decider);
    decider->taken += line.size;
    if (decider->taken == decider->answers.size) {
        text_clear(&decider->answers);
        decider->taken = 0;
    }
    return OK;
}
