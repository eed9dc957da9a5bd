/*
 * voucher.c - the vouchers that an account holds (see voucher.h)
 */
#include "core/voucher.h"

static void
note(const struct scene *scene, const struct voucher *voucher, int64_t count)
{
    struct effect *effect =
        scene_effect(scene, MEASURE_VOUCHERS, voucher->issuer, count);

    effect->name = voucher->reward;
}

/* What is new may be the first to expire; what goes may have been. */
static void
note_come(struct voucher_list *list, int64_t expires_at)
{
    if (expires_at < list->due_ms)
        list->due_ms = expires_at;
}

static void
note_gone(struct voucher_list *list, int64_t expires_at)
{
    list->due_known = list->due_known && expires_at != list->due_ms;
}

void
voucher_issue(const struct scene *scene, const struct voucher_issue *issue)
{
    struct account *account = scene->account;
    int32_t place = version_place(scene->version, NAME_REWARD, issue->reward);

    assert(place != PROGRAM_NONE);
    assert(issue->count > 0);
    struct voucher *voucher = LIST_ADD(account->arena, &account->vouchers);
    *voucher = (struct voucher) {
        .order = ++account->voucher_order,
        .issued_ms = scene->moment.at_ms,
        .expires_at = terms_voucher_expires_at(
            &scene->timeline->zone, &scene->version->program->rewards[place],
            scene->moment.day),
        .reward = issue->reward,
        .issuer = issue->issuer,
        .store = scene->store,
        .version = scene->version->index,
        .source = issue->source,
        .source_number = issue->source_number,
        .count = issue->count,
    };
    note_come(&account->vouchers, voucher->expires_at);
    struct effect *effect = scene_effect(scene, MEASURE_VOUCHERS_ISSUED,
                                         issue->issuer, issue->count);
    effect->name = issue->reward;
    note(scene, voucher, issue->count);
}

void
voucher_give(const struct scene *scene, int32_t reward)
{
    const struct voucher_issue issue = {
        .reward = reward,
        .issuer = scene->partner,
        .count = 1,
        .source_number = PROGRAM_NONE,
    };

    voucher_issue(scene, &issue);
}

bool
voucher_use(const struct scene *scene, int32_t reward,
            struct voucher *ret_voucher)
{
    struct voucher_list *list = &scene->account->vouchers;
    uint32_t best = list->count;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct voucher *voucher = &list->items[i];
        if (voucher->reward == reward &&
            (best == list->count ||
             voucher->expires_at < list->items[best].expires_at))
            best = i;
    }
    if (best == list->count)
        return false;
    struct voucher *voucher = &list->items[best];
    *ret_voucher = *voucher;
    ret_voucher->count = 1;
    note(scene, voucher, -1);
    if (--voucher->count == 0) {
        note_gone(list, voucher->expires_at);
        LIST_REMOVE(list, best);
    }
    return true;
}

void
voucher_put_back(const struct scene *scene, const struct voucher *voucher)
{
    struct account *account = scene->account;
    struct voucher_list *list = &account->vouchers;
    uint32_t index = 0;

    assert(voucher->count == 1);
    while (index < list->count && list->items[index].order < voucher->order)
        index++;
    if (index < list->count && list->items[index].order == voucher->order)
        list->items[index].count++;
    else
        *LIST_INSERT(account->arena, list, index) = *voucher;
    note_come(list, voucher->expires_at);
    note(scene, voucher, 1);
}

static bool
matches(const struct voucher *voucher, const struct voucher_match *match)
{
    return voucher->reward == match->reward &&
           voucher->source == match->source &&
           voucher->source_number == match->source_number &&
           voucher->issued_ms >= match->since_ms;
}

int64_t
voucher_withdraw(const struct scene *scene, const struct voucher_match *match,
                 int64_t count)
{
    struct voucher_list *list = &scene->account->vouchers;
    int64_t left = count;

    for (uint32_t i = list->count; i-- > 0 && left > 0;) {
        struct voucher *voucher = &list->items[i];
        if (!matches(voucher, match))
            continue;
        int64_t taken = voucher->count < left ? voucher->count : left;
        note(scene, voucher, -taken);
        left -= taken;
        voucher->count -= taken;
        if (voucher->count == 0) {
            note_gone(list, voucher->expires_at);
            LIST_REMOVE(list, i);
        }
    }
    return count - left;
}

int64_t
voucher_next_expiry(struct account *account)
{
    struct voucher_list *list = &account->vouchers;

    if (list->due_known)
        return list->due_ms;
    list->due_ms = TERMS_NEVER;
    for (uint32_t i = 0; i < list->count; i++)
        note_come(list, list->items[i].expires_at);
    list->due_known = true;
    return list->due_ms;
}

/* Many may be over at one midnight, so the list is closed up once. */
void
voucher_expire(const struct scene *scene)
{
    struct voucher_list *list = &scene->account->vouchers;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct voucher *voucher = &list->items[i];
        if (voucher->expires_at > scene->moment.at_ms)
            list->items[kept++] = *voucher;
        else
            note(scene, voucher, -voucher->count);
    }
    list->count = kept;
    list->due_known = false;
}

const struct program_reward *
voucher_reward(const struct timeline *timeline, const struct voucher *voucher)
{
    const struct version *version = &timeline->versions[voucher->version];
    int32_t place = version_place(version, NAME_REWARD, voucher->reward);

    assert(place != PROGRAM_NONE);
    return &version->program->rewards[place];
}
