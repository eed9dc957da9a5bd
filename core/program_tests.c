#include "core/program_tests.h"

#include "core/json.h"
#include "core/scalar.h"

/* Fields that EVENTS.md has as text, however their values look. */
static const char *const TEXT_FIELDS[] = {
    "at",         "bearer",   "bought_on", "by",     "card",       "cashier",
    "category",   "channel",  "entry",     "event",  "expires_on", "id",
    "kind",       "name",     "pass",      "reason", "receipt",    "recorded",
    "redemption", "reward",   "sku",       "source", "text",       "till",
    "voids",      "voids_id",
};

static bool
is_text_field(view key)
{
    for (uint32_t i = 0; i < COUNT_OF(TEXT_FIELDS); i++)
        if (view_equal(key, view_of(TEXT_FIELDS[i])))
            return true;
    return false;
}

static void
write_word(struct text *text, const struct yaml_node *node)
{
    int64_t number;
    bool is_number = node->plain && scalar_number(node->word, 0, &number);
    bool is_bool = node->plain && (view_equal(node->word, view_of("true")) ||
                                   view_equal(node->word, view_of("false")));

    if (!is_text_field(node->key) && (is_number || is_bool))
        text_view_append(text, node->word);
    else
        text_json_string(text, node->word);
}

static void write_node(struct text *text, const struct yaml_node *node);

static void
write_children(struct text *text, const struct yaml_node *node)
{
    for (const struct yaml_node *child = node->first; child != NULL;
         child = child->next) {
        if (child != node->first)
            text_string(text, ", ");
        if (node->kind == YAML_MAP) {
            text_json_string(text, child->key);
            text_string(text, ": ");
        }
        write_node(text, child);
    }
}

/* As deep as the tree, which YAML_DEPTH_MAX bounds. */
static void
write_node(struct text *text, const struct yaml_node *node)
{
    switch (node->kind) {
    case YAML_WORD:
        write_word(text, node);
        break;
    case YAML_LIST:
        text_char(text, '[');
        write_children(text, node);
        text_char(text, ']');
        break;
    case YAML_MAP:
        text_char(text, '{');
        write_children(text, node);
        text_char(text, '}');
        break;
    case YAML_WRONG:
        text_string(text, "null");
        break;
    }
}

static void
check_event(const struct program_tests *tests, const struct yaml_node *node,
            view json)
{
    struct arena scratch = *tests->scratch;
    struct complaint complaint = { 0 };
    struct json_extra extra;
    struct event event;

    if (json_read_event(json, &scratch, &event, &extra, &complaint) != OK)
        mistakes_add(tests->mistakes, node->place, "event: %s", complaint.text);
    else if (!extra.has_at)
        mistakes_add(tests->mistakes, node->place,
                     "missing key \"at\" in an event of a test");
    else if (!extra.has_store)
        mistakes_add(tests->mistakes, node->place,
                     "missing key \"store\" in an event of a test");
}

static view
read_event(const struct program_tests *tests, const struct yaml_node *node)
{
    struct mistake_quote quote;
    struct text text = { 0 };

    if (node->kind != YAML_MAP) {
        if (node->kind != YAML_WRONG)
            mistakes_add(tests->mistakes, node->place,
                         "events: expected a mapping, found %s",
                         yaml_found(node, &quote));
        return (view) { 0 };
    }
    write_node(&text, node);
    view json = { 0 };
    if (!text_ok(&text))
        mistakes_add(tests->mistakes, node->place, "event: out of memory");
    else
        json = arena_copy(tests->arena, text_view(&text));
    text_close(&text);
    if (json.size > LIMIT_JSON_LINE)
        mistakes_add(tests->mistakes, node->place,
                     "event: longer than %d bytes", LIMIT_JSON_LINE);
    else if (json.size > 0)
        check_event(tests, node, json);
    return json;
}

void
program_tests_events(const struct program_tests *tests,
                     const struct yaml_node *list, struct program_test *test)
{
    struct mistake_quote quote;
    uint32_t place = 0;

    if (list->kind != YAML_LIST || list->count > LIMIT_PROGRAM_LIST) {
        if (list->kind != YAML_WRONG)
            mistakes_add(tests->mistakes, list->place,
                         "events: expected a list of at most %d, found %s",
                         LIMIT_PROGRAM_LIST, yaml_found(list, &quote));
        return;
    }
    struct program_test_event *events =
        ARENA_NEW(tests->arena, struct program_test_event, list->count);
    for (const struct yaml_node *node = list->first; node != NULL;
         node = node->next, place++) {
        events[place].line = node->place.line;
        events[place].json = read_event(tests, node);
    }
    test->events = events;
    test->event_count = list->count;
}

enum grammar_list
program_tests_list(enum expectation_kind kind)
{
    switch (kind) {
    case EXPECT_STAMPS:
        return GRAMMAR_STAMPS;
    case EXPECT_SPEND_PROGRESS:
        return GRAMMAR_SPEND_REWARDS;
    case EXPECT_VOUCHERS:
        return GRAMMAR_REWARDS;
    case EXPECT_PASSES:
        return GRAMMAR_PASSES;
    case EXPECT_AVAILABLE:
    case EXPECT_PENDING:
    case EXPECT_DEBT:
    case EXPECT_BALANCE:
    case EXPECT_WINDOW_SPEND:
    case EXPECT_PURCHASES:
    case EXPECT_SPEND:
    case EXPECT_TIER:
    case EXPECT_COUNT:
        break;
    }
    return GRAMMAR_NO_LIST;
}

