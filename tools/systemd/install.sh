#!/usr/bin/env bash
# install.sh - puts the program, its manual, its mappings and its systemd units
# in place, or takes away what it has put there
#
#   tools/systemd/install.sh PROGRAM DESTDIR PREFIX     DESTDIR may be empty
#   tools/systemd/install.sh --remove DESTDIR PREFIX
set -euo pipefail
program=$1 root=$2$3 prefix=$3
cd "$(dirname "$0")/../.."

# Standard input becomes the file; or the file goes, and its folders if they
# are ours and empty.
put() { # MODE FILE
	if [ "$program" != --remove ]; then
		install -D -m "$1" /dev/stdin "$root/$2"
	else
		cat >/dev/null
		rm -f "$root/$2"
	fi
}
# So that nothing is run or read only to be taken away.
made() { [ "$program" = --remove ] || "$@"; }

made cat "$program" | put 755 bin/leima
made tools/manual.sh "$program" | put 644 share/man/man1/leima.1
put 644 share/bash-completion/completions/leima <tools/completion.bash
for map in tools/maps/*; do
	put 644 "share/leima/maps/${map##*/}" <"$map"
done
put 644 share/doc/leima/README.md <README.md
for unit in leima-hub leima-node@; do
	sed -e "s|@BIN@|$prefix/bin|" \
		-e '/^@COMMON@/{r tools/systemd/common.conf' -e 'd}' \
		"tools/systemd/$unit.service" |
		put 644 "lib/systemd/system/$unit.service"
done
put 644 lib/sysusers.d/leima.conf <tools/systemd/leima.sysusers
put 644 lib/tmpfiles.d/leima.conf <tools/systemd/leima.tmpfiles
if [ "$program" = --remove ]; then
	for folder in share/leima/maps share/leima share/doc/leima; do
		rmdir --ignore-fail-on-non-empty "$root/$folder" 2>/dev/null || true
	done
fi
