#!/usr/bin/env bash
# test_sim.sh - whole networks from seeds, for about a minute and a half; a
# seed that went wrong is repeated by `make sim SEED=n`
set -u
cd "$(dirname "$0")/.." || exit 2
make --no-print-directory -j"$(nproc)" build/release/sim >/dev/null || exit 1
build/release/sim FIRST=1 COUNT=30 SECONDS=40
# A developer's run also looks at worlds that nobody has seen yet; CI asks the
# same question every time.
first=1001
[ -n "${CI:-}" ] || first=$(($(date +%s) % 1000000 * 1000))
build/release/sim FIRST="$first" COUNT=40 SECONDS=40
build/release/sim SEED=1 HERD=150 2>/dev/null