/* Where the expectations of one test go: there is room for all of them. */
struct expecting {
    const struct program_tests *tests;
    struct program_expectation *list;
    uint32_t count;
    view account;
};

static void
expect_number(struct expecting *expecting, enum expectation_kind kind,
              view name, const struct yaml_node *node)
{
    struct mistake_quote quote;
    int64_t value = 0;

    if (node->kind == YAML_WRONG)
        return;
    if (node->kind != YAML_WORD || !scalar_number(node->word, 0, &value)) {
        mistakes_add(expecting->tests->mistakes, node->place,
                     "%s: expected a whole number, found %s",
                     expectation_name(kind), yaml_found(node, &quote));
        return;
    }
    expecting->list[expecting->count++] = (struct program_expectation) {
        .account = expecting->account,
        .kind = kind,
        .name = arena_copy(expecting->tests->arena, name),
        .value = value,
        .line = node->place.line,
    };
}

/* `tier: gold`; nothing, `null` or `~` means that none is held. */
static void
expect_tier(struct expecting *expecting, const struct yaml_node *node)
{
    const struct program_tests *tests = expecting->tests;
    bool none =
        node->kind == YAML_WORD && node->plain &&
        (node->word.size == 0 || view_equal(node->word, view_of("null")) ||
         view_equal(node->word, view_of("~")));

    if (!none && program_ids_resolve(tests->ids, GRAMMAR_LEVELS, "tier", node,
                                     tests->mistakes) == PROGRAM_NONE)
        return;
    expecting->list[expecting->count++] = (struct program_expectation) {
        .account = expecting->account,
        .kind = EXPECT_TIER,
        .name = none ? (view) { 0 } : arena_copy(tests->arena, node->word),
        .line = node->place.line,
    };
}

/* `stamps: {coffee: 3}`: each key is an id of the file. */
static void
expect_counts(struct expecting *expecting, enum expectation_kind kind,
              const struct yaml_node *map)
{
    const struct program_tests *tests = expecting->tests;
    struct mistake_quote quote;

    if (map->kind != YAML_MAP) {
        if (map->kind != YAML_WRONG)
            mistakes_add(tests->mistakes, map->place,
                         "%s: expected a mapping of ids to numbers, found %s",
                         expectation_name(kind), yaml_found(map, &quote));
        return;
    }
    for (const struct yaml_node *node = map->first; node != NULL;
         node = node->next) {
        const struct yaml_node id = { .kind = YAML_WORD,
                                      .plain = true,
                                      .place = node->key_place,
                                      .word = node->key };
        if (program_ids_resolve(tests->ids, program_tests_list(kind),
                                expectation_name(kind), &id,
                                tests->mistakes) != PROGRAM_NONE)
            expect_number(expecting, kind, node->key, node);
    }
}

static void
expect_key(struct expecting *expecting, const struct yaml_node *node)
{
    struct mistake_guess guess = mistake_guess_start(node->key);
    struct mistake_quote found, meant;

    for (enum expectation_kind kind = 0; kind < EXPECT_COUNT; kind++) {
        view name = view_of(expectation_name(kind));
        mistake_guess_offer(&guess, name);
        if (!view_equal(node->key, name))
            continue;
        if (kind == EXPECT_TIER)
            expect_tier(expecting, node);
        else if (program_tests_list(kind) != GRAMMAR_NO_LIST)
            expect_counts(expecting, kind, node);
        else
            expect_number(expecting, kind, (view) { 0 }, node);
        return;
    }
    mistakes_add(expecting->tests->mistakes, node->key_place,
                 "unknown key %s in what a test expects%s",
                 mistake_quote(node->key, &found),
                 mistake_guess_words(&guess, &meant));
}

static void
expect_account(struct expecting *expecting, const struct yaml_node *node)
{
    const struct program_tests *tests = expecting->tests;
    struct mistake_quote quote;
    account_id account;

    if (!account_parse(node->key, &account)) {
        mistakes_add(tests->mistakes, node->key_place,
                     "expect: expected an account, a member's number or "
                     "bearer:CODE, found %s",
                     mistake_quote(node->key, &quote));
        return;
    }
    if (node->kind != YAML_MAP) {
        if (node->kind != YAML_WRONG)
            mistakes_add(tests->mistakes, node->place,
                         "expect: expected a mapping, found %s",
                         yaml_found(node, &quote));
        return;
    }
    expecting->account = arena_copy(tests->arena, node->key);
    for (const struct yaml_node *child = node->first; child != NULL;
         child = child->next)
        expect_key(expecting, child);
}

/* How many single expectations a tree can hold at most: its words. */
static uint32_t
count_words(const struct yaml_node *node)
{
    uint32_t count = node->kind == YAML_WORD ? 1 : 0;

    for (const struct yaml_node *child = node->first; child != NULL;
         child = child->next)
        count += count_words(child);
    return count;
}

void
program_tests_expect(const struct program_tests *tests,
                     const struct yaml_node *accounts,
                     struct program_test *test)
{
    struct mistake_quote quote;
    uint32_t room = count_words(accounts);

    if (accounts->kind != YAML_MAP) {
        if (accounts->kind != YAML_WRONG)
            mistakes_add(tests->mistakes, accounts->place,
                         "expect: expected a mapping of accounts, found %s",
                         yaml_found(accounts, &quote));
        return;
    }
    struct expecting expecting = {
        .tests = tests,
        .list = ARENA_NEW(tests->arena, struct program_expectation, room),
    };
    for (const struct yaml_node *node = accounts->first; node != NULL;
         node = node->next)
        expect_account(&expecting, node);
    assert(expecting.count <= room);
    test->expectations = expecting.list;
    test->expectation_count = expecting.count;
}
