#!/usr/bin/env bash
# run.sh - runs test programs side by side and adds up what they say
#
#   tests/run.sh LOG-FOLDER COMMAND...
#
# A test program prints a line "ok NAME" or "not ok NAME" for each of its
# tests (TAP; cmocka does so when asked) and "skip NAME: why" for what could
# not be tried (cmocka: "not ok NUMBER # SKIP NAME").  One that ends badly
# without having said "not ok" counts as one failure, and so does one that has
# said nothing.  The last line is "N passed, N failed" (", N skipped").
set -u
logs=$1
shift
mkdir -p "$logs"
rm -f "$logs"/*.log
export CMOCKA_MESSAGE_OUTPUT=TAP

one() {
	command=$1 logs=$2
	log=$logs/$(basename "${command%% *}").log
	start=$SECONDS
	bash -c "$command" >"$log" 2>&1 </dev/null
	status=$?
	sed -Ei 's/^(not )?ok [0-9]+ # SKIP (.*)/skip \2: no way to try it here/' "$log"
	if [ $status -ne 0 ] && ! grep -qE '^not ok ' "$log"; then
		echo "not ok $command: ended with status $status" >>"$log"
	fi
	if ! grep -qE '^(ok|not ok|skip) ' "$log"; then
		echo "not ok $command: tested nothing" >>"$log"
	fi
	bad=$(grep -cE '^not ok ' "$log")
	printf '%-34s %4d ok %3d failed %4d s\n' "$(basename "${command%% *}")" \
		"$(grep -cE '^ok ' "$log")" "$bad" $((SECONDS - start))
	[ "$bad" -eq 0 ] || { grep -E '^not ok ' "$log"; tail -n 40 "$log"; } |
		sed 's/^/    /'
}
export -f one
printf '%s\0' "$@" |
	xargs -0 -P "$(nproc)" -I{} bash -c 'one "$1" "$2"' _ {} "$logs"

passed=$(cat "$logs"/*.log | grep -cE '^ok ')
failed=$(cat "$logs"/*.log | grep -cE '^not ok ')
skipped=$(cat "$logs"/*.log | grep -cE '^skip ')
cat "$logs"/*.log | grep -E '^skip '
if [ "$skipped" -gt 0 ]; then
	echo "$passed passed, $failed failed, $skipped skipped"
else
	echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
