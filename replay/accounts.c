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

/* What their columns' headings end with. */
static const char *const ENDINGS[] = {
    [FIGURE_POINTS] = "_points",           [FIGURE_REDEEMED] = "_redeemed",
    [FIGURE_OVERDRAWN] = "_overdrawn",     [FIGURE_EXPIRED] = "_expired",
    [FIGURE_OUTSTANDING] = "_outstanding", [FIGURE_DEBT] = "_debt",
    [FIGURE_VOUCHERS] = "_vouchers",
};
static_assert(COUNT_OF(ENDINGS) == FIGURES, "all named");

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

/* A cell that may hold quotes and commas, and what is joined to that. */
static void
put_quoted(struct text *text, const char *words, const char *joined)
{
    text_char(text, '"');
    for (const char *c = words; *c != '\0'; c++) {
        if (*c == '"')
            text_char(text, '"');
        text_char(text, *c);
    }
    text_string(text, joined);
    text_char(text, '"');
}

static void
put_group(struct text *text, const char *name)
{
    for (uint32_t i = 0; i < FIGURES; i++) {
        text_char(text, ',');
        put_quoted(text, name, ENDINGS[i]);
    }
    text_char(text, ',');
    put_quoted(text, name, "_tier");
}

void
accounts_heading(struct text *text, const char *const *names, uint32_t count)
{
    assert(count > 0);
    text_string(text, "account");
    if (count == 1) {
        for (uint32_t i = 0; i < FIGURES; i++)
            text_format(text, ",baseline%s,candidate%s", ENDINGS[i],
                        ENDINGS[i]);
        text_string(text, ",baseline_tier,candidate_tier\n");
        return;
    }
    put_group(text, "baseline");
    for (uint32_t i = 0; i < count; i++)
        put_group(text, names[i]);
    text_char(text, '\n');
}

static void
put_figure(struct text *text, const struct side_account *account,
           enum figure_of figure)
{
    int64_t figures[FIGURES];

    list_figures(account, figures);
    text_char(text, ',');
    text_integer(text, figures[figure]);
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
             const struct simulate_row *row)
{
    /* Figure by figure where there are two sides, else side by side. */
    bool pair = simulation->side_count == 2;
    char name[ACCOUNT_SIZE];

    account_format(row->account, name);
    if (row->account.member != 0)
        text_string(text, name);
    else
        put_quoted(text, name, "");
    for (uint32_t i = 0; pair && i < FIGURES; i++)
        for (uint32_t k = 0; k < 2; k++)
            put_figure(text, &row->sides[k], (enum figure_of)i);
    for (uint32_t k = 0; k < simulation->side_count; k++) {
        for (uint32_t i = 0; !pair && i < FIGURES; i++)
            put_figure(text, &row->sides[k], (enum figure_of)i);
        put_level(text, &simulation->sides[k], &row->sides[k]);
    }
    text_char(text, '\n');
}
