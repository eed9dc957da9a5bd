#include "replay/report_html.h"

#include "replay/report.h"

#include <string.h>

/* Embedded by the Makefile, each with a byte behind its end. */
extern const uint8_t report_page[];
extern const uint8_t report_page_end[];
extern const uint8_t chart_js[];
extern const uint8_t chart_js_end[];

/* What the template has where something is to be put in. */
#define PLACE_DATA "<!--DATA-->"
#define PLACE_CHART "<!--CHART-->"

/* JSON within a script: no `<` may stand in it, or a name could end it. */
static void
put_data(struct text *text, const struct text *json)
{
    text_string(text, "<script type=\"application/json\" id=\"data\">");
    for (size_t i = 0; i < json->size; i++)
        if (json->bytes[i] == '<')
            text_string(text, "\\u003c");
        else
            text_char(text, (char)json->bytes[i]);
    text_string(text, "</script>");
}

static void
put_bands(struct text *json, const struct outcome *outcome)
{
    text_string(json, ",\n \"bands\": [");
    for (uint32_t i = 0; i < OUTCOME_BANDS; i++) {
        text_comma(json);
        text_char(json, '{');
        text_json_integer(json, "from", outcome_band_from(i));
        text_json_integer(json, "accounts", (int64_t)outcome->bands[i]);
        text_char(json, '}');
    }
    text_char(json, ']');
}

/* What it is about. */
static void
put_basis(struct text *json, const struct report_html *names,
          const struct simulation *simulation)
{
    const struct zone *zone = &simulation->sides[1].timeline->zone;
    char until[17], since[11];

    text_json_words(json, "ledger", view_of(names->ledger));
    text_json_words(json, "baseline",
                    view_of(names->baseline == NULL ? "" : names->baseline));
    zone_format_minute(zone, simulation->until_ms, until);
    text_json_words(json, "until", view_of(until));
    if (names->since_ms != INT64_MIN) {
        calendar_format_date(zone_day(zone, names->since_ms), since);
        text_json_view(json, "since", view_of(since));
    }
    if (names->segment != NULL)
        text_json_words(json, "segment", view_of(names->segment));
    text_json_view(json, "currency", names->currency);
}

static void
write_data(struct text *json, const struct report_html *names,
           const struct comparison *comparisons)
{
    text_char(json, '{');
    put_basis(json, names, comparisons[0].simulation);
    text_string(json, ",\n \"candidates\": [");
    for (uint32_t i = 0; i < names->count; i++) {
        text_string(json, i > 0 ? ",\n{" : "{");
        text_json_words(json, "name", view_of(names->candidates[i]));
        put_bands(json, comparisons[i].outcome);
        text_string(json, ",\n \"report\": ");
        report_json(json, &comparisons[i], names->from_day);
        text_char(json, '}');
    }
    text_string(json, "]}");
}

static void
put_embedded(struct text *text, const uint8_t *from, const uint8_t *end)
{
    text_bytes(text, from, (size_t)(end - from));
}

/* The first place of `word` in the template. */
static const uint8_t *
find(const uint8_t *from, const uint8_t *end, const char *word)
{
    const uint8_t *found =
        memmem(from, (size_t)(end - from), word, strlen(word));

    assert(found != NULL);
    return found;
}

void
report_html(struct text *text, const struct report_html *names,
            const struct comparison *comparisons)
{
    const uint8_t *data = find(report_page, report_page_end, PLACE_DATA);
    const uint8_t *chart = find(data, report_page_end, PLACE_CHART);
    struct text json = { 0 };

    write_data(&json, names, comparisons);
    put_embedded(text, report_page, data);
    put_data(text, &json);
    put_embedded(text, data + strlen(PLACE_DATA), chart);
    text_string(text, "<script>");
    put_embedded(text, chart_js, chart_js_end);
    text_string(text, "</script>");
    put_embedded(text, chart + strlen(PLACE_CHART), report_page_end);
    text->failed |= !text_ok(&json);
    text_close(&json);
}
