#include "bench/servers.h"

#include "bench/bench.h"
#include "bench/sqlite.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROW_SIZE = 100, REPLY_SIZE = 256 };

/* As much of the interface as is used here. */
struct postgres {
    void *(*connect)(const char *);
    int (*status)(const void *);
    void *(*prepare)(void *, const char *, const char *, int, const void *);
    void *(*run)(void *, const char *);
    void *(*insert)(void *, const char *, int, const char *const *, const int *,
                    const int *, int);
    int (*result)(const void *);
    void (*clear)(void *);
    void (*finish)(void *);
};

struct servers {
    char folder[4096];
    bool has_sqlite;
    bool has_postgres;
    bool has_redis;
    struct postgres postgres;
    pid_t redis;
    uint32_t number; /* of the next SQLite file */
    struct sqlite sqlites[CROWD_MAX];
    void *connections[CROWD_MAX];
    void *inserts[CROWD_MAX];
    int sockets[CROWD_MAX];
};

/* POSIX lets dlsym() give functions through this cast. */
#define FIND(library, function, name)                                          \
    (*(void **)&(function) = dlsym(library, name))

/* --- starting and stopping --- */

static bool
load_postgres(struct postgres *postgres)
{
    void *library = dlopen("libpq.so.5", RTLD_NOW);

    return library != NULL && FIND(library, postgres->connect, "PQconnectdb") &&
           FIND(library, postgres->status, "PQstatus") &&
           FIND(library, postgres->prepare, "PQprepare") &&
           FIND(library, postgres->run, "PQexec") &&
           FIND(library, postgres->insert, "PQexecPrepared") &&
           FIND(library, postgres->result, "PQresultStatus") &&
           FIND(library, postgres->clear, "PQclear") &&
           FIND(library, postgres->finish, "PQfinish");
}

static bool
shell(const char *folder, const char *script)
{
    char command[16384];

    snprintf(command, sizeof command,
             "exec >/dev/null 2>&1; F='%s'; "
             "PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin | tail -1); "
             "AS=; test $(id -u) = 0 && AS='runuser -u postgres --'; %s",
             folder, script);
    return system(command) == 0;
}

/* A cluster without a network; it refuses to run as root. */
static bool
start_postgres(const char *folder)
{
    return chmod(folder, 0711) == 0 &&
           shell(folder, "mkdir $F/pg && { test -z \"$AS\" || chown postgres "
                         "$F/pg; } && cd $F/pg && $AS $(command -v initdb) "
                         "-D $F/pg/data -A trust -U bench && "
                         "$AS $(command -v pg_ctl) -D $F/pg/data -w -l "
                         "$F/pg/log -o \"-k $F/pg -c listen_addresses='' "
                         "-c max_connections=80\" start");
}

static bool
start_redis(struct servers *servers)
{
    char path[4200];

    if (!shell(servers->folder, "command -v redis-server"))
        return false;
    snprintf(path, sizeof path, "%s/redis.sock", servers->folder);
    servers->redis = fork();
    if (servers->redis == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* gone when we are */
        if (chdir(servers->folder) == 0 &&
            freopen("/dev/null", "w", stdout) != NULL)
            execlp("redis-server", "redis-server", "--port", "0",
                   "--unixsocket", path, "--appendonly", "yes", "--appendfsync",
                   "always", "--save", "", NULL);
        _exit(1);
    }
    for (double end = bench_now() + 10; bench_now() < end;) {
        if (access(path, R_OK) == 0)
            return true;
        nanosleep(&(struct timespec) { .tv_nsec = 10000000 }, NULL);
    }
    return false;
}

struct servers *
servers_open(const char *folder)
{
    struct servers *servers = calloc(1, sizeof *servers);

    bench_need(servers != NULL, "have memory");
    snprintf(servers->folder, sizeof servers->folder, "%s", folder);
    servers->has_sqlite = sqlite_load();
    if (!servers->has_sqlite)
        bench_absent("SQLite");
    servers->has_postgres =
        load_postgres(&servers->postgres) && start_postgres(folder);
    if (!servers->has_postgres)
        bench_absent("PostgreSQL");
    servers->has_redis = start_redis(servers);
    if (!servers->has_redis)
        bench_absent("Redis");
    return servers;
}

void
servers_close(struct servers *servers)
{
    if (servers->has_postgres)
        shell(servers->folder, "cd $F/pg; $AS $(command -v pg_ctl) -D "
                               "$F/pg/data -w -m immediate stop");
    if (servers->redis > 0) {
        kill(servers->redis, SIGKILL);
        waitpid(servers->redis, NULL, 0);
    }
    free(servers);
}

