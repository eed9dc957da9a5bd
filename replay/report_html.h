/*
 * report_html.h - a comparison as one page with tables and charts
 *
 * The page is one file that needs nothing else: the report as JSON, the script
 * that draws it (replay/report_page.html) and Chart.js, both embedded at
 * build.  It opens from a mail or a memory stick, without a network.
 */
#ifndef REPLAY_REPORT_HTML_H
#define REPLAY_REPORT_HTML_H

#include "core/text.h"
#include "replay/compare.h"

struct report_html {
    const char *ledger;    /* as it was named */
    const char *candidate; /* the file's name, or the variant's */
    const char *baseline;  /* NULL: what is published */
    view currency;
    int32_t from_day; /* as for report_json() */
};

/* Appends the page. */
void report_html(struct text *text, const struct report_html *names,
                 const struct comparison *comparison);

#endif
