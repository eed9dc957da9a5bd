#!/usr/bin/env bash
# test_crash.sh - twenty thousand power cuts; `make crash` tries more
exec "$(dirname "$0")/crash.sh" "${IMAGES:-10000}"
