#!/usr/bin/env bash
# test_fuzz.sh - every fuzzer over its corpus, and a few seconds beyond it
exec "$(dirname "$0")/fuzz.sh" "${SECONDS_EACH:-3}"
