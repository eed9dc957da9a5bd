/*
 * explain.h - the steps of a walk as JSON rows (CLI.md, "explain --json")
 */
#ifndef CORE_EXPLAIN_H
#define CORE_EXPLAIN_H

#include "core/text.h"
#include "core/walk.h"

/* Appends the row of the walk's current step, without a newline; with rules
 * that gave nothing if the fold was opened with `why`. */
void explain_row(struct text *text, const struct walk *walk);

/* Appends the array of the rows of all steps that are left, one row to a line,
 * without a newline at the end. */
void explain_json(struct text *text, struct walk *walk);

#endif
