#!/usr/bin/env bash
# tidy.sh - `make tidy` as one test
cd "$(dirname "$0")/.." || exit 2
if output=$(make --no-print-directory tidy 2>&1); then
	echo "ok tidy"
else
	printf '%s\nnot ok tidy\n' "$output"
fi
