#include "tools/vacant.h"

#include "core/closing_write.h"
#include "core/statement.h"

#include <stdio.h>

enum { LIST_MAX = 20 }; /* of what there is, so many are named */

static bool
is_idle(const struct statement_line *line)
{
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++)
        if (line->amounts[m] != 0)
            return false;
    return true;
}

bool
vacant_is(const struct statement *statement)
{
    for (uint32_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        if (partner->store_count > 0 || partner->adjustment_count > 0 ||
            !is_idle(&partner->line))
            return false;
    }
    return true;
}

/* Puts out what was made; who has no memory left for it does without. */
static void
say(const struct vacant *vacant, struct text *text)
{
    if (text_ok(text))
        fprintf(stderr, "leima %s: %.*s\n", vacant->command, (int)text->size,
                (const char *)text->bytes);
    text_close(text);
}

/* --- months --- */

static void
put_month(struct text *text, int32_t period)
{
    char month[8];

    calendar_format_month(period, month);
    text_string(text, month);
}

static void
put_span(struct text *text, int32_t first, int32_t last)
{
    put_month(text, first);
    if (last == first)
        return;
    text_string(text, " to ");
    put_month(text, last);
}

/* The months of the first event and of the last. */
static enum err
find_span(const struct vacant *vacant, int32_t *ret_first, int32_t *ret_last)
{
    const struct timeline *timeline;
    struct complaint why;
    int64_t last_ms = INT64_MIN;

    enum err err =
        closing_first(vacant->ledger, vacant->books, LEDGER_KNOWN_ALL,
                      vacant->arena, ret_first, &why);
    if (err == OK)
        err =
            ledger_timeline(vacant->ledger, LEDGER_KNOWN_ALL, &timeline, &why);
    if (err == OK)
        err = ledger_last_at(vacant->ledger, LEDGER_KNOWN_ALL, &last_ms);
    if (err == OK)
        *ret_last = zone_month(&timeline->zone, last_ms);
    return err;
}

/* And what there is instead. */
static void
say_with_span(const struct vacant *vacant, struct text *text)
{
    int32_t first, last;
    enum err err = find_span(vacant, &first, &last);

    if (err == ERR_NOT_FOUND)
        text_string(text, "; the ledger holds no event yet");
    if (err == OK) {
        text_string(text, "; the ledger's events are of ");
        put_span(text, first, last);
    }
    say(vacant, text);
}

void
vacant_tell(const char *command, struct ledger *ledger, struct arena *arena,
            const char *what)
{
    const struct closing_books none = { 0 };
    const struct vacant vacant = { command, ledger, &none, arena };
    struct text text = { 0 };

    text_string(&text, what);
    say_with_span(&vacant, &text);
}

void
vacant_tell_months(const struct vacant *vacant, int32_t first, int32_t last)
{
    struct text text = { 0 };

    text_string(&text, "nothing happened in ");
    put_span(&text, first, last);
    say_with_span(vacant, &text);
}

/* --- rows --- */

/* A list of what there is: as many as are worth reading. */
struct names {
    struct text text;
    uint32_t count;
};

static void
put_name(struct names *names, view name)
{
    if (names->count++ > LIST_MAX)
        return;
    if (names->text.size > 0)
        text_string(&names->text, ", ");
    if (names->count > LIST_MAX)
        text_string(&names->text, "...");
    else
        text_view_append(&names->text, name);
}

/* Whether the question is about that partner. */
static bool
is_asked(const struct dispute_question *question, view partner)
{
    return question->partner.size == 0 ||
           view_equal(question->partner, partner);
}

static void
list_partners(const struct statement *statement, struct names *names)
{
    for (uint32_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        if (partner->store_count > 0 || !is_idle(&partner->line))
            put_name(names, partner->partner);
    }
}

/* The next store at which a partner asked about has a figure, several may; 0:
 * there is none. */
