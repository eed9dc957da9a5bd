# leima: an event-sourced loyalty ledger.  `make help` lists the targets.

BUILD ?= release
B := build/$(BUILD)
CC := gcc
Q := $(if $(V),,@)

# The order of each list is the layering and the reading order: a file
# includes only what is listed above it (`make tidy` checks).
CORE := base limits err amount text calendar event hash crypto pack codec \
	json record db journal program program_yaml program_check timeline lot \
	earn referral effect account stamp tier fold walk balance explain runs \
	history state ledger totals settlement digest
REPLAY := compile scan simulate compare report
NODES := keys frame sync transport decide feed trace store hub
TOOLS := table csv mapping generate statement command cmd_ledger cmd_rules \
	cmd_events cmd_account cmd_settle cmd_replay cmd_nodes main

MSGPACK := $(shell pkg-config --exists msgpack-c && echo msgpack-c || echo msgpack)
PACKAGES := lmdb libzmq $(MSGPACK) libxxhash libsodium jansson yaml-0.1 smartcols
LIBRARIES := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lpthread -lm
INCLUDES := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum \
	-Wmissing-prototypes -Wstrict-prototypes -Wvla \
	$(if $(CI),-Werror)
FLAGS_release := -O2 -g
FLAGS_debug := -O0 -g3
FLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
CFLAGS := -std=c11 -D_GNU_SOURCE -funsigned-char $(WARNINGS) $(FLAGS_$(BUILD))

sources = $(wildcard $(addsuffix .c,$(addprefix $(1)/,$(2))))
objects = $(patsubst %.c,$(B)/%.o,$(1))
LIB_SOURCES := $(call sources,core,$(CORE)) $(call sources,replay,$(REPLAY)) \
	$(call sources,nodes,$(NODES))
TOOL_SOURCES := $(call sources,tools,$(TOOLS))
LIBRARY := $(B)/libleima.a
UNITS := $(patsubst tests/%.c,%,$(wildcard tests/test_*.c))
HELPERS := $(filter-out $(wildcard tests/test_*.c),$(wildcard tests/*.c))

.PHONY: all unit tidy format clean help
all: $(B)/leima ## build the program (BUILD=release|debug|asan)
	$(Q)ln -sf $(BUILD)/leima build/leima

$(B)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(INCLUDES) -I. -MMD -MP -c $< -o $@

$(LIBRARY): $(call objects,$(LIB_SOURCES))
	$(Q)rm -f $@ && ar rcs $@ $^

$(B)/leima: $(call objects,$(TOOL_SOURCES)) $(LIBRARY)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES)

$(B)/tests/test_%: $(B)/tests/test_%.o $(call objects,$(HELPERS)) $(LIBRARY)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBRARIES) -lcmocka

unit: $(addprefix $(B)/tests/,$(UNITS)) ## run the unit tests of this BUILD
	$(Q)for t in $^; do $$t || exit 1; done

format: ## lay out the code as .clang-format says
	$(Q)clang-format -i $(wildcard core/*.[ch] replay/*.[ch] nodes/*.[ch] \
		tools/*.[ch] tests/*.[ch] bench/*.[ch])

clean: ## remove what was built
	$(Q)rm -rf build

help: ## list the targets
	$(Q)grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t14

-include $(shell find build/$(BUILD) -name '*.d' 2>/dev/null)
