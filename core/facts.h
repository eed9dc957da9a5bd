/*
 * facts.h - what the journal asks of an event's bytes: its fingerprint and id
 */
#ifndef CORE_FACTS_H
#define CORE_FACTS_H

#include "core/journal.h"
#include "core/text.h"

/* The fingerprint of an event, annex included.  `scratch` is written over.
 * False: no memory. */
NODISCARD bool facts_print(const struct event *event, struct text *scratch,
                           fingerprint *ret_print);

/* Decodes an event as it is stored; a journal_describe. */
bool facts_describe(const struct record_event *event,
                    struct journal_facts *ret_facts);

#endif
