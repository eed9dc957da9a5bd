#!/usr/bin/env bash
# manual.sh - prints leima(1): the help of every command, as the program has it
#
#   tools/manual.sh PROGRAM >leima.1
set -euo pipefail
leima=$1

# Text as it stands, in lines of its own: nothing in it is an order to roff.
plain()
{
	printf '.nf\n'
	sed -e 's/\\/\\e/g; s/-/\\-/g' -e "s/^[.']/\\\\\&&/"
	printf '.fi\n'
}

overview=$("$leima" --help)
release=$("$leima" --version)
printf '.TH LEIMA 1 "" "%s" "leima"\n' "$release"
printf '.SH NAME\nleima \\- an event-sourced loyalty ledger\n'
printf '.SH SYNOPSIS\n'
sed -n 's/^usage: //p' <<<"$overview" | plain
printf '.SH COMMANDS\n'
sed -nE 's/^  ([a-z]+( [a-z]+)*)(  .*)?$/\1/p' <<<"$overview" |
	while read -r command; do
		printf '.SS %s\n' "$command"
		# shellcheck disable=SC2086 # a command is one word or two
		"$leima" $command --help </dev/null | plain
	done
printf '.SH EXIT STATUS\n'
sed -n '/Exit status:/,$p' <<<"$overview" | sed 's/.*Exit status:$//; /^$/d' |
	plain
