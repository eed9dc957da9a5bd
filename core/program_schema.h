/*
 * program_schema.h - the grammar of a program file as a JSON Schema, for
 * editors
 *
 * Written from the same tables that the reader goes by, so they can't differ.
 * It says less than the reader (no references, no relations between values).
 */
#ifndef CORE_PROGRAM_SCHEMA_H
#define CORE_PROGRAM_SCHEMA_H

#include "core/text.h"

/* Appends a JSON Schema (draft 2020-12) with a newline at the end. */
void program_schema_write(struct text *text);

#endif
