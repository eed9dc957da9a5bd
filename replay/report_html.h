/*
 * report_html.h - comparisons as one page with tables and charts
 *
 * The page is one file that needs nothing else: the reports as JSON, the script
 * that draws them (replay/report_page.html) and Chart.js, both embedded at
 * build.  It opens from a mail or a memory stick, without a network.  Several
 * candidates stand in one table, and one of them at a time is shown in full.
 */
#ifndef REPLAY_REPORT_HTML_H
#define REPLAY_REPORT_HTML_H

#include "core/text.h"
#include "replay/compare.h"

struct report_html {
    const char *ledger;            /* as it was named */
    const char *const *candidates; /* the files' names, or the variants' */
    uint32_t count;
    const char *baseline; /* NULL: what is published */
    view currency;
    int32_t from_day;    /* as for report_json() */
    int64_t since_ms;    /* INT64_MIN: all effects are counted */
    const char *segment; /* as it was asked for; NULL: all accounts */
};

/* Appends the page of as many comparisons as there are candidates. */
void report_html(struct text *text, const struct report_html *names,
                 const struct comparison *comparisons);

#endif
