/*
 * report.h - a comparison as JSON (REPLAY.md)
 */
#ifndef REPLAY_REPORT_H
#define REPLAY_REPORT_H

#include "core/text.h"
#include "replay/compare.h"

/* Appends the object and a newline.  `from_day` is the local date from which
 * the candidate held, or CANDIDATE_FROM_START's value for the beginning. */
void report_json(struct text *text, const struct comparison *comparison,
                 int32_t from_day);

/* Several candidates against one baseline: the object has `candidates`, a list
 * with `candidate` (its name), its side's figures and `changed`. */
void report_json_all(struct text *text, const struct comparison *comparisons,
                     const char *const *names, uint32_t count,
                     int32_t from_day);

#endif
