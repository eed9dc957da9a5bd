#include "core/closing_verify.h"

#include "core/limits.h"
#include "core/pack.h"
#include "core/seal.h"
#include "core/statement.h"

/* One close that is looked at. */
struct verifying {
    const struct closing *closing;
    view json;
    view heads; /* packed */
    struct statement statement;
    struct arena scratch;
};

/* The digest, which is signed, leaves out the array's own head. */
static bool
is_digest_of(view heads, digest expected)
{
    struct unpacker unpacker = unpack_begin(heads);

    (void)unpack_array(&unpacker, UINT32_MAX);
    if (!unpack_ok(&unpacker))
        return false;
    const view rest = { unpacker.next,
                        (uint32_t)(unpacker.end - unpacker.next) };
    return digest_equal(crypto_digest(rest), expected);
}

static enum err
check_heads(const struct verifying *verifying, struct complaint *complaint)
{
    if (is_digest_of(verifying->heads, verifying->closing->heads))
        return OK;
    return closing_blame(verifying->closing, complaint,
                         "the heads it names are not those that were signed");
}

/* ERR_INPUT: it is not what was signed. */
static enum err
check_part(const struct closing_part *part, crypto_public_key key,
           const struct statement *statement,
           const struct statement_partner *partner)
{
    const struct seal seal = { .partner = part->partner,
                               .signature = part->signature };
    struct text json = { 0 };

    if (!view_equal(part->partner, partner->partner))
        return ERR_INPUT;
    statement_partner_json(&json, statement, partner);
    enum err err =
        text_ok(&json) ? seal_check(&seal, key, text_view(&json)) : ERR_MEMORY;
    text_close(&json);
    return err;
}

/* The parts stand in the order of the statement. */
static enum err
check_parts(const struct verifying *verifying, struct complaint *complaint)
{
    const struct closing *closing = verifying->closing;
    const struct statement *statement = &verifying->statement;

    if (closing->part_count != statement->partner_count)
        return closing_blame(
            closing, complaint, "%u %s signed, of %u %s", closing->part_count,
            text_plural(closing->part_count, "part is", "parts are"),
            statement->partner_count,
            text_plural(statement->partner_count, "partner", "partners"));
    for (uint32_t i = 0; i < closing->part_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        enum err err =
            check_part(&closing->parts[i], closing->key, statement, partner);
        if (err == OK)
            continue;
        if (err != ERR_INPUT)
            return err;
        return closing_blame(closing, complaint,
                             "the signature of the part of %s is false",
                             err_quote(partner->partner).text);
    }
    return OK;
}

static bool
is_same_settled(const struct settled *a, const struct settled *b)
{
    return a->period == b->period && view_equal(a->partner, b->partner) &&
           a->issue_cost.minor == b->issue_cost.minor &&
           a->redeem_credit.minor == b->redeem_credit.minor &&
           a->voucher_credit.minor == b->voucher_credit.minor;
}

static enum err
check_settled(struct verifying *verifying, struct complaint *complaint)
{
    const struct closing *closing = verifying->closing;
    struct settled_list said = { 0 };

    bool same =
        settlement_settle(&verifying->statement, &said, &verifying->scratch) &&
        said.count == closing->settled_count;
    for (uint32_t i = 0; i < said.count && same; i++)
        same = is_same_settled(&said.items[i], &closing->settled[i]);
    if (same && verifying->statement.period == closing->period)
        return OK;
    return closing_blame(closing, complaint,
                         "it settles something else than its statement says");
}

static enum err
check(struct verifying *verifying, struct complaint *complaint)
{
    struct complaint why;
    enum err err = check_heads(verifying, complaint);

    if (err == OK)
        err = statement_read(verifying->json, &verifying->scratch,
                             &verifying->statement, &why);
    if (err == ERR_INPUT)
        err = closing_blame(verifying->closing, complaint, "%s", why.text);
    if (err == OK)
        err = check_parts(verifying, complaint);
    if (err == OK)
        err = check_settled(verifying, complaint);
    return err;
}

enum err
closing_verify(struct ledger *ledger, const struct closing *closing,
               struct arena scratch, struct complaint *complaint)
{
    struct text json = { 0 }, heads = { 0 };

    enum err err = closing_load(ledger, closing, &json, complaint);
    if (err == OK)
        err = closing_load_heads(ledger, closing, &heads);
    if (err == OK) {
        struct verifying verifying = { .closing = closing,
                                       .json = text_view(&json),
                                       .heads = text_view(&heads),
                                       .scratch = scratch };
        err = check(&verifying, complaint);
    }
    text_close(&json);
    text_close(&heads);
    return err;
}
