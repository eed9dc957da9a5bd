/* cmd_segment.c - the accounts for which a condition holds */
#include "tools/cmd_segment.h"

#include "core/audience.h"
#include "core/text.h"
#include "tools/query.h"

#include <string.h>

struct grant {
    const char *reward; /* NULL: only the accounts are wanted */
    const char *reason;
};

/* All of these hold: what is asked for, and perhaps a channel's consent. */
struct wanted {
    const struct segment *segments[2];
    uint32_t count;
};

static enum err
write_grant(struct text *out, account_id account, const char *name,
            const struct grant *grant, struct complaint *complaint)
{
    char id[LIMIT_CODE_SIZE + ACCOUNT_SIZE + 2];

    snprintf(id, sizeof id, "%s:%s", grant->reason, name);
    if (!event_is_code(view_of(id)))
        return complain(complaint,
                        "%s: the id \"%s\" would have more than %d characters; "
                        "take a shorter --reason",
                        name, id, LIMIT_CODE_SIZE);
    text_char(out, '{');
    text_json_view(out, "kind", view_of("grant"));
    if (account.member != 0)
        text_json_integer(out, "member", (int64_t)account.member);
    else
        text_json_view(out, "bearer", account.bearer);
    text_json_view(out, "id", view_of(id));
    text_json_view(out, "reward", view_of(grant->reward));
    text_json_view(out, "reason", view_of(grant->reason));
    text_char(out, '}');
    return OK;
}

static enum err
write_account(struct query *query, account_id account,
              const struct grant *grant, struct text *out)
{
    char name[ACCOUNT_SIZE];
    enum err err = OK;

    account_format(account, name);
    if (grant->reward != NULL) {
        err = write_grant(out, account, name, grant, &query->complaint);
    } else if (command_flag(query->arguments, "json")) {
        text_char(out, '{');
        text_json_view(out, "account", view_of(name));
        text_char(out, '}');
    } else {
        text_string(out, name);
    }
    text_char(out, '\n');
    return err;
}

/* All at once in the end: half a list of grants helps nobody. */
static enum err
print_accounts(struct query *query, const struct audience *audience,
               const struct grant *grant)
{
    struct text out = { 0 };
    enum err err = OK;

    for (uint32_t i = 0; i < audience->count && err == OK; i++)
        err = write_account(query, audience->items[i], grant, &out);
    if (err == OK && !text_ok(&out))
        err = ERR_MEMORY;
    if (err == OK && fwrite(out.bytes, 1, out.size, stdout) != out.size)
        err = ERR_IO;
    text_close(&out);
    return err;
}

static enum err
print_segment(struct query *query, const struct wanted *wanted,
              const struct grant *grant)
{
    const struct census_options options = {
        .known = query->question.known,
        .at_ms = query->at_ms,
        .timeline = query->timeline,
    };
    struct audience audience = { 0 };
    enum err err = audience_find(query->ledger, &options, wanted->segments,
                                 wanted->count, &query->complaint, &audience);

    if (err == OK && audience.count == 0)
        fprintf(stderr, "leima segment: it holds for no account\n");
    else if (err == OK)
        err = print_accounts(query, &audience, grant);
    audience_close(&audience);
    return err;
}

/* A grant of what the version in force does not know would do nothing. */
static bool
knows_reward(const struct query *query, const char *reward)
{
    const struct version *version = timeline_at(query->timeline, query->at_ms);
    int32_t number =
        timeline_find(query->timeline, NAME_REWARD, view_of(reward));

    return version_place(version, NAME_REWARD, number) != PROGRAM_NONE;
}

static enum err
read_part(struct query *query, view text, struct wanted *wanted)
{
    return segment_read(text, query->timeline, &query->lasting,
                        &wanted->segments[wanted->count++], &query->complaint);
}

static enum err
read_wanted(struct query *query, struct wanted *wanted)
{
    const char *channel = command_option(query->arguments, "channel");

    enum err err =
        read_part(query, view_of(command_operand(query->arguments, 1)), wanted);
    if (err != OK || channel == NULL)
        return err;
    struct text text = { 0 };
    text_format(&text, "consent=%s", channel);
    view copy = arena_copy(&query->lasting, text_view(&text));
    text_close(&text);
    return read_part(query, copy, wanted);
}

