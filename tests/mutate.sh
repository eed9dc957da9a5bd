#!/usr/bin/env bash
# mutate.sh - does the suite notice? (`make mutate`; COUNT=n histories each)
#
# Puts one deliberate fault after another into a copy of the fold, builds the
# copy, and runs the worked examples and the random histories on it.  Every
# fault must be caught by one of them; one that no longer fits the source, or
# doesn't build, counts as missed.
set -u
cd "$(dirname "$0")/.." || exit 2
count=${COUNT:-4000}
place=$(mktemp -d "${TMPDIR:-/tmp}/leima-mutate.XXXXXX")
trap 'rm -rf "$place"' EXIT
cp -a Makefile core replay nodes tools tests "$place"/
if [ -d build/release ]; then
	mkdir "$place/build" && cp -a build/release "$place/build/"
fi
cd "$place" || exit 2

build() {
	make -s CI= build/release/tests/test_examples \
		build/release/tests/test_properties >build.log 2>&1
}

# Says who caught it; a fault may also keep the clock from ever going on.
caught() {
	if ! timeout 60 build/release/tests/test_examples >/dev/null 2>&1; then
		echo examples
	elif ! COUNT=$count SHRINK=0 timeout 300 \
		build/release/tests/test_properties >run.log 2>&1; then
		echo "properties, $(grep -m 1 -o 'seed [0-9]*' run.log)"
	fi
}

build || { cat build.log; exit 2; }
if [ -n "$(caught)" ]; then
	echo "not ok: the suite fails without any fault"
	exit 2
fi

tried=0
missed=0
seen=0
# file | sed expression | what is wrong; FROM=n leaves out those before the nth
while IFS='|' read -r file expression words; do
	[ -n "$file" ] || continue
	[ $((seen += 1)) -ge "${FROM:-1}" ] || continue
	tried=$((tried + 1))
	cp -p "core/$file" kept
	sed -i "$expression" "core/$file"
	if cmp -s kept "core/$file"; then
		by="" words="$words (does not fit the source)"
	elif build; then
		by=$(caught)
	else
		by="" words="$words (does not build)"
	fi
	if [ -n "$by" ]; then
		echo "ok $words: $by"
	else
		echo "not ok $words"
		missed=$((missed + 1))
	fi
	cp kept "core/$file"
