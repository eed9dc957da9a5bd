#include "tests/sim/toll.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
    "lost",
    "doubled",
    "overtaken",
    "delayed",
    "connection broken",
    "parted",
    "bit flipped",
    "newer program",
    "program a version too far",
    "strange frame",
    "not read for long",
    "died writing",
    "died sending",
    "disk full",
    "disk fault",
    "disk fault, yet kept",
    "stopped",
    "slept",
    "clock put forward",
    "clock put back",
    "journal rot",
    "file rot",
    "store restored",
    "disk cloned",
    "disk moved",
    "pruned",
    "rules published",
    "published under old names",
    "a record larger than a frame",
    "month closed",
    "month closed by two hubs",
    "backed up",
    "demoted",
    "hub restored",
    "standby promoted",
    "two active hubs",
    "burned hub restored later",
    "rotten hub restored",
    "hub rolled back",
    "standby rolled back",
    "two hubs by themselves",
    "foreign store",
    "kind to come",
    "field to come",
    "impossible amount",
    "nonsense",
    "mark",
    "saw a fork",
    "saw a rewind",
    "saw damaged records",
    "saw a restored hub",
    "saw a hub of the past",
    "saw twins",
    "saw a wrong clock",
    "branch told again",
    "saw a hub rolled back",
    "version published again",
    "forger's sale",
    "of another store",
    "under another's name",
    "in another's stream",
    "a hub's item",
    "in a hub's stream",
    "broken chain",
    "another branch",
    "copy that is none",
    "id used before",
    "nested bytes",
    "numbers of nobody's",
    "false greeting",
    "frame out of place",
    "asked for nothing",
    "said again",
    "edited frame",
    "left in the middle",
    "refused",
    "thrown out",
    "unknown key",
    "saw what was not allowed",
    "saw a claim without proof",
    "saw two under one identity",
    "false WELCOME",
    "false ACK",
    "false BATCH",
    "false STATE",
    "fork that is none",
    "false NACK",
    "own incarnation that is none",
    "false end of a session",
    "streams of nobody's",
    "saw an epoch to come",
};
static_assert(sizeof names / sizeof names[0] == TOLL_END, "a name for each");

static uint64_t counts[TOLL_END];

void
toll_count(enum toll what)
{
    assert(what < TOLL_END);
    counts[what]++;
}

void
toll_count_alarm(const char *word)
{
    static const struct {
        const char *word;
        enum toll toll;
    } alarms[] = {
        { "forked", TOLL_SAW_FORK },         { "rewound", TOLL_SAW_REWIND },
        { "checksum", TOLL_SAW_CHECKSUM },   { "restored", TOLL_SAW_RESTORED },
        { "epoch", TOLL_SAW_EPOCH },         { "twins", TOLL_SAW_TWINS },
        { "clock", TOLL_SAW_CLOCK },         { "right", TOLL_SAW_RIGHT },
        { "unproved", TOLL_SAW_UNPROVED },   { "differs", TOLL_SAW_CONFLICT },
        { "far_epoch", TOLL_SAW_FAR_EPOCH },
    };

    for (uint32_t i = 0; i < COUNT_OF(alarms); i++)
        if (strcmp(alarms[i].word, word) == 0)
            toll_count(alarms[i].toll);
}

bool
toll_print(enum plan_liars liars)
{
    static const enum toll firsts[] = { 0, TOLL_FORGER_SALE,
                                        TOLL_HUB_LIE_WELCOME, TOLL_END };
    const uint32_t first = firsts[liars], end = firsts[liars + 1];
    uint32_t never = 0;

    for (uint32_t i = first; i < end; i++)
        never += counts[i] == 0;
    printf("%s every misfortune has struck", never ? "not ok" : "ok");
    for (uint32_t i = first; i < end; i++)
        if (never == 0 || counts[i] == 0)
            printf("%c %s %" PRIu64, i == first || never ? ':' : ',', names[i],
                   counts[i]);
    printf("\n");
    return never == 0;
}
