#!/usr/bin/env bash
# install.sh - installs packages of the distribution, with a word, and with
# sudo when not root.
#
#   tools/install.sh [--missing] PACKAGE...    --missing: only those not there
set -eu
if [ "$1" = --missing ]; then
	shift
	missing=()
	for package in "$@"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || exit 0
	set -- "${missing[@]}"
fi
if ! command -v apt-get >/dev/null; then
	echo "Please install the equivalents of these Debian packages: $*" >&2
	exit 1
fi
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "Installing from the distribution: $*"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq \
	--no-install-recommends "$@" >/dev/null
