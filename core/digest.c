#include "core/digest.h"

#include "core/balance.h"
#include "core/census.h"

enum err
digest_accounts(struct ledger *ledger, uint64_t known, int64_t at_ms,
                digest *ret_digest, struct complaint *complaint)
{
    const struct census_options options = { .known = known, .at_ms = at_ms };
    struct census *census = NULL;
    struct crypto_blake blake;
    struct text line = { 0 };
    const struct walk *walk;
    uint64_t events = 0;
    enum err err = census_open(ledger, &options, complaint, &census);

    if (err != OK)
        return err;
    watch_begin(ledger_watch(ledger), "events folded:",
                history_counts(ledger_history(ledger)).events);
    crypto_blake_start(&blake);
    while ((err = census_next(census, &walk)) == OK) {
        text_clear(&line);
        balance_json(&line, census_timeline(census), &walk->account, at_ms);
        text_char(&line, '\n');
        if (!text_ok(&line)) {
            err = ERR_MEMORY;
            break;
        }
        crypto_blake_add(&blake, line.bytes, line.size);
        events += census_history(census)->event_count;
        watch_reach(ledger_watch(ledger), events);
    }
    text_close(&line);
    census_close(census);
    if (err != ERR_NOT_FOUND) {
        complain(complaint, "%s: %s", ledger_dir(ledger), err_name(err));
        return err;
    }
    *ret_digest = crypto_blake_end(&blake);
    return OK;
}
