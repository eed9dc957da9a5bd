/* cmd_redeem.c - a redemption asked for by hand: what is asked, what is told */
#include "tools/cmd_redeem.h"

#include "core/scalar.h"
#include "tools/redeem.h"

#include <inttypes.h>

/* --- what is asked ------------------------------------------------------ */

static bool
read_code(const struct arguments *arguments, const char *name, view *ret)
{
    const char *text = command_option(arguments, name);

    if (text == NULL)
        return true;
    *ret = view_of(text);
    if (event_is_code(*ret))
        return true;
    command_misuse(arguments,
                   "--%s: expected 1-64 printable characters without blanks, "
                   "found \"%s\"",
                   name, text);
    return false;
}

static bool
read_command(const struct arguments *arguments, struct event *event)
{
    const char *reward = command_option(arguments, "reward");
    int64_t count = 0;

    *event = (struct event) { .kind = EVENT_REDEEM };
    if (!command_account(arguments, 1, &event->account) ||
        !command_integer(arguments, "points", 1, LIMIT_POINTS, &count) ||
        !read_code(arguments, "id", &event->id) ||
        !read_code(arguments, "receipt", &event->redeem.receipt))
        return false;
    if ((count > 0) == (reward != NULL)) {
        command_misuse(arguments, "expected either --points or --reward");
        return false;
    }
    if (event->id.size == 0) {
        command_misuse(arguments, "--id is needed: with it a redemption that "
                                  "is told twice counts once");
        return false;
    }
    if (reward != NULL) {
        event->redeem.reward = view_of(reward);
        if (!event_is_name(event->redeem.reward)) {
            command_misuse(arguments, "--reward: \"%s\" is no name", reward);
            return false;
        }
    }
    event->redeem.points = (points) { count };
    return true;
}

/* --- telling ------------------------------------------------------------ */

static void
write_age(const struct decision *decision, struct text *out)
{
    const int64_t days = decision->age_ms / INT64_C(86400000);

    if (decision->age_ms == INT64_MAX)
        text_string(out, "the hub has told nothing of this account");
    else
        text_format(out,
                    "what the hub told of this account is %" PRId64
                    " %s old, at most %d are allowed",
                    days, text_plural((uint64_t)days, "day", "days"),
                    decision->age_days_max);
}

static void
write_limit(const struct decision *decision, struct text *out)
{
    if (decision->limit.minor == 0) {
        text_string(out, "the rules grant nothing without the hub");
        return;
    }
    scalar_number_write(decision->value.minor, 2, out);
    text_string(out, " asked, ");
    scalar_number_write(decision->limit_used.minor, 2, out);
    text_string(out, " of ");
    scalar_number_write(decision->limit.minor, 2, out);
    text_string(out, " used today");
}

/* The numbers that a refusal rests on. */
static void
write_why(const struct redeem *redeem, struct text *out)
{
    const struct decision *decision = &redeem->decision;
    const int64_t asked = decision->points.value;
    const char *called = text_plural((uint64_t)asked, "point", "points");

    switch (decision->verdict) {
    case VERDICT_GRANTED:
        return;
    case VERDICT_UNKNOWN:
        text_string(out, "no such account or no such reward is known here");
        return;
    case VERDICT_BELOW_MINIMUM:
        text_format(out, "%" PRId64 " %s asked, at least %" PRId64 " at once",
                    asked, called, decision->minimum.value);
        return;
    case VERDICT_TOO_LITTLE:
        if (decision->points.value == 0)
            text_string(out, "no voucher of this reward is left");
        else
            text_format(out, "%" PRId64 " %s asked, %" PRId64 " available",
                        asked, called, decision->available.value);
        return;
    case VERDICT_TOO_OLD:
        write_age(decision, out);
        return;
    case VERDICT_OFFLINE_LIMIT:
        write_limit(decision, out);
        return;
    case VERDICT_CONFLICT:
        text_string(out, "the hub has another event of this node under that "
                         "id; give this redemption an id of its own");
        return;
    }
}

