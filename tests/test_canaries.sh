#!/usr/bin/env bash
# test_canaries.sh - the simulator notices what it is there to notice: builds
# in which one safeguard has been taken out must each go wrong soon
#
# The tree is copied under build/, the copy is changed, and only what changed is
# compiled again; two at a time.
set -u
cd "$(dirname "$0")/.." || exit 2
make --no-print-directory -j"$(nproc)" build/release/sim >/dev/null || exit 1
[ -w /dev/shm ] && export TMPDIR=/dev/shm

# [first=SEED count=WORLDS forgers=1 hublies=1] canary NAME FILE SED-COMMAND [FILE SED-COMMAND]...
canary() {
	[ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ] || return 0
	flown=1
	[ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
	fly "$@" &
}

fly() {
	name=$1
	shift
	copy=build/canary/$name
	rm -rf "$copy"
	mkdir -p "$copy/build/release/tests"
	cp -a Makefile core nodes tests "$copy"
	mkdir "$copy/tools"
	cp -a tools/install.sh "$copy/tools"
	cp -a build/release/core build/release/nodes "$copy/build/release"
	cp -a build/release/tests/sim build/release/tests/place.* \
		"$copy/build/release/tests"
	while [ $# -gt 0 ]; do
		sed -E "$2" "$1" >"$copy/$1"
		if cmp -s "$1" "$copy/$1"; then
			echo "not ok $name: nothing to take out of $1"
			return
		fi
		shift 2
	done
	if ! make --no-print-directory CI= -C "$copy" build/release/sim >"$copy/log" 2>&1; then
		echo "not ok $name: does not compile"
		tail -n 5 "$copy/log"
		return
	fi
	# The time is for a slow machine: what is noticed is noticed soon.
	timeout 900 "$copy/build/release/sim" FIRST="${first:-1001}" COUNT="${count:-40}" SECONDS=800 STOP=1 FORGERS="${forgers:-0}" HUBLIES="${hublies:-0}" \
		>"$copy/log" 2>&1
	case $? in
	0) echo "not ok $name: nobody noticed" ;;
	124) echo "not ok $name: it did not end" ;;
	*) echo "ok $name: $(grep -aE ' seed |Assertion' "$copy/log" | tail -n 1)" ;;
	esac
	rm -rf "$copy"
}

canary what-is-held-is-stored-again core/ingest.c \
	's/return is_held\(intake, record\) \? .*$/{ store_record(intake, record); batch->head = (stream_head) { record_last(record), record->chain }; return INGEST_APPENDED; }/'
canary an-id-counts-twice core/journal.c \
	's/if \(find_known\(work/if (work == NULL \&\& find_known(work/'
canary no-chain-check \
	core/ingest.c 's/!digest_equal\(record->prev, batch->head.chain\)/false/; s/return is_held\(intake, record\) \?/return true ?/' \
	nodes/lane.c 's/lane->peer.seq > 0 \&\& !head_equal\(ours, lane->peer\)/ours.seq > UINT64_MAX - 1/' \
	nodes/agree.c 's/!digest_equal\(frame->batch.before, lane->durable.chain\)/false/'
canary acknowledged-before-it-is-durable nodes/hub.c \
	's/(\.marks = &marks) \}/\1, .lazy = true }/'
canary told-before-it-is-durable core/journal.c \
	's/shelf_begin\(journal->db, DB_WRITE, &txn\);/shelf_begin(journal->db, DB_WRITE_LAZY, \&txn);/'
canary promises-are-broken nodes/answer.c \
	's/points_add\(command->points_held, hold->points\)/command->points_held/'
canary one-disk-is-safe nodes/hub.c \
	's/input\.stored\.safe = .*;/input.stored.safe = batch->head.seq;/'
first=337 count=12 canary a-lost-disk-counts-on nodes/safe.c \
	's/= has \? held\[at\]\.head\.seq : 0;/= has ? UINT64_MAX : UINT64_MAX;/'
