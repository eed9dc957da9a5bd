#!/usr/bin/env bash
# test_benches.sh - each benchmark still finds the program that it measures:
# it is let run for some seconds, and may not have stopped by itself but at its
# end
set -u
cd "$(dirname "$0")/.." || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
export TMPDIR=$folder

# Of a benchmark that was ended: a PostgreSQL, which goes on without it.
end_peers() {
	for file in "$folder"/*/pg/data/postmaster.pid; do
		[ -e "$file" ] && kill -INT "$(head -n 1 "$file")"
	done
}

for source in bench/bench_*.c; do
	name=$(basename "$source" .c)
	timeout --kill-after=2 12 "build/release/bench/$name" >"$folder/said" 2>&1
	status=$?
	end_peers
	case $status in
	0 | 124 | 137) echo "ok $name goes" ;;
	*)
		echo "not ok $name goes"
		tail -n 20 "$folder/said"
		;;
	esac
done
