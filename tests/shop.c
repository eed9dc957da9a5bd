#include "tests/shop.h"

#include "tests/unit.h"

#include "core/json.h"
#include "core/ledger_append.h"
#include "core/ledger_publish.h"

#include <stdio.h>
#include <string.h>

static const int64_t NOW_MS = INT64_C(1790000000000); /* September 2026 */

static const char HEADING[] =
    "program: Shop\ncurrency: EUR\ntimezone: Europe/Helsinki\n"
    "partners:\n"
    "  - {id: market, stores: [1, 2, 10-19], issue_price: 0.010, "
    "redeem_price: 0.009}\n"
    "  - {id: cafe, stores: [30-39], issue_price: 0.012, "
    "redeem_price: 0.009}\n";

static void
need(enum err err, const struct complaint *complaint)
{
    if (err != OK)
        fail_msg("%s: %s", err_name(err), complaint->text);
}

void
shop_open(struct shop *shop)
{
    const struct ledger_identity who = { .node = 1, .incarnation = 1 };
    struct complaint complaint = { "" };
    char path[PLACE_SIZE];

    shop->place = place_make();
    place_join(&shop->place, "ledger", path);
    need(ledger_create(path, &who, NOW_MS, &complaint), &complaint);
    need(ledger_open(path, LEDGER_WRITE, &complaint, &shop->ledger),
         &complaint);
    assert_true(arena_open(&shop->arena, (size_t)1 << 30));
}

void
shop_close(struct shop *shop)
{
    ledger_close(shop->ledger);
    arena_close(&shop->arena);
    place_remove(&shop->place);
}

view
shop_program(struct shop *shop, const char *yaml)
{
    bool whole = strncmp(yaml, "program:", strlen("program:")) == 0;
    size_t size = sizeof HEADING + strlen(yaml);
    char *text = ARENA_NEW(&shop->arena, char, size);

    snprintf(text, size, "%s%s", whole ? "" : HEADING, yaml);
    return view_of(text);
}

void
shop_rules(struct shop *shop, const char *from, const char *yaml)
{
    struct complaint complaint = { "" };
    struct ledger_publish publish = { .name = "program.yaml",
                                      .file = shop_program(shop, yaml),
                                      .now_ms = NOW_MS };
    identity published;

    assert_true(calendar_parse_date(view_of(from), &publish.from_day));
    need(ledger_publish(shop->ledger, &publish, &published, &complaint),
         &complaint);
    need(ledger_refresh(shop->ledger, &complaint), &complaint);
}

void
shop_import(struct shop *shop, const char *lines)
{
    struct ledger_import import = { .now_ms = NOW_MS };
    struct complaint complaint = { "" };

    for (const char *end; *lines != '\0'; lines = end + 1) {
        struct arena scratch = shop->arena;
        struct ledger_entry entry = { .line = 1 };
        struct json_extra extra;
        uint32_t refused;
        end = strchr(lines, '\n');
        assert_non_null(end);
        view line = { (const uint8_t *)lines, (uint32_t)(end - lines) };
        need(json_read_event(line, &scratch, &entry.event, &extra, &complaint),
             &complaint);
        entry.at_given = extra.has_at;
        need(ledger_import(shop->ledger, &entry, 1, &import, &refused,
                           &complaint),
             &complaint);
    }
    need(ledger_refresh(shop->ledger, &complaint), &complaint);
}

void
shop_start(struct shop *shop, const char *yaml, const char *lines)
{
    shop_open(shop);
    shop_rules(shop, "2000-01-01", yaml);
    shop_import(shop, lines);
}

struct closing_books
shop_books(struct shop *shop)
{
    struct closing_books books;
    struct complaint complaint;

    assert_int_equal(closing_read(shop->ledger, LEDGER_KNOWN_ALL, &shop->arena,
                                  &books, &complaint),
                     OK);
    return books;
}
