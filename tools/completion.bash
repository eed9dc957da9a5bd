# completion.bash - what may stand at the cursor behind `leima`, for bash
#
# Commands and options are those that the program's own help lists, asked each
# time, so that they are never those of another release.  Everything else is
# the name of a file, as bash completes it.

# The commands, a line each; or the options of one.
_leima_commands()
{
	"$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+( [a-z]+)*)(  .*)?$/\1/p'
}
_leima_options()
{
	"$1" "${@:2}" --help 2>/dev/null | sed -nE 's/^  (--[a-z-]+).*/\1/p'
}

_leima()
{
	local leima=${COMP_WORDS[0]} first=${COMP_WORDS[1]-} words= commands
	local word=${COMP_WORDS[COMP_CWORD]} second=${COMP_WORDS[2]-}

	commands=$(_leima_commands "$leima")
	if ((COMP_CWORD == 1)); then
		words="$(cut -d ' ' -f 1 <<<"$commands") help --help --version"
	elif [[ $word == -* ]] && grep -qxF -- "$first $second" <<<"$commands"; then
		words=$(_leima_options "$leima" "$first" "$second")
	elif [[ $word == -* ]]; then
		words=$(_leima_options "$leima" "$first")
	elif ((COMP_CWORD == 2)); then
		words=$(awk -v first="$first" '$1 == first { print $2 }' <<<"$commands")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	# `settle` takes a ledger, and `settle explain` is a command, too.
	if ((COMP_CWORD == 2)) && grep -qxF -- "$first" <<<"$commands"; then
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -o bashdefault -o default -o filenames -F _leima leima
