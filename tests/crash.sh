#!/usr/bin/env bash
# crash.sh - power cuts under appending and taking in; see tests/crash/crash.h
#
#   tests/crash.sh IMAGES      so many of each; prints TAP lines
set -u
cd "$(dirname "$0")/.." || exit 2
images=$1
make --no-print-directory crashers >&2 || exit 1
built=$PWD/build/release/crash
folder=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo /tmp)")
trap 'rm -rf "$folder"' EXIT
bad=0
for load in append ingest; do
	home=$folder/$load
	mkdir -p "$home/image"
	"$built/load" init "$home/journal" || exit 1
	cp "$home/journal/data.mdb" "$home/base"
	words=("$load" "$home/journal" 300)
	[ $load = ingest ] && words+=("$home/from")
	CRASH_FILE=$home/journal/data.mdb CRASH_LOG=$home/log \
		LD_PRELOAD=$built/record.so "$built/load" "${words[@]}" \
		>"$home/said" || { echo "not ok crash_$load: the load"; exit 1; }
	if said=$("$built/replay" "$home/base" "$home/log" "$home/image" \
		"$images" "${SEED:-1}"); then
		echo "ok crash_$load: $said"
	else
		echo "$said"
		cp "$home/image/data.mdb" build/crash-$load.mdb
		echo "not ok crash_$load: build/crash-$load.mdb"
		bad=1
	fi
done
exit $bad
