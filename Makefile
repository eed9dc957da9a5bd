# leima: an event-sourced loyalty ledger.  `make help` lists the targets.

BUILD ?= release
B := build/$(BUILD)
CC := gcc
Q := $(if $(V),,@)

# The order of each list is the layering and the reading order: a file
# includes only what is listed above it (`make tidy` checks).
CORE := base limits err list amount calendar text event hash crypto pack \
	codec_fields codec codec_decode \
	json json_value json_fields json_quick json_read json_write \
	record db shelf pen group journal reader ingest prune scrub enrol retell \
	program mistake yaml scalar grammar program_ids program_stores \
	program_tests program_value program_check \
	program_yaml program_schema program_words program_diff \
	timeline terms basket earn referral \
	lot effect account account_format account_pack account_unpack \
	scene book voucher gain stamp spend tier \
	bonus sale give_back redeem pass clock fold walk balance explain \
	runs runset item words chapter tail history_account gather history_parts \
	history history_scan facts publication versions admission \
	ledger_parts ledger ledger_append ledger_publish ledger_backup census segment_part segment segment_read digest \
	intern tally served rfm breakdown \
	state_table state_fold state state_check hub_state ledger_aside \
	totals standing_parts standing_file standing ledger_check \
	settlement statement signing seal heads silence closing dispute \
	liability
REPLAY := candidate vary side plain rulebook quick_parts quick_book quick_clock quick outcome simulate compare report report_html accounts
NODES := clock trace stop keys keyring frame sync lane fork talk greet agree session \
	transport allow carry link notes reign instance safe hubs decide ask hold feed \
	answer roster keeper inquiry pulse door copies join desk errand store shadow hub
TOOLS := table lines csv lookup cell mapping_file mapping_event mapping \
	town generate trial command query statement_words statement_csv \
	statement_hledger statement_html evidence statement_xlsx statement_table \
	cmd_ledger cmd_status cmd_backup \
	cmd_rules cmd_events cmd_import cmd_generate cmd_account cmd_redeem cmd_segment cmd_rfm \
	cmd_report cmd_settle cmd_dispute cmd_seal cmd_liability replay_table cmd_replay \
	cmd_nodes cmd_keys guard main

# What the distribution gives: pkg-config name / package to install.
MSGPACK := $(shell pkg-config --exists msgpack-c && echo msgpack-c || echo msgpack)
PACKAGES := lmdb libzmq $(MSGPACK) libxxhash libsodium jansson yaml-0.1 smartcols \
	xlsxwriter
DEBIAN := gcc make pkg-config liblmdb-dev libzmq3-dev libmsgpack-dev \
	libxxhash-dev libsodium-dev libjansson-dev libyaml-dev \
	libsmartcols-dev libxlsxwriter-dev libjs-chart.js tzdata
DEBIAN_TEST := libcmocka-dev python3 clang-format hledger
LIBRARIES := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lpthread -lm
INCLUDES := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum \
	-Wmissing-prototypes -Wstrict-prototypes -Wvla \
	$(if $(CI),-Werror)
FLAGS_release := -O2 -g
FLAGS_debug := -O0 -g3
FLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
FLAGS_fuzz := -w -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-omit-frame-pointer -fno-sanitize-recover=all
ifeq ($(BUILD),fuzz)
CC := clang
endif
CFLAGS := -std=c11 -D_GNU_SOURCE -funsigned-char $(WARNINGS) $(FLAGS_$(BUILD))

sources = $(wildcard $(addsuffix .c,$(addprefix $(1)/,$(2))))
objects = $(patsubst %.c,$(B)/%.o,$(1))
LIBRARY := $(B)/libleima.a
LIB_OBJECTS := $(call objects,$(call sources,core,$(CORE)) \
	$(call sources,replay,$(REPLAY)) $(call sources,nodes,$(NODES)) \
	$(call sources,tools,$(filter-out main,$(TOOLS))))