static uint32_t
next_store(const struct statement *statement,
           const struct dispute_question *question, uint32_t after)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        if (!is_asked(question, partner->partner))
            continue;
        for (uint32_t n = 0; n < partner->store_count; n++) {
            const uint32_t store = partner->stores[n].store;
            if (store > after && (next == 0 || store < next))
                next = store;
        }
    }
    return next;
}

static void
list_stores(const struct statement *statement,
            const struct dispute_question *question, struct names *names)
{
    char number[11];

    for (uint32_t store = next_store(statement, question, 0); store > 0;
         store = next_store(statement, question, store)) {
        snprintf(number, sizeof number, "%u", store);
        put_name(names, view_of(number));
    }
}

static bool
has_figure(const struct statement_partner *partner,
           const struct dispute_question *question, enum measure measure)
{
    if (!is_asked(question, partner->partner))
        return false;
    if (!question->by_store)
        return partner->line.amounts[measure] != 0;
    for (uint32_t n = 0; n < partner->store_count; n++)
        if (partner->stores[n].store == question->store &&
            partner->stores[n].line.amounts[measure] != 0)
            return true;
    return false;
}

static void
list_measures(const struct statement *statement,
              const struct dispute_question *question, struct names *names)
{
    for (enum measure m = 0; m < MEASURE_STATEMENT_COUNT; m++) {
        bool has = false;
        for (uint32_t i = 0; i < statement->partner_count && !has; i++)
            has = has_figure(&statement->partners[i], question, m);
        if (has)
            put_name(names, view_of(effect_measure_name(m)));
    }
}

/* What there is instead, the nearest to what was asked. */
static const char *
list_instead(const struct statement *statement,
             const struct dispute_question *question, struct names *names)
{
    list_measures(statement, question, names);
    if (names->count > 0)
        return "what there is: ";
    if (question->by_store)
        list_stores(statement, question, names);
    if (names->count > 0)
        return "stores with figures: ";
    list_partners(statement, names);
    return "partners with figures: ";
}

static void
put_question(struct text *text, const struct dispute_question *question)
{
    text_string(text, question->is_difference
                          ? "nothing came to count otherwise: "
                          : "nothing is behind that: ");
    put_month(text, question->period);
    if (question->partner.size > 0) {
        text_string(text, ", partner ");
        text_view_append(text, question->partner);
    }
    if (question->by_store)
        text_format(text, ", store %u", question->store);
}

static enum err
load_statement(const struct vacant *vacant,
               const struct dispute_question *question,
               struct statement *ret_statement)
{
    const struct closing *closing =
        closing_find(vacant->books, question->period);
    const struct closing_question open = { .books = vacant->books,
                                           .period = question->period,
                                           .known = question->known,
                                           .now_ms = question->now_ms };
    const struct statement *made = NULL;
    struct text json = { 0 };
    struct complaint why;

    enum err err = closing == NULL
                       ? closing_statement(vacant->ledger, &open, vacant->arena,
                                           &made, &why)
                       : closing_load(vacant->ledger, closing, &json, &why);
    if (err == OK && made != NULL)
        *ret_statement = *made;
    else if (err == OK)
        err = statement_read(text_view(&json), vacant->arena, ret_statement,
                             &why);
    text_close(&json);
    return err;
}

void
vacant_tell_rows(const struct vacant *vacant,
                 const struct dispute_question *question)
{
    struct statement statement;
    struct names names = { 0 };
    struct text text = { 0 };

    /* What was settled before is no help with what has changed since. */
    enum err err = question->is_difference
                       ? ERR_NOT_FOUND
                       : load_statement(vacant, question, &statement);
    if (err == OK && vacant_is(&statement)) {
        vacant_tell_months(vacant, question->period, question->period);
        return;
    }
    put_question(&text, question);
    if (err == OK) {
        const char *words = list_instead(&statement, question, &names);
        text_format(&text, "; %s", words);
        text_view_append(&text, text_view(&names.text));
    }
    text_close(&names.text);
    say(vacant, &text);
}
