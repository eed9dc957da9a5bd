# leima: an event-sourced loyalty ledger.  `make help` lists the targets.

BUILD ?= release
B := build/$(BUILD)
Q := $(if $(V),,@)

# The order of each list is the layering and the reading order: a file
# includes only what is listed above it (`make tidy` checks).
CORE := base limits release err chore watch list amount calendar text event hash crypto pack varint codec_fields codec_quick \
	codec codec_decode json json_value json_fields json_quick json_read json_write record room mark db_parts db db_env shelf \
	pen group journal reader conflict copy_index ingest prune scrub enrol admission own_stores retell program mistake yaml scalar grammar program_ids \
	program_stores program_tests program_value program_check program_yaml program_schema program_words program_diff \
	goods campaign timeline terms basket rate earn tariff referral lot effect account account_format account_pack account_unpack scene \
	book voucher gain stamp spend tier bonus sale give_back redeem pass clock fold warm onward walk balance explain \
	runs_format runs runs_write runs_merge runset item words decimal chapter_row chapter chapter_write docket draft wide \
	account_table account_order marks tail history_account ordinary intake gather intern parcel muster spill convoy relay bulk history_take \
	history_parts history_copies history_write history_ahead history history_scan history_places facts basis publication versions ledger_parts ledger ledger_refresh ledger_append ledger_member slip \
	ledger_publish spread census segment_part segment segment_read audience digest tally served rfm breakdown news lives state_fold \
	state_packed lanes state_parts state_afresh state_follow state_build state state_scan state_check hub_state asides ledger_aside totals \
	standing_parts standing_file standing settled settlement statement signing seal heads ledger_backup allow_list silence \
	closing_format closing closing_write closing_verify clearing ledger_check dispute liability
REPLAY := candidate vary side almanac plain plain_live ratio rulebook quick_columns quick_lines quick_earn quick_parts \
	quick_era quick_level quick_mark quick_gain quick_book quick_clock quick_event quick_flow quick judge outcome simulate compare report \
	report_html accounts
NODES := clock trace stop keys resolve keyring claim frame drift sync lane fork parts talk stall credit agree greet session session_look refusal flood transport \
	allow publics carry link notes safe hubs trust graft reign heir follow instance refill reissue decide ask hold feed answer grants roster keeper local porter \
	desk decider tills front teller inquiry pulse door copies retain join errand clerk once reopen store shadow feeding hub_parts \
	hub_guests hub
TOOLS := table grouped progress foreign file lines csv lookup cell mapping_file mapping_event mapping town generate trial command inlet output \
	query redeem stream statement_words statement_csv statement_hledger statement_html evidence statement_xlsx spreadsheet statement_table vacant \
	cmd_ledger peers cmd_status cmd_backup cmd_rules cmd_events cmd_import cmd_generate cmd_account cmd_redeem cmd_segment \
	cmd_rfm cmd_report cmd_settle cmd_dispute cmd_seal cmd_liability replay_words replay_table cmd_replay cmd_nodes cmd_enrol \
	cmd_keys guard main
ifeq ($(BUILD),fuzz) # only what reads bytes from outside: half the compiling
REPLAY :=
NODES := $(filter clock keys keyring claim frame lane fork parts talk stall credit agree greet session session_look decide ask feed local trace porter desk,$(NODES))
TOOLS := $(filter foreign csv lookup cell mapping%,$(TOOLS))
endif

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum \
	-Wmissing-prototypes -Wstrict-prototypes -Wvla $(if $(CI),-Werror)
FLAGS_release := -O2 -g
FLAGS_debug := -O0 -g3
FLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
FLAGS_tsan := -w -O1 -g -fsanitize=thread
FLAGS_fuzz := -w $(FLAGS_asan) -fsanitize=fuzzer-no-link
CC := $(if $(filter fuzz tsan,$(BUILD)),clang,gcc)
CFLAGS := -std=c11 -D_GNU_SOURCE -funsigned-char $(WARNINGS) $(FLAGS_$(BUILD))

objects = $(patsubst %.c,$(B)/%.o,$(1))
listed = $(call objects,$(wildcard $(addsuffix .c,$(addprefix $(1)/,$(2)))))
shared = $(call objects,$(filter-out $(wildcard $(1)*.c),$(wildcard $(dir $(1))*.c)))
programs = $(patsubst $(1)/%.c,$(B)/$(2)/%,$(wildcard $(1)/$(3)*.c))
LIBRARY := $(B)/libleima.a
UNITS := $(call programs,tests,tests,test_)
BENCHES := $(call programs,bench,bench,bench_)
FUZZERS := $(call programs,tests/fuzz,fuzz,fuzz_)
CRASHERS := $(addprefix $(B)/crash/,record.so load replay)
SCRIPTS := $(wildcard tests/test_*.sh tests/test_*.py)
# What takes longest begins first, so that nothing long is left at the end.
SLOW := $(addprefix tests/test_,fuzz.sh canaries.sh standby.py sim.sh crash.sh) \
	$(addprefix build/asan/tests/test_,properties arrival)

.PHONY: all test-deps demo test unit units sim properties mutate crash \
	crashers fuzz fuzzers tsan bench bench-replay tidy format install uninstall clean help
.SECONDARY:
all: $(B)/leima ## build the program into build/leima (BUILD=release|debug|asan)
	$(Q)ln -sfn $(BUILD)/leima build/leima

# How to use the packages: make writes this first, and installs what is missing.
ifneq ($(filter-out uninstall clean help format tidy,$(or $(MAKECMDGOALS),all)),)
include build/packages.mk
endif
build/packages.mk: Makefile tools/install.sh
	$(Q)mkdir -p build && tools/install.sh --make $@
