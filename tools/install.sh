#!/usr/bin/env bash
# install.sh - what leima needs of the distribution: it is installed where it is
# missing, with a word, and with sudo when not root
#
#   tools/install.sh --make FILE  what building needs, and into FILE, for make,
#                                 how it is used
#   tools/install.sh --tests      what the tests need beside it
set -eu

# Debian 13 calls msgpack's library msgpack-c; libxlsxwriter is linked with zlib,
# which its package does not bring.
building=(gcc make pkg-config liblmdb-dev libzmq3-dev libmsgpack-dev
	libxxhash-dev libsodium-dev libjansson-dev libyaml-dev
	libsmartcols-dev libxlsxwriter-dev zlib1g-dev libjs-chart.js tzdata)
testing=(libcmocka-dev python3 clang-format clang libclang-rt-dev hledger)
libraries=(lmdb libzmq libxxhash libsodium jansson yaml-0.1 smartcols xlsxwriter
	zlib)
chart_js=/usr/share/javascript/chart.js/chart.min.js

install() {
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
}

with_msgpack() {
	msgpack=msgpack
	pkg-config --exists msgpack-c 2>/dev/null && msgpack=msgpack-c
	pkg-config "$@" "${libraries[@]}" $msgpack
}

case ${1:-} in
--make)
	with_msgpack --exists 2>/dev/null && [ -f $chart_js ] ||
		install "${building[@]}"
	printf '%s\n' "CHART_JS := $chart_js" \
		"INCLUDES := $(with_msgpack --cflags)" \
		"LIBRARIES := $(with_msgpack --libs) -lpthread -lm" >"$2"
	;;
--tests)
	missing=()
	for package in "${testing[@]}"; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
	;;
*)
	echo "install.sh: expected --make FILE or --tests" >&2
	exit 2
	;;
esac
