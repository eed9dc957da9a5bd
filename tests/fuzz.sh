#!/usr/bin/env bash
# fuzz.sh - builds the fuzzers and runs each: its corpus, then new bytes
#
#   tests/fuzz.sh SECONDS [NAME...]
#
# tests/fuzz/fuzz_NAME.c is the fuzzer, tests/fuzz/corpus/NAME/ what it begins
# with; what it finds goes to build/fuzz/found/.  Prints TAP lines.
set -u
cd "$(dirname "$0")/.." || exit 2
seconds=$1
shift
probe=$(mktemp -d)
trap 'rm -rf "$probe"' EXIT
printf 'int LLVMFuzzerTestOneInput(const char *b, unsigned long n)
{ return b == 0 && n != 0; }\n' >"$probe/probe.c"
if ! command -v clang >/dev/null ||
	! clang -fsanitize=fuzzer,address,undefined "$probe/probe.c" \
		-o "$probe/probe" 2>/dev/null; then
	echo "not ok fuzz: clang has no fuzzer here (Debian: clang libclang-rt-dev)"
	exit 1
fi
if ! make --no-print-directory -j"$(nproc)" BUILD=fuzz fuzzers >"$probe/log" 2>&1; then
	cat "$probe/log"
	echo "not ok fuzz_build"
	exit 1
fi
# fuzz NAME - one fuzzer, over its corpus and beyond
fuzz() {
	found=build/fuzz/found/$1
	mkdir -p "$found"
	options="-timeout=60 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
		-max_len=20000 -artifact_prefix=build/fuzz/found/crash-$1-"
	if build/fuzz/fuzz/fuzz_"$1" $options -runs=0 \
		tests/fuzz/corpus/"$1" >"$probe/$1" 2>&1 &&
		build/fuzz/fuzz/fuzz_"$1" $options -max_total_time="$seconds" \
			"$found" tests/fuzz/corpus/"$1" >"$probe/$1" 2>&1; then
		echo "ok fuzz_$1 ($(sed -n 's/^Done \([0-9]*\).*/\1/p' \
			"$probe/$1") inputs)"
	else
		tail -n 40 "$probe/$1"
		echo "not ok fuzz_$1"
	fi
}
export -f fuzz
export probe seconds

# As many at a time as there are processors.
for source in tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
	echo "$name"
done | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}' | tee "$probe/said"
! grep -q '^not ok' "$probe/said"
