/*
 * test_examples.c - the worked examples: balances and explanations come out as
 * their READMEs work them by hand, whatever the order of arrival
 */
#include "tests/story.h"
#include "tests/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char examples[] = "tests/examples";

/* The whole file with an end; owned by the caller; NULL: there is none. */
static char *
read_file(const char *folder, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s/%s", examples, folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    bytes[size] = '\0';
    fclose(file);
    return bytes;
}

/* program.yaml from 2000 on, and program@DATE.yaml from its date on. */
static void
read_programs(struct story *story, const char *folder, const char *name)
{
    const char *at = strchr(name, '@');
    char from[11] = "2000-01-01";

    if (at != NULL)
        snprintf(from, sizeof from, "%.10s", at + 1);
    char *yaml = read_file(folder, name);
    assert_non_null(yaml);
    story_version(story, from, yaml);
    free(yaml);
}

/* explain-42.json, explain-bearer-COUPON-1.json */
static void
check_explain(struct story *story, const char *folder, const char *name,
              const char *until)
{
    char account[128];
    const char *from = name + strlen("explain-");
    int size = (int)(strlen(from) - strlen(".json"));
    bool bearer = strncmp(from, "bearer-", 7) == 0;

    snprintf(account, sizeof account, "%s%.*s", bearer ? "bearer:" : "",
             size - (bearer ? 7 : 0), from + (bearer ? 7 : 0));
    char *expected = read_file(folder, name);
    story_same_json(story_explain(story, account, until, false), expected);
    free(expected);
}

static void
check_folder(const char *folder)
{
    struct story *story = story_open();
    char path[512];
    struct dirent **names;

    snprintf(path, sizeof path, "%s/%s", examples, folder);
    int count = scandir(path, &names, NULL, alphasort);
    assert_true(count > 0);
    read_programs(story, folder, "program.yaml");
    for (int i = 0; i < count; i++)
        if (strncmp(names[i]->d_name, "program@", 8) == 0)
            read_programs(story, folder, names[i]->d_name);
    char *lines = read_file(folder, "events.jsonl");
    story_lines(story, view_of(lines));
    char *until = read_file(folder, "at");
    until[strcspn(until, "\n")] = '\0';
    char *balances = read_file(folder, "balance.jsonl");
    print_message("%s\n", folder);
    story_same_json(story_accounts_json(story, until), balances);
    for (int i = 0; i < count; i++) {
        if (strncmp(names[i]->d_name, "explain-", 8) == 0)
            check_explain(story, folder, names[i]->d_name, until);
        free(names[i]);
    }
    free(names);
    free(lines);
    free(until);
    free(balances);
    story_close(story);
}

TEST(all_examples_come_out_as_worked_by_hand)
{
    struct dirent **names;
    int count = scandir(examples, &names, NULL, alphasort);
    int checked = 0;

    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        if (names[i]->d_name[0] >= '0' && names[i]->d_name[0] <= '9') {
            check_folder(names[i]->d_name);
            checked++;
        }
        free(names[i]);
    }
    free(names);
    assert_int_equal(checked, 20);
}

RUN(cmocka_unit_test(all_examples_come_out_as_worked_by_hand))