first=1151 canary hubs-of-the-past-are-followed nodes/greet.c \
	's/frame->hello\.epoch > session->options\.epoch/false/; s/frame->welcome\.epoch < session->epoch/false/'
canary versions-are-not-compared nodes/greet.c \
	's/frame->hello\.version_min > SYNC_VERSION \|\|/false \&\&/'
canary a-longer-entry-is-not-understood nodes/frame.c \
	's/take_entry\(&entries, size\)/take_entry(\&entries, WELCOME_ENTRY)/'
canary damaged-records-are-stored \
	core/record.c 's/hash_64\(summed, 0\) != load_64\(bytes\.bytes\)/false/' \
	core/ingest.c 's/record_check_chain\(record\) != OK/false/'
canary poison-counts core/admission.c \
	's/return !has\(admission, pair_of\(node, 0\)\) \|\|/return true ||/'
canary credit-is-no-limit nodes/credit.c \
	's/session->sent_total >= session->sent_limit/false/; s/total <= session->sent_limit/true/'
canary memory-is-kept nodes/session.c 's/^    free\(session->offers\);//'
canary a-twin-is-told-nothing nodes/shadow.c \
	's/^        else$/        else if (source->relay)/'
forgers=1 canary a-copy-speaks-for-any-store core/gather.c \
	's/rules->admits\(rules->context, carrier, event->store\)/true/'
forgers=1 canary anybodys-stream-is-taken nodes/talk.c \
	's/stream\.node == session->options\.peer;/true;/'
forgers=1 canary anybodys-claim-is-believed nodes/trust.c \
	's/return knows\(trust, claim->node, claim->key\) \&\& /return /'
forgers=1 canary a-stores-items-rule core/allow_list.c \
	's/ && item\.record\.stream\.channel == CHANNEL_BOOKS//'
hublies=1 canary any-epoch-is-remembered nodes/follow.c \
	's/!reign_is_sane\(.*now_ms\)/false/'
hublies=1 canary what-cant-be-read-stops-the-allow-list core/allow_list.c \
	's/list->odd_count\+\+;/return err;/'
first=1081 count=120 hublies=1 canary a-standby-fetches-nothing-of-its-own nodes/talk.c \
	's/return session->options.relay \|\| /return !session->options.relay \&\& /'
hublies=1 canary what-was-once-safe-remains-so nodes/notes.c \
	's/(acked\[at\]\.safe) = safe;/\1 = safe > notes->\1 ? safe : notes->\1;/'
hublies=1 canary states-to-come-are-gone-on-from nodes/greet.c \
	's/session->feed_position > input->admit\.feed_end/false/'
canary a-warm-account-forgets-its-points core/onward.c \
	'/^onward_pass/,$s/if \(earned\.value > 0\)/if (earned.value < 0)/'
canary marked-accounts-miss-what-has-come core/state_afresh.c \
	's/\? ledger_refresh_histories\(state->ledger, NULL\)/? OK/'
# Some worlds in twenty have a hub that is rolled back, and in few of these it
# had told what nobody else would.
first=1051 count=120 canary a-hub-that-was-rolled-back-goes-on nodes/shadow.c \
	's/enum err err = reign_begin_anew/enum err err = false \&\& reign_begin_anew/'
canary a-hub-that-comes-back-asks-nobody nodes/hub.c \
	's/if \(heir_turn\(/if (false \&\& heir_turn(/'
# What it had published, and what it published before it knew, all must have.
first=1051 count=120 canary a-branch-is-not-published-again nodes/shadow.c \
	's/return reissue_run\(.*$/return OK;/'
# Two hubs with branches are rare: one world in a hundred.
first=1081 count=120 canary branches-are-not-told-again nodes/graft.c \
	's/err = retell_run\(journal, &retell\);/err = OK;/'
# So is a month that both have closed.
first=1151 canary closes-hold-as-they-came core/closing.c \
	's/= place\(closings, closing\);/= closings->count + 0 * place(closings, closing);/'
wait
[ -n "${flown:-}" ] || echo "not ok $ONLY: there is no such canary"
