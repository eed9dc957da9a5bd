/*
 * shrink.c - see shrink.h
 */
#include "tests/shrink.h"

#include "core/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 20, DIFFERENT = 3 };

/* Whether the case still fails; an invalid one does not count. */
static bool
fails(struct trial *trial, const struct gen_case *made)
{
    int status;
    pid_t child = fork();

    assert(child >= 0);
    if (child == 0) {
        struct text why = { 0 };
        alarm(SECONDS_MAX);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(0);
        _exit(trial_run(trial, made, &why) == TRIAL_DIFFERENT ? DIFFERENT : 0);
    }
    if (waitpid(child, &status, 0) != child)
        return false;
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static bool
drop_events(struct trial *trial, struct gen_case *made, struct gen_case *spare)
{
    bool any = false;

    for (uint32_t i = made->event_count; i-- > 0;) {
        *spare = *made;
        for (uint32_t k = i + 1; k < made->event_count; k++)
            spare->events[k - 1] = made->events[k];
        spare->event_count--;
        if (spare->event_count == 0 || !fails(trial, spare))
            continue;
        *made = *spare;
        any = true;
    }
    return any;
}

static bool
drop_versions(struct trial *trial, struct gen_case *made,
              struct gen_case *spare)
{
    bool any = false;

    for (uint32_t i = made->version_count; i-- > 0;) {
        *spare = *made;
        for (uint32_t k = i + 1; k < made->version_count; k++)
            spare->versions[k - 1] = made->versions[k];
        spare->version_count--;
        if (!fails(trial, spare))
            continue;
        *made = *spare;
        any = true;
    }
    return any;
}

/* Cuts `size` bytes out of a program. */
static bool
cut(struct trial *trial, struct gen_case *made, struct gen_case *spare,
    uint32_t version, size_t from, size_t size)
{
    *spare = *made;
    char *yaml = spare->versions[version].yaml;
    memmove(yaml + from, yaml + from + size, strlen(yaml + from + size) + 1);
    if (!fails(trial, spare))
        return false;
    *made = *spare;
    return true;
}

/* Lines by themselves, and each heading with all that is under it. */
static bool
drop_lines(struct trial *trial, struct gen_case *made, struct gen_case *spare,
           uint32_t version)
{
    const char *yaml = made->versions[version].yaml;
    bool any = false;

    for (size_t from = 0; yaml[from] != '\0';) {
        size_t line = strcspn(yaml + from, "\n") + 1;
        size_t block = line;
        while (yaml[from + block] == ' ')
            block += strcspn(yaml + from + block, "\n") + 1;
        if (cut(trial, made, spare, version, from, block) ||
            (block != line && cut(trial, made, spare, version, from, line)))
            any = true;
        else
            from += line;
    }
    return any;
}

/* The size of ", key: value" at a comma, brackets and all. */
static size_t
pair_size(const char *text)
{
    int depth = 0;
    size_t i = 1;

    for (; text[i] != '\0' && text[i] != '\n'; i++) {
        if (text[i] == '{' || text[i] == '[')
            depth++;
        if ((text[i] == '}' || text[i] == ']') && depth-- == 0)
            break;
        if (text[i] == ',' && depth == 0)
            break;
    }
    return i;
}

static bool
drop_pairs(struct trial *trial, struct gen_case *made, struct gen_case *spare,
           uint32_t version)
{
    const char *yaml = made->versions[version].yaml;
    bool any = false;

    for (size_t from = 0; yaml[from] != '\0';) {
        bool comma = yaml[from] == ',' && yaml[from + 1] == ' ';
        if (comma &&
            cut(trial, made, spare, version, from, pair_size(yaml + from)))
            any = true;
        else
            from++;
    }
    return any;
}

void
shrink_case(struct trial *trial, struct gen_case *made)
{
    struct gen_case *spare = malloc(sizeof *spare);
    bool again = true;

    assert(spare != NULL);
    if (!fails(trial, made))
        again = false;
    while (again) {
        again = drop_events(trial, made, spare);
        again = drop_versions(trial, made, spare) || again;
        for (uint32_t i = 0; i < made->version_count; i++) {
            again = drop_lines(trial, made, spare, i) || again;
            again = drop_pairs(trial, made, spare, i) || again;
        }
    }
    free(spare);
}

void
shrink_print(struct trial *trial, const struct gen_case *made)
{
    struct text text = { 0 };
    char date[11];
    char time[25];

    calendar_format_time(made->until_ms, time);
    printf("seed %llu, asked at %s\n", (unsigned long long)made->seed, time);
    for (uint32_t i = 0; i < made->version_count; i++) {
        calendar_format_date(made->versions[i].from_day, date);
        printf("--- from %s\n%s", date, made->versions[i].yaml);
    }
    printf("--- events\n");
    for (uint32_t i = 0; i < made->event_count; i++) {
        json_write_event(&text, &made->events[i]);
        text_char(&text, '\n');
    }
    printf("%.*s---\n", (int)text.size, (const char *)text.bytes);
    fflush(stdout);
    text_clear(&text);
    if (trial_run(trial, made, &text) == TRIAL_EQUAL)
        text_string(&text, "no difference now\n");
    printf("%.*s\n", (int)text.size, (const char *)text.bytes);
    fflush(stdout);
    text_close(&text);
}