done <<'FAULTS'
lot.c|s/compare_int64(a->expires_at, b->expires_at)/compare_int64(a->available_at, b->available_at)/|lots taken by available_at first
lot.c|s/compare_int64(a->partner, b->partner)/compare_int64(b->partner, a->partner)/|equal dates by partner the wrong way round
book.c|s/points paid = points_min(amount, account->debt);/points paid = points_min(amount, (points) { 0 });/|debt not paid first
book.c|s/if (undo->first != NULL)/if (undo->first == NULL \&\& undo->first != NULL)/|withdrawn from the first lot, not from the purchase's
book.c|s/for (uint32_t i = redemption->taken_from.count; i-- > 0;)/for (uint32_t i = 0; i < redemption->taken_from.count; i++)/|given back in the order in which it was taken
book.c|s/version_issue_price(undo->version, undo->issuer)/version_issue_price(scene->version, undo->issuer)/|a return at today's price
book.c|s/bool idle_ended = .*/bool idle_ended = false;/|lots that idled away come back to life
book.c|s/^    account->active_ms = scene->moment.at_ms;$/    (void)account;/|earning is no activity
terms.c|s/return zone_month_start_ms(zone, month + 1);/return zone_month_start_ms(zone, month + 1) + 1;/|months end one millisecond late
terms.c|s/month + tiers->valid_months)/month + tiers->valid_months - 1)/|a level valid a month short
terms.c|s/return month - tiers->window_months + 1;/return month - tiers->window_months;/|a window a month too long
terms.c|s/return day - calendar_weekday(day);/return day - (calendar_weekday(day) + 1) % 7;/|weeks that start on Sunday
terms.c|s/next_date(&rules->release, day + 1)/next_date(\&rules->release, day)/|released on the very day
terms.c|s/day + reward->valid_days)/day + reward->valid_days + 1)/|vouchers valid a day longer
terms.c|s/december + MONTHS_OF_YEAR)/december)/|next_year_end ends this year
amount.c|s/ties -= ret_parts\[i\] > threshold;/ties -= 0;/;s/assert(ties == 0);//;s/if (remainder > threshold) {/if (remainder > sum) {/;s/else if (remainder == threshold/else if (remainder >= 0/|the remainder to the first, not to the largest
gain.c|s/if (gain->limit_per != LIMIT_PER_NONE)/if (gain->limit_per == LIMIT_PER_COUNTED)/;s/LIMIT_PER_COUNTED/LIMIT_PER_EVER/|limits counted for `ever` only
earn.c|s/gain->points.value > outcome->gains\[rival\].points.value/gain->points.value >= outcome->gains[rival].points.value/|of equal rivals the last
earn.c|s/return has_place(input->stopped.places, input->stopped.count, place);/return false;/|a rule stopped by its limit steps in at a return
earn.c|s/if (rule->limit_per == LIMIT_PER_NONE .. input->mode == EARN_BLIND)/if (rule->limit_per == LIMIT_PER_NONE)/|limits apply to blind returns
earn.c|s/earn\[of\], multiply - 1000/earn[of], multiply/|multipliers that multiply
tier.c|s/if (place == now) {/if (place == now \&\& now < 0) {/|a level kept is reached again
tier.c|s/place = now - 1;/place = now - 2 < 0 ? 0 : now - 2;/|one_level goes two levels down
tier.c|s/purchase->ordinal <= level->ordinal/purchase->ordinal < level->ordinal/|a level reached at the purchase itself keeps its spend
tier.c|s/scene->moment.at_ms - 1);/scene->moment.at_ms);/|judged at the end, not a millisecond before
voucher.c|s/voucher->expires_at < list->items\[best\].expires_at/voucher->expires_at <= list->items[best].expires_at/|of equal vouchers the last issued
voucher.c|s/for (uint32_t i = list->count; i-- > 0 .. left > 0;) {/for (uint32_t i = 0; i < list->count \&\& left > 0; i++) {/|the voucher issued first is withdrawn
spend.c|s/if (!state->by_year .. state->year == year)/if (state->by_year)/|a year's progress goes on in the next
spend.c|s/if (bought_ms < state->since_ms)/if (bought_ms < 0)/|returns reduce a window that is not theirs
stamp.c|s/int64_t full = state->count \/ card->need;/int64_t full = 1;/|one full card at a time
pass.c|s/amount_scale_floor(pass->price.minor, use - 1, pass->uses)/amount_scale_floor(pass->price.minor, 1, pass->uses) * (use - 1)/|uses that don't add up to the price
pass.c|s/kind->rebates\[i\].within_days < days/kind->rebates[i].within_days <= days/|a rebate a day short
redeem.c|s/redemption->charged = reward->paid_by_issuer;/redemption->charged = false;/|nobody pays for the issuer's vouchers
referral.c|s/if (version_ended(version, event->at_ms))/if (version == NULL)/|referrals rewarded after the end
clock.c|s/if (at_ms <= account->absence_ms .. at_ms <= version->from_ms)/if (at_ms <= version->from_ms)/|absences rewarded for ever
account.c|s/granted = granted .. consent->granted;/granted = granted;/|of two consents at one instant the last
account_pack.c|s/put_number(packer, count->times);/put_number(packer, 1);/|saved limits forget
walk.c|s/items\[i\].unmatched = event == NULL .. event->kind == EVENT_VOID;/items[i].unmatched = event == NULL;/|a void of a void
fold.c|s/return identity_compare(event->identity, account->last) > 0;/return true;/|folded forward out of order
FAULTS
echo "$tried faults, $missed missed"
[ "$missed" -eq 0 ]
