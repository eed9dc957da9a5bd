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
NODISCARD enum err ledger_publish(struct ledger *ledger,
                                  const struct ledger_publish *publish,
                                  identity *ret_identity,
                                  struct complaint *complaint);

#endif
