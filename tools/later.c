/*
 * later.c - what core/ does not have yet: to go away as it comes
 */
#include "core/program_schema.h"

void
program_schema_write(struct text *text)
{
    text_string(text, "{}\n");
}
