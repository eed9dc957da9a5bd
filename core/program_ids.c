#include "core/program_ids.h"

#include <stdlib.h>

const struct yaml_node *
program_ids_list(const struct yaml_node *root, enum grammar_list list)
{
    const struct yaml_node *node;

    if (list == GRAMMAR_NO_LIST)
        return NULL;
    node = list == GRAMMAR_LEVELS
               ? yaml_find(yaml_find(root, "tiers"), "levels")
               : yaml_find(root, grammar_list_path(list));
    return node != NULL && node->kind == YAML_LIST ? node : NULL;
}

static int
compare_ids(const void *a, const void *b)
{
    const struct program_id *left = a, *right = b;
    int order = view_compare(left->id, right->id);

    if (order != 0)
        return order;
    return left->place < right->place ? -1 : left->place > right->place;
}

static void
tell_duplicates(const struct program_id *sorted, uint32_t count,
                enum grammar_list list, struct mistakes *mistakes)
{
    struct mistake_quote quote;

    for (uint32_t i = 1; i < count; i++)
        if (view_equal(sorted[i].id, sorted[i - 1].id))
            mistakes_add(mistakes, sorted[i].at,
                         "id: %s stands in %s already, on line %u",
                         mistake_quote(sorted[i].id, &quote),
                         grammar_list_path(list), sorted[i - 1].at.line);
}

static void
collect(struct program_ids *ids, enum grammar_list list,
        const struct yaml_node *node, struct arena *arena,
        struct mistakes *mistakes)
{
    struct program_id *found = ARENA_NEW(arena, struct program_id, node->count);
    uint32_t count = 0;
    int32_t place = 0;

    for (const struct yaml_node *entry = node->first; entry != NULL;
         entry = entry->next, place++) {
        const struct yaml_node *id = yaml_find(entry, "id");
        if (id == NULL || id->kind != YAML_WORD)
            continue;
        found[count++] = (struct program_id) { id->word, place, id->place };
    }
    assert(count <= node->count);
    qsort(found, count, sizeof found[0], compare_ids);
    tell_duplicates(found, count, list, mistakes);
    ids->lists[list].sorted = found;
    ids->lists[list].count = count;
}

void
program_ids_collect(struct program_ids *ids, const struct yaml_node *root,
                    struct arena *arena, struct mistakes *mistakes)
{
    *ids = (struct program_ids) { 0 };
    for (enum grammar_list list = GRAMMAR_NO_LIST + 1;
         list < GRAMMAR_LIST_COUNT; list++) {
        const struct yaml_node *node = program_ids_list(root, list);
        if (node != NULL)
            collect(ids, list, node, arena, mistakes);
    }
}

/* The place of the entry with that id; PROGRAM_NONE. */
static int32_t
find(const struct program_ids *ids, enum grammar_list list, view id)
{
    const struct program_id *sorted = ids->lists[list].sorted;
    uint32_t low = 0, high = ids->lists[list].count;

    assert(list != GRAMMAR_NO_LIST);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (view_compare(sorted[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < ids->lists[list].count && view_equal(sorted[low].id, id);
    return found ? sorted[low].place : PROGRAM_NONE;
}

int32_t
program_ids_resolve(const struct program_ids *ids, enum grammar_list list,
                    const char *key, const struct yaml_node *node,
                    struct mistakes *mistakes)
{
    struct mistake_quote found, meant;

    if (node->kind == YAML_WORD) {
        int32_t place = find(ids, list, node->word);
        if (place != PROGRAM_NONE)
            return place;
    }
    if (node->kind == YAML_WRONG)
        return PROGRAM_NONE;
    struct mistake_guess guess = mistake_guess_start(
        node->kind == YAML_WORD ? node->word : (view) { 0 });
    /* Not for what is counted only: a file may be all mistakes. */
    bool kept = mistakes->count < LIMIT_MISTAKES;
    for (uint32_t i = 0; kept && i < ids->lists[list].count; i++)
        mistake_guess_offer(&guess, ids->lists[list].sorted[i].id);
    mistakes_add(mistakes, node->place, "%s: expected an id of %s, found %s%s",
                 key, grammar_list_path(list), yaml_found(node, &found),
                 mistake_guess_words(&guess, &meant));
    return PROGRAM_NONE;
}
