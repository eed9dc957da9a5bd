#include "bench/bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double
bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double
bench_cpu(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
compare_values(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

double
bench_median(double *values, uint32_t count)
{
    assert(count > 0);
    qsort(values, count, sizeof *values, compare_values);
    return values[count / 2];
}

struct bench_case *
bench_add(struct bench *bench, const char *name, const char *unit, double value)
{
    assert(bench->count < BENCH_CASES_MAX);
    struct bench_case *one = &bench->cases[bench->count++];
    *one = (struct bench_case) { .unit = unit, .value = value };
    snprintf(one->name, sizeof one->name, "%s", name);
    return one;
}

void
bench_peer(struct bench_case *one, const char *name, double value)
{
    assert(one->peer_count < BENCH_PEERS_MAX);
    one->peers[one->peer_count++] = (struct bench_peer) { name, value };
}

void
bench_absent(const char *peer)
{
    printf("%s is not installed: left out\n", peer);
    fflush(stdout);
}

/* The cases that have not been printed; the last one may still get peers until
 * something else is said. */
static void
print_cases(struct bench *bench)
{
    if (bench->start <= 0) {
        printf("\n%s\n", bench->name);
        bench->start = bench_now();
    }
    for (; bench->told < bench->count; bench->told++) {
        const struct bench_case *one = &bench->cases[bench->told];
        printf("  %-44s %16.2f %-10s", one->name, one->value, one->unit);
        for (uint32_t k = 0; k < one->peer_count; k++)
            printf("  %s %.2f", one->peers[k].name, one->peers[k].value);
        printf("\n");
    }
    fflush(stdout);
}

void
bench_phase(struct bench *bench, const char *next)
{
    print_cases(bench);
    printf("  [%.0f s] %s ...\n", bench_now() - bench->start, next);
    fflush(stdout);
}

static bool
write_json(const struct bench *bench, FILE *file)
{
    fprintf(file, "[");
    for (uint32_t i = 0; i < bench->count; i++) {
        const struct bench_case *one = &bench->cases[i];
        fprintf(file, "%s\n {\"case\": \"%s\", \"value\": %.6g, ",
                i > 0 ? "," : "", one->name, one->value);
        fprintf(file, "\"unit\": \"%s\", \"peers\": {", one->unit);
        for (uint32_t k = 0; k < one->peer_count; k++)
            fprintf(file, "%s\"%s\": %.6g", k > 0 ? ", " : "",
                    one->peers[k].name, one->peers[k].value);
        fprintf(file, "}}");
    }
    fprintf(file, "\n]\n");
    return ferror(file) == 0;
}

bool
bench_report(struct bench *bench)
{
    char path[256];

    print_cases(bench);
    mkdir("build", 0777);
    mkdir("build/bench", 0777);
    snprintf(path, sizeof path, "build/bench/%s.json", bench->name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    bool done = write_json(bench, file);
    return fclose(file) == 0 && done;
}

/* The folder that is there now, and whose it is: a child that ends leaves it.
 */
static char folder_now[4096];
static pid_t folder_owner;

static bool
remove_folder(void)
{
    char command[4200];

    snprintf(command, sizeof command, "rm -rf '%s'", folder_now);
    folder_now[0] = '\0';
    return system(command) == 0;
}

static void
remove_left_folder(void)
{
    if (folder_owner == getpid() && folder_now[0] != '\0')
        (void)remove_folder();
}

const char *
bench_folder(void)
{
    const char *root = getenv("TMPDIR");

    assert(folder_now[0] == '\0');
    if (folder_owner == 0)
        atexit(remove_left_folder);
    folder_owner = getpid();
    snprintf(folder_now, sizeof folder_now, "%s/leima-bench-XXXXXX",
             root != NULL ? root : "/tmp");
    if (mkdtemp(folder_now) == NULL) {
        folder_now[0] = '\0';
        bench_need(false, "make a folder for temporary files");
    }
    return folder_now;
}

void
bench_folder_remove(const char *folder)
{
    assert(folder == folder_now);
    bench_need(remove_folder(), "remove the temporary files");
}

long
bench_rss_anon_kb(long process)
{
    char path[64], line[256];
    long kilobytes = -1;

    snprintf(path, sizeof path, "/proc/%ld/status", process);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "RssAnon: %ld kB", &kilobytes) == 1)
            break;
    fclose(file);
    return kilobytes;
}

double
bench_cpu_of(long process)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, kernel = 0;

    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    /* Fields 14 and 15; the second one is the name in brackets. */
    const char *rest = fgets(line, sizeof line, file) ? strrchr(line, ')') : "";
    if (sscanf(rest ? rest : "",
               ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
               &kernel) != 2)
        user = kernel = 0;
    fclose(file);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

void
bench_need(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "could not %s\n", what);
    exit(1);
}
