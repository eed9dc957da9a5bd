/*
 * timeline.h - all published versions of the rules, compiled together
 *
 * A ledger's versions are folded by as one thing: which of them is in force at
 * an instant, by which clock they all reckon, and which small numbers stand
 * for their ids.  Every id that any version uses (partners, rewards, cards,
 * ...) is *interned*: its number is its place in one sorted table over all
 * versions, so that comparing two numbers is comparing the bytes of two ids,
 * and state and effects hold numbers only.  A *place* is something else: the
 * index of an entry in the list of one version's program; both ways of the
 * mapping are arrays.  The numbers change when a version is published: what
 * is stored with them is keyed by the digest.
 *
 * Rules have, besides the earn rules, the synthetic names "tier.LEVEL",
 * "stamp.CARD", "spend.ID", "pass.ID", "referral" and "monthly_bonus";
 * partners have "none" (stores that nobody names) and "debt".
 */
#ifndef CORE_TIMELINE_H
#define CORE_TIMELINE_H

#include "core/campaign.h"
#include "core/crypto.h"
#include "core/goods.h"

/* What the fold means by these rules; a shipped meaning never changes. */
#define TIMELINE_SEMANTICS 1

enum name_kind {
    NAME_PARTNER,
    NAME_REWARD,
    NAME_CARD,
    NAME_SPEND,
    NAME_PASS,
    NAME_LEVEL,
    NAME_RULE,
    NAME_KIND_COUNT,
};

/* One publication, in the order of publishing. */
struct timeline_input {
    const struct program *program; /* borrowed as long as the timeline */
    struct zone zone;              /* that the publication carries; likewise */
    int32_t from_day;              /* in force from its local midnight on */
    view file;                     /* the published bytes, for the digest */
};

/* A stretch of stores of one partner. */
struct version_stores {
    uint32_t first;
    uint32_t last;   /* inclusive */
    int32_t partner; /* interned */
};

/* A version from the instant at which it takes effect until the next one. */
struct version {
    const struct program *program;
    uint32_t index;   /* in timeline.versions */
    uint32_t input;   /* in the inputs */
    int64_t from_ms;  /* its first instant */
    int64_t until_ms; /* the first instant after it; INT64_MAX */
    int64_t ends_ms;  /* from here on nothing is earned by rule; INT64_MAX */
    /* Interned number of each place, and back: PROGRAM_NONE where this
     * version does not know the name (so for all synthetic rules). */
    const int32_t *numbers[NAME_KIND_COUNT];
    const int32_t *places[NAME_KIND_COUNT];
    const struct version_stores *stores; /* ascending, disjoint */
    uint32_t store_count;
    const struct goods_table *goods;
    struct place_list rules[EARN_ON_INACTIVE + 1]; /* by `on` */
    const struct campaign *campaigns; /* of rules[EARN_ON_PURCHASE] */
    int32_t tier_of;             /* place of the rule tiers multiply, or none */
    const int32_t *absence_days; /* the after_days of on: inactive, each once */
    uint32_t absence_count;      /* ascending */
};

struct timeline {
    struct zone zone;               /* of the version published last, or UTC */
    const struct version *versions; /* ascending, each for at least 1 ms */
    uint32_t version_count;         /* 0: nothing has been published */
    bool gives_bonus;               /* some version, by the month */
    struct name_list names[NAME_KIND_COUNT]; /* sorted, each once */
    /* The number of the synthetic rule of each card, spend reward, pass and
     * level number; NULL for the other kinds. */
    const int32_t *rule_of[NAME_KIND_COUNT];
    int32_t partner_none;
    int32_t partner_debt;
    int32_t rule_referral;
    int32_t rule_monthly_bonus;
    digest digest; /* of the semantics, the zone and the inputs */
};

/* At most how many bytes timeline_build() takes from its arena. */
size_t timeline_room(const struct timeline_input *inputs, uint32_t count);

/* Compiles the versions; `count` may be 0.  The programs have been checked
 * when they were published, so this can't fail.  The timeline lives in the
 * arena and borrows the programs and zones. */
const struct timeline *timeline_build(const struct timeline_input *inputs,
                                      uint32_t count, struct arena *arena);

/* The version in force at that instant; NULL before the first. */
const struct version *timeline_at(const struct timeline *timeline,
                                  int64_t at_ms);

/* The number of a name; PROGRAM_NONE if no version has it. */
int32_t timeline_find(const struct timeline *timeline, enum name_kind kind,
                      view name);

/* The name of a number; lives as long as the timeline. */
view timeline_name(const struct timeline *timeline, enum name_kind kind,
                   int32_t number);

/* The interned partner of a store: "none" where no partner names it or where
 * `version` is NULL (before the first). */
int32_t timeline_partner_of(const struct timeline *timeline,
                            const struct version *version, uint32_t store);

/* Prices of an interned partner: 0 for one that the version does not know,
 * and where `version` is NULL. */
price version_issue_price(const struct version *version, int32_t partner);
price version_redeem_price(const struct version *version, int32_t partner);

/* The place of a number in the version; PROGRAM_NONE where the number is
 * PROGRAM_NONE, the version NULL or the name unknown to it. */
static inline int32_t
version_place(const struct version *version, enum name_kind kind,
              int32_t number)
{
    if (version == NULL || number == PROGRAM_NONE)
        return PROGRAM_NONE;
    return version->places[kind][number];
}

/* The number of a place; PROGRAM_NONE stays what it is. */
static inline int32_t
version_number(const struct version *version, enum name_kind kind,
               int32_t place)
{
    return place == PROGRAM_NONE ? PROGRAM_NONE : version->numbers[kind][place];
}

/* Whether nothing is earned by rule at that instant: after `ends`, or before
 * the first version (NULL). */
bool version_ended(const struct version *version, int64_t at_ms);

#endif