test-deps:; $(Q)tools/install.sh --tests

link = $(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES)
$(B)/%.o: %.c
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(INCLUDES) -I. -MMD -MP -c $< -o $@

# What the pages need: bytes of a file, and its end, under the stem's name.
EMBEDDED := $(addprefix $(B)/replay/,chart_js.o report_page.o)
$(B)/replay/chart_js.o: $(CHART_JS)
$(B)/replay/report_page.o: replay/report_page.html
$(EMBEDDED): %.o:
	$(Q)mkdir -p $(@D) && printf '.section .rodata\n.global %s, %s_end\n%s: .incbin "%s"\n%s_end: .byte 0\n.section .note.GNU-stack,"",%%progbits\n' \
		$(*F) $(*F) $(*F) $< $(*F) | $(CC) -x assembler -c - -o $@

$(LIBRARY): $(call listed,core,$(CORE)) $(call listed,replay,$(REPLAY)) $(call listed,nodes,$(NODES)) \
		$(call listed,tools,$(filter-out main,$(TOOLS))) $(EMBEDDED) Makefile
	$(Q)rm -f $@ && ar rcs $@ $(filter %.o,$^)
$(B)/leima: $(B)/tools/main.o $(LIBRARY); $(link)
$(UNITS): %: %.o $(call shared,tests/test_) $(LIBRARY); $(link) -lcmocka
$(BENCHES): %: %.o $(call shared,bench/bench_) $(LIBRARY); $(link)
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(LIBRARY); $(link) -fsanitize=fuzzer
$(B)/crash/%: $(B)/tests/crash/%.o $(LIBRARY); $(link)
$(B)/crash/record.so: tests/crash/record.c tests/crash/crash.h
	$(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) -I. -shared -fPIC $< -o $@

# The simulator: the library with other bodies for disk, network, clock, trace.
$(B)/sim: $(call objects,$(wildcard tests/sim/*.c) tests/place.c) $(filter-out $(call objects, \
		core/db.c core/db_env.c nodes/transport.c nodes/clock.c nodes/trace.c), \
		$(call listed,core,$(CORE)) $(call listed,nodes,$(NODES)))
	$(link) $(addprefix -Wl$(comma)--wrap=,local_accept nanosleep pthread_create pthread_join answer_make chore_begin \
		malloc aligned_alloc calloc realloc free $(addprefix arena_,open close reset take copy))
comma := ,
given = $(foreach v,$(1),$(if $($v),$v=$($v)))
sim: $(B)/sim ## a whole network from one seed: SEED=n repeats one
	$(Q)$< $(call given,SEED FIRST COUNT SECONDS LOUD STOP EVERY HERD FORGERS HUBLIES)
properties: $(B)/tests/test_properties $(B)/tests/test_arrival ## random histories against the slow ledger: SEED=n COUNT=n
	$(Q)for t in $^; do $(call given,SEED COUNT) $$t || exit 1; done
mutate: all ## does the suite notice deliberate faults in the fold?
	$(Q)tests/mutate.sh
crashers: $(CRASHERS)
crash: ## cut the power IMAGES=100000 times under load
	$(Q)tests/crash.sh $(or $(IMAGES),100000)
fuzzers: $(FUZZERS)
fuzz: test-deps ## look for new bytes that break a parser: SECONDS=20 each
	$(Q)tests/fuzz.sh $(or $(SECONDS),20)
tsan: ## a hub and its stores at work under ThreadSanitizer
	$(Q)tests/tsan.py
demo: all ## a hub, three stores, a month of trade: see what leima does
	$(Q)tools/demo.sh build/leima
units: $(UNITS)
unit: units ## run the unit tests of this BUILD
	$(Q)tests/run.sh build/test/unit $(UNITS)
test: test-deps ## everything: units under sanitizers, examples, processes, tidy
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all $(B)/sim $(BENCHES)
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) BUILD=asan units
	$(Q)tests/run.sh build/test/all $(SLOW) $(filter-out $(SLOW),tests/tidy.sh $(SCRIPTS) $(UNITS:$(B)/%=build/asan/%))
bench: all $(BENCHES) ## measure, beside peers, into build/bench/*.json
	$(Q)mkdir -p build/bench && for b in $(BENCHES); do $$b || exit 1; done
bench-replay: all $(B)/bench/bench_replay ## replay 50 million events of a million accounts, beside a loop, SQLite and DuckDB
	$(Q)mkdir -p build/bench && BENCH_REPLAY_EVENTS=$${BENCH_REPLAY_EVENTS:-50000000} $(B)/bench/bench_replay
tidy: ## check layering, lengths and layout
	$(Q)tools/tidy.sh CORE="$(CORE)" REPLAY="$(REPLAY)" NODES="$(NODES)" TOOLS="$(TOOLS)"
format: ## lay the code out as .clang-format says
	$(Q)clang-format -i $(wildcard $(foreach d,core replay nodes tools bench tests tests/sim tests/fuzz tests/crash,$(d)/*.[ch]))

PREFIX ?= /usr/local
install: all; $(Q)tools/systemd/install.sh $(B)/leima "$(DESTDIR)" "$(PREFIX)" ## the program, its manual, mappings and systemd units, under PREFIX
uninstall:; $(Q)tools/systemd/install.sh --remove "$(DESTDIR)" "$(PREFIX)" ## take away what install has put under PREFIX
clean: ## remove what was built
	$(Q)rm -rf build
help: ## list the targets
	$(Q)sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | expand -t12

-include $(shell find build/$(BUILD) -name '*.d' 2>/dev/null)
