#include "tools/guard.h"

#include "core/db.h"
#include "nodes/trace.h"
#include "tools/command.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

/* Nothing but system calls from here on down: the process is in an unknown
 * state. */
enum { MAPS_SIZE = 1 << 18, STACK_SIZE = 1 << 16 };

static char maps[MAPS_SIZE];
static char stack[STACK_SIZE];

static size_t
read_maps(void)
{
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t size = 0;

    while (file >= 0 && size < sizeof maps - 1) {
        ssize_t got = read(file, maps + size, sizeof maps - 1 - size);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    if (file >= 0)
        close(file);
    maps[size] = '\0';
    return size;
}

static uintptr_t
read_number(const char **at)
{
    uintptr_t number = 0;

    for (;; (*at)++) {
        char c = **at;
        if (c >= '0' && c <= '9')
            number = number << 4 | (uintptr_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            number = number << 4 | (uintptr_t)(c - 'a' + 10);
        else
            return number;
    }
}

/* Whether the text holds the part; neither memmem() nor strstr() has to be
 * safe here. */
static bool
has(const char *text, size_t size, const char *part)
{
    size_t part_size = strlen(part);

    for (size_t i = 0; i + part_size <= size; i++)
        if (memcmp(text + i, part, part_size) == 0)
            return true;
    return false;
}

/* The file in whose map the address lies; size 0: in none.  A line of the list
 * is "from-to rights offset device inode  path". */
static const char *
find_file(uintptr_t address, size_t *ret_size)
{
    const char *line = maps;

    while (*line != '\0') {
        const char *at = line;
        size_t size = strcspn(line, "\n");
        uintptr_t from = read_number(&at);
        at += *at == '-';
        uintptr_t to = read_number(&at);
        const char *path = memchr(line, '/', size);
        if (address >= from && address < to && path != NULL) {
            *ret_size = size - (size_t)(path - line);
            return path;
        }
        line += size + (line[size] == '\n');
    }
    *ret_size = 0;
    return "";
}

/* Which instruction it was. */
static uintptr_t
instruction(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.pc;
#else
    return 0;
#endif
}

static void
say(const char *text, size_t size)
{
    ssize_t done = write(STDERR_FILENO, text, size);

    (void)done; /* there is nobody else to tell */
}

static void
begin_line(void)
{
    const char *priority = trace_priority(TRACE_ERROR);

    say(priority, strlen(priority));
    say("leima: ", 7);
}

static void
end_damaged(const char *path, size_t size)
{
    static const char after[] =
        " is damaged: it can't be read through; restore a backup (history/ "
        "and state/ may be deleted, they are built again)\n";

    begin_line();
    if (size > 0)
        say(path, size);
    else
        say("the journal", 11);
    say(after, sizeof after - 1);
    _exit(COMMAND_DAMAGED);
}

/* LMDB's lock file is made with holes: its pages get their room on the disk
 * when they are first written, through the map, where nothing else than a
 * signal can say that there is none. */
static void
end_full(const char *path, size_t size)
{
    static const char after[] =
        ": no space left on the disk; make room, then try again\n";

    begin_line();
    say(path, size);
    say(after, sizeof after - 1);
    _exit(COMMAND_FAULT);
}

static void
handle(int number, siginfo_t *info, void *context)
{
    size_t size = 0;

    if (number == SIGABRT && db_has_panicked())
        end_damaged("", 0);
    if (number != SIGABRT) {
        read_maps();
        const char *path = find_file((uintptr_t)info->si_addr, &size);
        if (has(path, size, "/data.mdb") || has(path, size, ".run"))
            end_damaged(path, size);
        if (number == SIGBUS && has(path, size, "/lock.mdb"))
            end_full(path, size);
        /* A bent page can also send LMDB anywhere. */
        path = find_file(instruction(context), &size);
        if (has(path, size, "/liblmdb"))
            end_damaged("", 0);
    }
    signal(number, SIG_DFL);
    raise(number);
}

void
guard_install(void)
{
    static const int NUMBERS[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT };
    const stack_t own = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = handle,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigemptyset(&action.sa_mask);
    if (sigaltstack(&own, NULL) != 0)
        action.sa_flags &= ~SA_ONSTACK;
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++)
        sigaction(NUMBERS[i], &action, NULL);
}
