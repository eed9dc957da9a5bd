#!/usr/bin/env bash
# tidy.sh - the rules of style that a machine can check; says every breach and
# ends with status 1 if there is one.
#
#   tools/tidy.sh CORE="base limits ..." REPLAY=... NODES=... TOOLS=...
#
# The lists are the Makefile's: a file includes only what stands before it.
set -u
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 2
for list in "$@"; do declare "$list"; done
: "${CORE:?}" "${REPLAY:?}" "${NODES:?}" "${TOOLS:?}"

breaches=$(mktemp)
trap 'rm -f "$breaches"' EXIT
say() { printf '%s\n' "$*" | tee -a "$breaches"; }
found() { while IFS= read -r line; do say "$line: $1"; done; }

ours=$(ls core/*.[ch] replay/*.[ch] nodes/*.[ch] tools/*.[ch] 2>/dev/null)
all="$ours $(ls bench/*.[ch] tests/*.[ch] tests/*/*.[ch] 2>/dev/null)"

# Layering: core <- replay <- nodes <- tools, and within each the list's order.
order=" "
for name in $CORE; do order+="core/$name "; done
for name in $REPLAY; do order+="replay/$name "; done
for name in $NODES; do order+="nodes/$name "; done
for name in $TOOLS; do order+="tools/$name "; done
for file in $ours; do
	stem=${file%.[ch]}
	case "$order" in
	*" $stem "*) before=${order%%" $stem "*} ;;
	*) say "$file: not in the Makefile's lists"; continue ;;
	esac
	while IFS=: read -r line include; do
		used=${include%.h}
		[ "$used" = "$stem" ] && continue
		case "$before " in
		*" $used "*) ;;
		*) say "$file:$line: includes $include, which is not below it" ;;
		esac
	done < <(grep -nE '^#include "' "$file" |
		sed -E 's/^([0-9]+):#include "([^"]+)".*/\1:\2/')
done

# Own header first, then ours, then the system's, each group sorted.
awk '
	FNR == 1 { last = ""; own = FILENAME; sub(/\.c$/, ".h", own) }
	/^#include / {
		name = substr($2, 2, length($2) - 2)
		group = name == own ? 0 : $2 ~ /^"/ ? 1 : 2
		if (last != "" && group name < last)
			printf "%s:%d: %s is included out of order\n", FILENAME, FNR, name
		last = group name
	}' $ours | while IFS= read -r line; do say "$line"; done

# One includer per library.
while read -r library owner; do
	grep -nE "^#include <$library(/|\.h|_)" $ours |
		grep -v "^$owner:" | found "only $owner includes $library"
done <<-'LIBRARIES'
	lmdb core/db_parts.h
	msgpack core/pack.c
	xxhash core/hash.c
	sodium core/crypto.c
	jansson core/json.c
	yaml core/yaml.c
	zmq nodes/transport.c
	libsmartcols tools/table.c
	xlsxwriter tools/statement_xlsx.c
LIBRARIES

# A header of the system that nothing is used of: beside it stands what there is
# to use.  (cmocka.h wants some before it, for itself.)
while read -r header uses; do
	files=$(grep -lE "^#include <$header>" $all | grep -v '^tests/unit\.h$')
	[ -z "$files" ] ||
		grep -LE "(^|[^a-z_A-Z0-9/])($uses)" $files | found "no use of <$header>"
