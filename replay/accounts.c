#include "replay/accounts.h"

enum figure_of {
    FIGURE_POINTS,
    FIGURE_REDEEMED,
    FIGURE_OVERDRAWN,
    FIGURE_EXPIRED,
    FIGURE_OUTSTANDING,
    FIGURE_DEBT,
    FIGURE_VOUCHERS,
    FIGURES,
};

static const char *const NAMES[] = {
    [FIGURE_POINTS] = "points",           [FIGURE_REDEEMED] = "redeemed",
    [FIGURE_OVERDRAWN] = "overdrawn",     [FIGURE_EXPIRED] = "expired",
    [FIGURE_OUTSTANDING] = "outstanding", [FIGURE_DEBT] = "debt",
    [FIGURE_VOUCHERS] = "vouchers",
};
static_assert(COUNT_OF(NAMES) == FIGURES, "all named");

static void
list_figures(const struct side_account *account, int64_t ret[static FIGURES])
{
    ret[FIGURE_POINTS] = account->net.value;
    ret[FIGURE_REDEEMED] = account->redeemed.value;
    ret[FIGURE_OVERDRAWN] = account->overdrawn.value;
    ret[FIGURE_EXPIRED] = account->expired.value;
    ret[FIGURE_OUTSTANDING] = account->outstanding.value;
    ret[FIGURE_DEBT] = account->debt.value;
    ret[FIGURE_VOUCHERS] = account->vouchers;
}

void
accounts_heading(struct text *text)
{
    text_string(text, "account");
    for (uint32_t i = 0; i < FIGURES; i++)
        text_format(text, ",baseline_%s,candidate_%s", NAMES[i], NAMES[i]);
    text_string(text, ",baseline_tier,candidate_tier\n");
}

/* Codes are printable ASCII: quotes and commas are possible. */
static void
put_account(struct text *text, account_id account)
{
    char name[ACCOUNT_SIZE];

    account_format(account, name);
    if (account.member != 0) {
        text_string(text, name);
        return;
    }
    text_char(text, '"');
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"')
            text_char(text, '"');
        text_char(text, *c);
    }
    text_char(text, '"');
}

static void
put_level(struct text *text, const struct side *side,
          const struct side_account *account)
{
    text_char(text, ',');
    if (account->level != PROGRAM_NONE)
        text_view_append(
            text, timeline_name(side->timeline, NAME_LEVEL, account->level));
}

void
accounts_row(struct text *text, const struct simulation *simulation,
             const struct simulate_row *row, uint32_t candidate)
{
    const struct side_account *a = &row->sides[0];
    const struct side_account *b = &row->sides[candidate + 1];
    int64_t baseline[FIGURES], other[FIGURES];

    assert(candidate + 1 < simulation->side_count);
    list_figures(a, baseline);
    list_figures(b, other);
    put_account(text, row->account);
    for (uint32_t i = 0; i < FIGURES; i++) {
        text_char(text, ',');
        text_integer(text, baseline[i]);
        text_char(text, ',');
        text_integer(text, other[i]);
    }
    put_level(text, &simulation->sides[0], a);
    put_level(text, &simulation->sides[candidate + 1], b);
    text_char(text, '\n');
}