/* --- SQLite --- */

static void
insert_sqlite(void *context, uint32_t member)
{
    static const char row[ROW_SIZE];
    const struct servers *servers = context;

    sqlite_insert(&servers->sqlites[member], row, sizeof row);
}

struct crowd_result
servers_sqlite(struct servers *servers, uint32_t callers, double seconds)
{
    char path[4200];

    if (!servers->has_sqlite)
        return (struct crowd_result) { 0 };
    snprintf(path, sizeof path, "%s/sqlite-%u", servers->folder,
             servers->number++);
    for (uint32_t i = 0; i < callers; i++)
        sqlite_open(path, &servers->sqlites[i]);
    struct crowd_result result =
        crowd_run(callers, seconds, insert_sqlite, servers);
    for (uint32_t i = 0; i < callers; i++)
        sqlite_close(&servers->sqlites[i]);
    return result;
}

/* --- PostgreSQL --- */

static void
take_result(const struct postgres *postgres, void *result)
{
    enum { COMMAND_OK = 1 };

    bench_need(postgres->result(result) == COMMAND_OK, "use PostgreSQL");
    postgres->clear(result);
}

static void
insert_postgres(void *context, uint32_t member)
{
    static const char row[ROW_SIZE];
    const char *const values[] = { row };
    const int sizes[] = { ROW_SIZE };
    const int formats[] = { 1 };
    struct servers *servers = context;
    const struct postgres *postgres = &servers->postgres;

    take_result(postgres, postgres->insert(servers->connections[member], "add",
                                           1, values, sizes, formats, 0));
}

struct crowd_result
servers_postgres(struct servers *servers, uint32_t callers, double seconds)
{
    const struct postgres *postgres = &servers->postgres;
    char words[4300];

    if (!servers->has_postgres)
        return (struct crowd_result) { 0 };
    snprintf(words, sizeof words, "host=%s/pg user=bench dbname=postgres",
             servers->folder);
    for (uint32_t i = 0; i < callers; i++) {
        void *connection = postgres->connect(words);
        servers->connections[i] = connection;
        bench_need(postgres->status(connection) == 0, "reach PostgreSQL");
        take_result(postgres,
                    postgres->run(connection,
                                  "SET client_min_messages=error;"
                                  "CREATE TABLE IF NOT EXISTS event("
                                  "id bigserial PRIMARY KEY, value bytea)"));
        take_result(postgres,
                    postgres->prepare(connection, "add",
                                      "INSERT INTO event(value) VALUES($1)", 1,
                                      NULL));
    }
    struct crowd_result result =
        crowd_run(callers, seconds, insert_postgres, servers);
    for (uint32_t i = 0; i < callers; i++)
        postgres->finish(servers->connections[i]);
    return result;
}

/* --- Redis --- */

static int
dial_redis(const struct servers *servers)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int length = snprintf(address.sun_path, sizeof address.sun_path,
                          "%.90s/redis.sock", servers->folder);
    int handle = socket(AF_UNIX, SOCK_STREAM, 0);

    bench_need(
        length > 0 && handle >= 0 &&
            connect(handle, (struct sockaddr *)&address, sizeof address) == 0,
        "reach Redis");
    return handle;
}

static void
insert_redis(void *context, uint32_t member)
{
    struct servers *servers = context;
    char request[ROW_SIZE + 64], reply[REPLY_SIZE];
    size_t got = 0;
    int size = snprintf(request, sizeof request,
                        "*3\r\n$5\r\nRPUSH\r\n$6\r\nevents\r\n$%d\r\n%0*d\r\n",
                        ROW_SIZE, ROW_SIZE, 7);

    bench_need(write(servers->sockets[member], request, (size_t)size) == size,
               "write to Redis");
    while (got == 0 || reply[got - 1] != '\n') {
        ssize_t more =
            read(servers->sockets[member], reply + got, sizeof reply - got);
        bench_need(more > 0, "read from Redis");
        got += (size_t)more;
    }
    bench_need(reply[0] == ':', "append to Redis");
}

struct crowd_result
servers_redis(struct servers *servers, uint32_t callers, double seconds)
{
    if (!servers->has_redis)
        return (struct crowd_result) { 0 };
    for (uint32_t i = 0; i < callers; i++)
        servers->sockets[i] = dial_redis(servers);
    struct crowd_result result =
        crowd_run(callers, seconds, insert_redis, servers);
    for (uint32_t i = 0; i < callers; i++)
        close(servers->sockets[i]);
    return result;
}
