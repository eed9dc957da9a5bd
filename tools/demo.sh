#!/usr/bin/env bash
# demo.sh - what leima does, in a minute: a hub and three stores as real
# processes on this machine, a month of trade, a line that goes down and comes
# back, the month's settlement, and the month asked again under a new rule.
#
#   tools/demo.sh build/leima
set -eu
leima=$(realpath "$1")
rules=$(realpath "$(dirname "$0")/demo.yaml")
place=$(mktemp -d "${TMPDIR:-/tmp}/leima-demo-XXXXXX")
declare -A node
hub=
finish() {
	for pid in "${node[@]}" $hub; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$place"
}
trap finish EXIT
cd "$place"

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
chapters=0
chapter() {
	chapters=$((chapters + 1))
	printf '\n%s%d. %s%s\n' "$bold" "$chapters" "$1" "$plain"
}
say() { printf '   %s\n' "$@"; }
# Lays out what a pipe gets with tabs as a terminal would show it.
columns() {
	awk -F '\t' '
		function flush(   i, k, line) {
			for (i = 1; i <= rows; i++) {
				line = "    "
				for (k = 1; k <= wide; k++)
					line = line " " sprintf("%" (text[k] ? "-" : "") \
						width[k] "s", cell[i, k]) " "
				sub(/ +$/, "", line)
				print line
			}
			rows = wide = 0
			delete width
			delete text
		}
		NF < 2 { flush(); print "     " $0; next }
		{
			rows++
			for (k = 1; k <= NF; k++) {
				cell[rows, k] = $k
				if (length($k) > width[k]) width[k] = length($k)
				if (rows > 1 && $k ~ /[^-0-9.]/) text[k] = 1
			}
			for (k = NF + 1; k <= wide; k++) cell[rows, k] = ""
			if (NF > wide) wide = NF
		}
		END { flush() }'
}
# Shows a command as one would type it, then runs it.
show() {
	printf '   $ leima %s\n' "${*//"$(dirname "$rules")"\//}"
	"$leima" "$@" 2>&1 | sed "s#$(dirname "$rules")/##" | columns
}
fail() { # says why, with what the processes traced last
	echo "the demo failed: $*" >&2
	tail -n 5 ./*.log >&2
	exit 1
}
# Waits for a command to succeed; half a minute is enough for all of it, and a
# machine that is slow has more.
await() {
	for _ in $(seq 3000); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	fail "waited in vain for: $*"
}
events_of() { "$leima" export "$1" 2>/dev/null | wc -l; }
hub_has() { [ "$(events_of hq)" -eq "$1" ]; }
same() { [ "$1" = "$2" ] || fail "$3: $1 is not $2"; }

start_node() {
	"$leima" node "store$1" 2>>"node$1.log" &
	node[$1]=$!
}
line_down() {
	kill "${node[$1]}"
	wait "${node[$1]}" 2>/dev/null || true
	unset "node[$1]"
}
# The tills of a store sell: its part of the month, first or second half.
sell() { "$leima" append "store$1" "store$1-$2.jsonl" >/dev/null; }

stores="10 11 12"
at=2026-04-01T12:00:00Z

chapter "Headquarters makes a ledger, publishes the reward program and runs a hub"
"$leima" init hq --node 1000 >/dev/null
show rules check "$rules"
"$leima" rules publish hq "$rules" --from 2026-01-01 >/dev/null
"$leima" hub hq --listen tcp://127.0.0.1:0 >hub.out 2>hub.log &
hub=$!
await grep -q '^listening ' hub.out
say "The hub is $(cat hub.out)."

chapter "Three stores join, each with a string that is good once"
for store in $stores; do
	"$leima" init "store$store" --node "$store" --store "$store" \
		--incarnation 1 >/dev/null
	"$leima" enrol new hq --node "$store" --stores "$store" >"string$store"
	"$leima" node "store$store" --join - --once <"string$store" \
		2>>"node$store.log"
	start_node "$store"
done
show enrol list hq

chapter "Half a month of trade: each store writes to its own log, its node carries it to the hub"
for store in $stores; do
	"$leima" generate --output - --seed 7 --from 2026-03 --months 1 \
		--stores 3 --members 600 --visits 60 --only-store "$store" |
		sed -E 's/^\{"event": "[^"]*", /{/; s/, "recorded": "[^"]*"\}$/}/' \
			>"month$store.jsonl"
	grep -E '"at": "2026-03-(0|1[0-5])' "month$store.jsonl" \
		>"store$store-1.jsonl"
	grep -vE '"at": "2026-03-(0|1[0-5])' "month$store.jsonl" \
		>"store$store-2.jsonl"
	sell "$store" 1
done
first=$(cat store??-1.jsonl | wc -l)
await hub_has "$first"
say "$first sales, stamps, redemptions and consents are at the hub."

chapter "The line to store 12 goes down, and all three sell on"
line_down 12
for store in $stores; do sell "$store" 2; done
online=$((first + $(cat store10-2.jsonl store11-2.jsonl | wc -l)))
await hub_has "$online"
all=$(cat month??.jsonl | wc -l)
say "The hub has $(events_of hq) events; store 12 keeps $((all - online)) for later."

chapter "The line comes back: the store catches up by itself"
start_node 12
await hub_has "$all"
say "The hub has all $all events."
"$leima" init one --node 2000 >/dev/null
"$leima" rules publish one "$rules" --from 2026-01-01 >/dev/null
for store in $stores; do
	"$leima" export "store$store" 2>/dev/null >"export$store.jsonl"
	"$leima" import one "export$store.jsonl" 2>/dev/null
done
digest=$("$leima" verify hq --digest --at "$at")
same "$digest" "$("$leima" verify one --digest --at "$at")" "digest of the hub"
say "One ledger that imports the three exports has the same accounts:" "$digest"

chapter "Each store knows its own members as the hub does"
# What the hub folds flows back to the stores that serve a member.
balance() { "$leima" balance "$1" "$2" --json | sed -E 's/"at": "[^"]*", //'; }
agree() { [ "$(balance "store$1" "$2")" = "$(balance hq "$2")" ]; }
for store in $stores; do
	members=$(sed -nE 's/.*"kind": "join".*"member": ([0-9]+).*/\1/p' \
		"month$store.jsonl" | head -n 8)
	for member in $members; do await agree "$store" "$member"; done
	say "store $store: members $(echo $members) have the same there and at the hub"
done

chapter "One member: where every point came from"
member=$(grep -h '"kind": "redeem"' month10.jsonl |
	sed -nE 's/.*"member": ([0-9]+).*/\1/p' | head -n 1)
show explain hq "$member" --at "$at" | head -n 14

chapter "Month end: what each partner owes and is owed"
show settle hq --period 2026-03

chapter "What would March have cost if the weekend gave three times the points?"
sed 's/{weekdays: \[sat, sun\]}, multiply: 2/{weekdays: [sat, sun]}, multiply: 3/' \
	"$rules" >weekend.yaml
show rules diff "$rules" weekend.yaml
show replay hq --rules weekend.yaml --until "$at"

printf '\n%sThat was leima.%s  README.md goes on from here.\n' "$bold" "$plain"
