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
    pid_t process; /* 0: none */
    int line;      /* to it and back */
    struct text answer;
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
}

void
decider_close(struct decider *decider)
{
    if (decider == NULL)
        return;
    end(decider);
    text_close(&decider->answer);
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
    int ends[2];

    /* Not a pipe: writing to one that nobody reads would end us. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return ERR_IO;
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
    uint8_t bytes[DECIDER_LINE_MAX];

    if (line.size >= sizeof bytes)
        return ERR_INPUT;
    memcpy(bytes, line.bytes, line.size);
    bytes[line.size] = '\n';
    text_clear(&decider->answer);
    if (decider->process == 0 && begin(decider) != OK)
        return ERR_IO;
    const ssize_t size = (ssize_t)line.size + 1;
    if (send(decider->line, bytes, (size_t)size, MSG_NOSIGNAL) == size)
        return OK;
    end(decider);
    return ERR_IO;
}

int
decider_bell(const struct decider *decider)
{
    return decider->line;
}

enum err
decider_take(struct decider *decider, struct text *answer)
{
    char bytes[DECIDER_LINE_MAX];

    ssize_t size = recv(decider->line, bytes, sizeof bytes, 0);
    if (size < 0 && errno == EINTR)
        return ERR_BUSY;
    if (size <= 0) {
        end(decider);
        return ERR_IO;
    }
    text_bytes(&decider->answer, bytes, (size_t)size);
    if (bytes[size - 1] != '\n')
        return ERR_BUSY;
    text_view_append(answer, text_view(&decider->answer));
    return OK;
}
