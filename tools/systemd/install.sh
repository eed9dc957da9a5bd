#!/usr/bin/env bash
# install.sh - puts the program, its mappings and its systemd units in place
#
#   tools/systemd/install.sh PROGRAM DESTDIR PREFIX     DESTDIR may be empty
set -eu
program=$1 root=$2$3 prefix=$3
cd "$(dirname "$0")/../.."
install -D -m 755 "$program" "$root/bin/leima"
install -D -m 644 -t "$root/share/leima/maps" tools/maps/*
install -D -m 644 -t "$root/share/doc/leima" README.md
for unit in leima-hub leima-node@; do
	sed -e "s|@BIN@|$prefix/bin|" \
		-e '/^@COMMON@/{r tools/systemd/common.conf' -e 'd}' \
		"tools/systemd/$unit.service" |
		install -D -m 644 /dev/stdin "$root/lib/systemd/system/$unit.service"
done
install -D -m 644 tools/systemd/leima.sysusers "$root/lib/sysusers.d/leima.conf"
install -D -m 644 tools/systemd/leima.tmpfiles "$root/lib/tmpfiles.d/leima.conf"
