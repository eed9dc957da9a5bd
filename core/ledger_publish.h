/*
 * ledger_publish.h - a program file becomes a version of a ledger's rules
 */
#ifndef CORE_LEDGER_PUBLISH_H
#define CORE_LEDGER_PUBLISH_H

#include "core/ledger.h"

/* Publishes the bytes of a program file, effective from local midnight of
 * `from_day`.  The file must be free of mistakes and have the currency and the
 * zone of the versions before it; the transitions of the zone come from this
 * machine's tz database and go with it.  `name` stands in complaints. */
struct ledger_publish {
    const char *name;
    view file;
    int32_t from_day;
    int64_t now_ms;
};
/* Whether the program has the currency and the zone of the versions that there
 * are, and there is room for one more.  ERR_INPUT: the complaint says what is
 * wrong; ERR_UNKNOWN: a later leima has made one of them; faults of the
 * reader. */
NODISCARD enum err ledger_publish_fits(struct ledger *ledger,
                                       const struct program *program,
                                       struct complaint *complaint);
NODISCARD enum err ledger_publish(struct ledger *ledger,
                                  const struct ledger_publish *publish,
                                  identity *ret_identity,
                                  struct complaint *complaint);

#endif