/* A ledger without a hub is its own, and that is not worth a word; of what had
 * been granted before, the event does not tell by whom. */
static const char *
by_whom(const struct redeem *redeem)
{
    if (redeem->was_there)
        return " before";
    if (redeem->by_hub)
        return " by hub";
    return redeem->command.offline ? " by offline rules" : "";
}

static void
print_words(const struct redeem *redeem)
{
    struct text why = { 0 };
    const struct decision *decision = &redeem->decision;
    char name[IDENTITY_SIZE];

    if (redeem_is_granted(redeem)) {
        identity_format(redeem->entry.event.identity, name);
        printf("granted%s%s%s\n", by_whom(redeem),
               redeem->stored ? ": " : " (not stored)",
               redeem->stored ? name : "");
        return;
    }
    write_why(redeem, &why);
    fprintf(stderr, "leima redeem: refused, %s: %.*s\n",
            decide_verdict_name(decision->verdict), (int)why.size,
            (const char *)why.bytes);
    text_close(&why);
}

static enum command_status
tell(const struct arguments *arguments, const struct redeem *redeem)
{
    if (redeem->err != OK)
        return command_fail(arguments, redeem->err, "%s",
                            redeem->words.text[0] != '\0'
                                ? redeem->words.text
                                : command_operand(arguments, 0));
    if (command_flag(arguments, "json")) {
        struct text out = { 0 };
        redeem_json(redeem, &out);
        fwrite(out.bytes, 1, out.size, stdout);
        text_close(&out);
    } else {
        print_words(redeem);
    }
    return redeem_is_granted(redeem) ? COMMAND_DONE : COMMAND_REFUSED;
}

static enum command_status
redeem_command(const struct arguments *arguments)
{
    struct query query = { 0 };
    struct redeem redeem;
    struct event event;

    if (!read_command(arguments, &event))
        return COMMAND_MISUSE;
    enum command_status status = query_open(
        &query, arguments, (struct query_options) { .mode = LEDGER_WRITE });
    if (status == COMMAND_DONE) {
        redeem_open(&redeem, &event);
        redeem_run(&query, &redeem, 1, command_flag(arguments, "dry-run"));
        status = tell(arguments, &redeem);
    }
    query_close(&query);
    return status;
}

static const struct option OPTIONS[] = {
    { "points", "N", "so many points; or ..." },
    { "reward", "R", "... one of this reward" },
    { "id", "ID", "the caller's name for this redemption" },
    { "receipt", "R", "the receipt on which it is spent" },
    { "dry-run", NULL, "decide only" },
    { 0 },
};

const struct command cmd_redeem_table[] = {
    { .name = "redeem",
      .run = redeem_command,
      .line = "decide a redemption, and append it if it is granted",
      .usage = "LEDGER ACCOUNT",
      .operands_min = 2,
      .operands_max = 2,
      .options = OPTIONS,
      .about =
          "Refused (exit status 1) with a reason: unknown, below_minimum, "
          "too_little,\n"
          "too_old, offline_limit, conflict.  Granted by hub, or by offline "
          "rules (json:\n"
          "\"by\": \"hub\" or \"offline\"; null for what had been granted "
          "before).  A ledger\n"
          "that has joined no hub is its own: json says hub.\n\n"
          "The numbers of --json, in points and cents: `points` that it takes, "
          "`available`\n"
          "before it, `minimum` at once, `value` to take off the receipt; "
          "`voucher`: one\n"
          "pays it.  Without the hub also the day's `limit`, `limit_used` and "
          "`limit_left`\n"
          "before it, when the hub `told` of the account (null: never), and "
          "`max_age_days`\n"
          "of that.  What had been granted before is `known`; what its event "
          "does not tell\n"
          "is null then.\n\n"
          "On a hub's own ledger the hub that runs decides, for it knows what "
          "is reserved\nfor stores; if it does not answer, nothing is done "
          "(4).\n",
      .examples = "leima redeem L 42 --points 500 --id till1-881\n"
                  "leima redeem L 42 --reward free_coffee --id till1-882 "
                  "--receipt 12 --json\n" },
    { 0 },
};