MAIN := $(call objects,tools/main.c)
UNITS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/test_*.c))
SHARED_TEST := $(call objects,$(filter-out $(wildcard tests/test_*.c), \
	$(wildcard tests/*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SCRIPTS := $(wildcard tests/test_*.sh tests/test_*.py)
BENCHES := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/bench_*.c))
SHARED_BENCH := $(call objects,$(filter-out $(wildcard bench/bench_*.c), \
	$(wildcard bench/*.c)))

.PHONY: sim properties mutate all deps test-deps demo test unit bench bench-replay tidy format install clean help
.SECONDARY:
all: deps ## build the program into build/leima (BUILD=release|debug|asan)
	$(Q)$(MAKE) --no-print-directory $(if $(wildcard tools/main.c),$(B)/leima,$(LIBRARY))
	$(Q)ln -sfn $(BUILD)/leima build/leima

deps: ## install what the build needs and the machine lacks
	$(Q)pkg-config --exists $(PACKAGES) 2>/dev/null && test -f $(CHART_JS) || tools/install.sh $(DEBIAN)

test-deps: deps
	$(Q)tools/install.sh --missing $(DEBIAN_TEST)

$(B)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -I. -MMD -MP -c $< -o $@

# What the pages need: bytes of a file, and its end, under the stem's name.
CHART_JS := /usr/share/javascript/chart.js/chart.min.js
EMBEDDED := $(B)/replay/chart_js.o $(B)/replay/report_page.o
embed = printf '.section .rodata\n.global %s, %s_end\n%s: .incbin "%s"\n%s_end: .byte 0\n.section .note.GNU-stack,"",%%progbits\n' \
	$(1) $(1) $(1) $< $(1) | $(CC) -x assembler -c - -o $@
$(B)/replay/chart_js.o: $(CHART_JS)
	$(Q)mkdir -p $(@D) && $(call embed,chart_js)
$(B)/replay/report_page.o: replay/report_page.html
	$(Q)mkdir -p $(@D) && $(call embed,report_page)

$(LIBRARY): $(LIB_OBJECTS) $(EMBEDDED) Makefile
	$(Q)rm -f $@ && ar rcs $@ $(LIB_OBJECTS) $(EMBEDDED)

$(B)/leima: $(MAIN) $(LIBRARY)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES)

$(B)/tests/test_%: $(B)/tests/test_%.o $(SHARED_TEST) $(LIBRARY)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES) -lcmocka

$(B)/bench/bench_%: $(B)/bench/bench_%.o $(SHARED_BENCH) $(LIBRARY)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES)

# The simulator: the library with other bodies for disk, network, clock
# and trace.
SIM_OTHER := $(call objects,core/db.c nodes/transport.c nodes/clock.c nodes/trace.c)
SIM_OBJECTS := $(call objects,$(wildcard tests/sim/*.c) tests/place.c)
SIM_REAL := $(filter-out $(SIM_OTHER),$(call objects,\
	$(call sources,core,$(CORE)) $(call sources,nodes,$(NODES))))
$(B)/sim: $(SIM_OBJECTS) $(SIM_REAL)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES) $(foreach f,nanosleep pthread_create \
		pthread_join,-Wl,--wrap=$f)

sim: $(B)/sim ## a whole network from one seed: SEED=n repeats one
	$(Q)$(B)/sim $(foreach v,SEED FIRST COUNT SECONDS LOUD STOP HERD,$(if $($v),$v=$($v)))

properties: $(B)/tests/test_properties $(B)/tests/test_arrival ## random histories against the slow ledger: SEED=n COUNT=n
	$(Q)for t in $^; do $(foreach v,SEED COUNT,$(if $($v),$v=$($v))) $$t || exit 1; done

mutate: all ## does the suite notice deliberate faults in the fold?
	$(Q)tests/mutate.sh

$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $^ -o $@ $(LIBRARIES)

$(B)/crash/record.so: tests/crash/record.c tests/crash/crash.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -I. -shared -fPIC $< -o $@

$(B)/crash/%: $(B)/tests/crash/%.o $(LIBRARY)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES)

crashers: $(addprefix $(B)/crash/,record.so load replay)
crash: deps ## cut the power IMAGES=100000 times under load
	$(Q)tests/crash.sh $(or $(IMAGES),100000)

fuzzers: $(FUZZERS)
fuzz: deps ## look for new bytes that break a parser: SECONDS=20 each
	$(Q)tests/fuzz.sh $(or $(SECONDS),20)

demo: all ## a hub, three stores, a month of trade: see what leima does
	$(Q)tools/demo.sh build/leima

units: $(UNITS)
unit: ## run the unit tests of this BUILD
	$(Q)$(MAKE) --no-print-directory units
	$(Q)tests/run.sh build/test/unit $(UNITS)

test: test-deps ## everything: units under sanitizers, examples, processes, tidy
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) $(B)/sim
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) BUILD=asan units
	$(Q)tests/run.sh build/test/all tests/tidy.sh $(SCRIPTS) \
		$(patsubst $(B)/%,build/asan/%,$(UNITS))

bench: all ## measure, beside peers, into build/bench/*.json
	$(Q)$(MAKE) --no-print-directory $(BENCHES)
	$(Q)mkdir -p build/bench
	$(Q)for b in $(BENCHES); do $$b || exit 1; done

bench-replay: all ## replay 50 million events of a million accounts, beside a loop
	$(Q)$(MAKE) --no-print-directory $(B)/bench/bench_replay
	$(Q)mkdir -p build/bench
	$(Q)BENCH_REPLAY_EVENTS=$${BENCH_REPLAY_EVENTS:-50000000} \
		$(B)/bench/bench_replay

tidy: ## check layering, lengths and layout
	$(Q)tools/tidy.sh CORE="$(CORE)" REPLAY="$(REPLAY)" NODES="$(NODES)" \
		TOOLS="$(TOOLS)"

format: ## lay the code out as .clang-format says
	$(Q)clang-format -i $(wildcard $(foreach d,core replay nodes tools tests tests/sim \
		tests/fuzz tests/crash bench,$(d)/*.[ch]))

PREFIX ?= /usr/local
install: all ## install the program, its mappings and systemd units under PREFIX
	$(Q)install -D -m 755 $(B)/leima $(DESTDIR)$(PREFIX)/bin/leima
	$(Q)install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/leima/maps \
		$(wildcard tools/maps/*.yaml)
	$(Q)for unit in leima-hub leima-node@; do \
		sed -e 's|@BIN@|$(PREFIX)/bin|' -e '/^@COMMON@/{r tools/systemd/common.conf' -e 'd}' \
			tools/systemd/$$unit.service | install -D -m 644 /dev/stdin \
			$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit.service; done
	$(Q)install -D -m 644 tools/systemd/leima.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/leima.conf
	$(Q)install -D -m 644 tools/systemd/leima.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/leima.conf

clean: ## remove what was built
	$(Q)rm -rf build

help: ## list the targets
	$(Q)sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | expand -t12

-include $(shell find build/$(BUILD) -name '*.d' 2>/dev/null)
