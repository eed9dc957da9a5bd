/*
 * voucher.h - the vouchers that an account holds
 *
 * A voucher carries its reward, its expiry, the store of the event that issued
 * it and its issuer.  Vouchers of one issue are one entry with a count; the
 * list is in the order of issue, also after a reversal has put one back.
 */
#ifndef CORE_VOUCHER_H
#define CORE_VOUCHER_H

#include "core/scene.h"

struct voucher_issue {
    int32_t reward; /* number; known to the scene's version */
    int32_t issuer; /* number of a partner */
    int64_t count;  /* > 0 */
    enum source_kind source;
    int32_t source_number;
};

/* Issues vouchers at the scene's store. */
void voucher_issue(const struct scene *scene,
                   const struct voucher_issue *issue);

/* The same for one voucher of no special source by the store's partner. */
void voucher_give(const struct scene *scene, int32_t reward);

/* Takes the voucher of that reward that expires first, then was issued first;
 * false: none is held. */
bool voucher_use(const struct scene *scene, int32_t reward,
                 struct voucher *ret_voucher);

/* Puts a used voucher (count 1) back where it was. */
void voucher_put_back(const struct scene *scene, const struct voucher *voucher);

/* Which vouchers a return may take back: of this reward, issued by this card
 * or spend reward at or after an instant. */
struct voucher_match {
    int32_t reward;
    enum source_kind source;
    int32_t source_number;
    int64_t since_ms;
};

/* Withdraws at most `count` of them, those issued last first; returns how
 * many. */
int64_t voucher_withdraw(const struct scene *scene,
                         const struct voucher_match *match, int64_t count);

/* When the first of them expires; TERMS_NEVER. */
int64_t voucher_next_expiry(struct account *account);

/* Takes those that are over at the scene's instant. */
void voucher_expire(const struct scene *scene);

/* The program entry of a voucher's reward as it was at the issue. */
const struct program_reward *voucher_reward(const struct timeline *timeline,
                                            const struct voucher *voucher);

#endif