static enum command_status
segment(const struct arguments *arguments)
{
    const char *channel = command_option(arguments, "channel");
    const struct grant grant = { command_option(arguments, "grant"),
                                 command_option(arguments, "reason") };
    struct wanted wanted = { 0 };
    struct query query = { 0 };

    if ((grant.reward == NULL) != (grant.reason == NULL))
        return command_misuse(arguments, "--grant and --reason go together");
    if (channel != NULL && !event_is_name(view_of(channel)))
        return command_misuse(arguments,
                              "--channel: expected the name of a channel");
    if (grant.reward != NULL && !event_is_name(view_of(grant.reward)))
        return command_misuse(arguments,
                              "--grant: expected the name of a reward");
    if (grant.reason != NULL &&
        (!event_is_code(view_of(grant.reason)) || strlen(grant.reason) > 40))
        return command_misuse(arguments,
                              "--reason: expected at most 40 characters "
                              "without blanks: it begins the ids");
    enum command_status status = query_open(
        &query, arguments,
        (struct query_options) { .mode = LEDGER_READ, .is_asked = true });
    if (status == COMMAND_DONE && read_wanted(&query, &wanted) != OK)
        status = command_misuse(arguments, "%s", query.complaint.text);
    if (status == COMMAND_DONE && grant.reward != NULL &&
        !knows_reward(&query, grant.reward))
        status = command_fail(arguments, ERR_NOT_FOUND,
                              "--grant: the rules have no reward \"%s\"",
                              grant.reward);
    if (status == COMMAND_DONE) {
        enum err err = print_segment(&query, &wanted, &grant);
        if (err != OK)
            status = query_fail(&query, err);
    }
    query_close(&query);
    return status;
}

/* --- the table ---------------------------------------------------------- */

static const struct option SEGMENT_OPTIONS[] = {
    QUERY_OPTIONS,
    { "channel", "NAME", "only those who consent to it, as consent=NAME" },
    { "grant", "REWARD", "print grants of this reward, for append" },
    { "reason", "TEXT", "of the grants; their ids are TEXT:account" },
    { 0 },
};
const struct command cmd_segment_table[] = {
    { .name = "segment",
      .run = segment,
      .line = "the accounts for which a condition holds",
      .usage = "LEDGER EXPR",
      .operands_min = 2,
      .operands_max = 2,
      .options = SEGMENT_OPTIONS,
      .about =
          "EXPR is made of FIELD=VALUE with , (and), | (or), ! (not) and "
          "parentheses; and\nbinds before or.  All is judged as of --at.\n\n"
          "  member=yes|no         a member, or a bearer\n"
          "  joined=DATES          first join; an account that never joined: "
          "no\n"
          "  home_store=STORES\n"
          "  tier=LEVEL            the level held; none: no level\n"
          "  window_spend=MONEY    eligible spend in the window of the tiers\n"
          "  inactive_days=RANGE   local days since the last purchase, stamp "
          "or use of a\n                        pass; no such visit yet: no\n"
          "  recency=RANGE         local days since the last purchase; none: "
          "no\n"
          "  first_purchase=DATES  last_purchase=DATES\n"
          "  purchases=RANGE       how many, ever\n"
          "  frequency=RANGE       how many in this calendar month and the 11 "
          "before\n"
          "  spend=MONEY           lifetime eligible spend less refunds\n"
          "  bought=CATEGORY       ever bought a line of it, or of a part of "
          "it\n"
          "  sku=SKU               ever bought a line of it\n"
          "  stores=STORES         ever bought there\n"
          "  partners=PARTNER      ever bought at a store that was the "
          "partner's then\n"
          "  points=RANGE          available; likewise pending, debt\n"
          "  stamps=CARD:RANGE     on the card now; CARD alone: at least 1\n"
          "  reward=REWARD:RANGE   vouchers held; likewise\n"
          "  pass=PASS:RANGE       uses left; likewise\n"
          "  consent=CHANNEL       is granted\n\n"
          "A RANGE is 5, 5.., ..5 or 5..9, both ends counted; DATES are "
          "2026-01-31 or\n2026-01-01..2026-03-31; MONEY is in units of "
          "currency: 20.., 0.50..9.99;\nSTORES are 7, 10-14 or a store group "
          "of the rules (of the last version with it).\n\n"
          "Whom to write to: name the channel, --channel email or "
          "consent=email.  Grants\nhave the id REASON:account, so that "
          "appending them twice grants once.\n\n"
          "With --json: a line for each account, none where it holds for "
          "none.\n",
      .examples = "leima segment L 'tier=gold,inactive_days=90..'\n"
                  "leima segment L 'bought=garden|stores=turku,!consent=email'"
                  "\n"
                  "leima segment L 'inactive_days=180..' --grant free_coffee "
                  "--reason wake-2026 | leima append L\n" },
    { 0 },
};
