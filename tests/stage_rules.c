#include "tests/stage_rules.h"

#include "tests/unit.h"

#include "replay/candidate.h"

const struct timeline *
stage_rules_compile(struct ledger *ledger, view file, struct arena *arena)
{
    struct mistakes *mistakes = ARENA_NEW(arena, struct mistakes, 1);
    const struct timeline *timeline = NULL;
    struct complaint complaint = { "" };
    const struct candidate candidate = { .name = "candidate.yaml",
                                         .file = file,
                                         .from_day = CANDIDATE_FROM_START };

    if (candidate_timeline(ledger, &candidate, arena, mistakes, &timeline,
                           &complaint) != OK)
        fail_msg("%s%s", complaint.text, mistakes->list[0].text);
    return timeline;
}