done <<-'USES'
	dirent.h DIR \*|dirent|[a-z]*dir\(
	errno.h errno|E[A-Z]{3,}
	fcntl.h O_[A-Z]+|AT_[A-Z_]+|fcntl\(|fallocate\(
	inttypes.h (PRI|SCN)[a-zA-Z0-9]+
	poll.h pollfd
	pthread.h pthread_[a-z_]+
	signal.h SIG[A-Z]+|sig[a-z]+\(|kill\(|raise\(
	stdarg.h va_[a-z]+
	stdatomic.h atomic_[a-z_]+|_Atomic
	stdio.h FILE|EOF|std(in|out|err)|[a-z]*printf\(|[a-z]*puts\(|putchar\(|f[a-z]+\(|remove\(|rename\(|sscanf\(|getline\(|perror\(
	stdlib.h [a-z]*alloc\(|free\(|free|abort\(|_?exit\(|[a-z]*getenv\(|setenv\(|unsetenv\(|[a-z]*sort\(|bsearch\(|strto[a-z]+\(|ato[a-z]+\(|s?rand(om)?\(|mk[a-z]*temps?\(|system\(|realpath\(|l*abs\(|EXIT_[A-Z]+|atexit\(
	string.h (mem(cpy|set|cmp|move|chr|mem|rchr|pcpy)|str[a-z_]+)\(|strcmp
	sys/mman.h (MAP|PROT|MADV|MREMAP)_[A-Z]+|munmap\(|msync\(
	sys/socket.h (AF|SOCK|MSG|SOL)_[A-Z]+|(accept4?|connect|send|recv|bind|listen)\(
	sys/stat.h struct stat|[a-z]*stat(at)?\(|mkdir[a-z]*\(|[a-z]*chmod[a-z]*\(|umask\(|S_I[A-Z]+|utimens[a-z]*\(|mkfifo\(
	sys/wait.h wait(pid|4)?\(|W(IF)?[A-Z]{4,}
	time.h time_t|tzset\(|timespec|clock_[a-z]+\(|clock\(|time\(NULL|struct tm
	unistd.h (access|close|read|write|pread|pwrite|unlink(at)?|rmdir|f(data)?sync|f?truncate|fork|exec[a-z]+|_exit|get[a-z]+id|isatty|sysconf|pipe2?|dup2?|lseek|link|symlink|readlink|u?sleep|chdir|[a-z]*chown(at)?|set[a-z]+id|getcwd|gethostname|syscall|alarm|copy_file_range)\(|[FRWX]_OK|STD[A-Z]+_FILENO|environ
USES

# Every file of the ledger and of the replay has its test.
for file in core/*.c replay/*.c; do
	[ -f "$file" ] || continue
	[ -f "tests/test_${file##*/}" ] || say "$file: has no tests/test_${file##*/}"
done

# What does not belong.
pure=$(ls core/*.[ch] replay/*.[ch] 2>/dev/null)
grep -nE '(^|[^a-z_ ] ?)\b(float|double) [a-z*]' $pure | grep -v ' \* ' |
	cut -d: -f1,2 | found "no floating point in core/ and replay/"
grep -nE '(^|[[:space:];{}])//' $all | cut -d: -f1,2 |
	found "comments are /* */"
grep -nE 'TODO|FIXME|\bXXX\b' $all | cut -d: -f1,2 | found "left undone"
grep -nE '\b(printf|puts|fprintf|gettimeofday|clock_gettime|rand)\(' $pure |
	grep -v 'core/base.c' | cut -d: -f1,2 |
	found "core and replay print nothing and read no clock"

# Lengths.  Models of data are one piece each, however long; a header that
# holds the table of a format may be longer.
for file in $all; do
	lines=$(wc -l <"$file")
	case "$file" in
	core/program.h | core/event.h | core/account.h) limit=400 ;;
	core/record.h | core/journal.h | core/shelf.h | tools/mapping_file.h)
		limit=210 ;;
	nodes/frame.h | nodes/sync.h) limit=270 ;;
	*.h) limit=150 ;;
	*) limit=800 ;;
	esac
	[ "$lines" -le "$limit" ] || say "$file: $lines lines, at most $limit"
done
[ "$(wc -l <Makefile)" -lt 150 ] || say "Makefile: 150 lines or more"
while IFS= read -r line; do say "$line"; done < <(awk '
	FNR == 1 { start = 0 }
	/^\{/ { start = FNR }
	/^\}/ {
		if (start && FNR - start > 71)
			printf "%s:%d: a function of %d lines, at most 70\n",
				FILENAME, start, FNR - start - 1
		start = 0
	}
	length($0) > 80 { printf "%s:%d: over 80 columns\n", FILENAME, FNR }
' $all)

# Other versions lay the same settings out otherwise.
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
	clang-format --dry-run $all 2>&1 | grep -oE '^[^ ]+:[0-9]+:[0-9]+' |
		sort -u | head -20 | found "not as clang-format lays it out"
else
	echo "clang-format 14 is not installed: the layout was not checked"
fi

[ -s "$breaches" ] && exit 1
echo "tidy"
