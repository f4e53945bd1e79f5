# Makefile: builds every program, test and fuzzer into build/, never into the tree.
#
#   make               release programs           make test     every ring, then the counts
#   make run           the demo, live, ^C stops   make lint     format, tidy, layers, shell
#   make VARIANT=asan  with ASan and UBSan        make bench    figures, one line each
#   make deps          installs what is missing   make fuzz     every target, FUZZ_SECONDS each
#   make install       DESTDIR= PREFIX=           make format   make coverage   make clean
#
# Variants: release debug asan coverage fuzz, each in build/<variant>/. Parses without any
# dependency installed; `make run` and `make test` install what Debian 12 lacks, saying so.

VARIANT      ?= release
PREFIX       ?= /usr/local
FUZZ_SECONDS ?= 60
WERROR       ?= -Werror
V            ?= 0

BUILD := build/$(VARIANT)
GEN   := build/gen

ifneq ($(filter-out release debug asan coverage fuzz,$(VARIANT)),)
$(error VARIANT is one of: release debug asan coverage fuzz)
endif

# ---- flags ------------------------------------------------------------------------------
WARN := $(WERROR) -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wcast-qual \
        -Wcast-align -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum \
        -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion -Wpointer-arith \
        -Wredundant-decls -Wunused-macros
ifeq ($(findstring clang,$(CC)),)
WARN += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Walloca
else
# clang looks into protobuf-c's INIT macros, which cast const away; gcc holds us to it.
WARN += -Wno-cast-qual
endif

SANITIZE       := -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
FLAGS_debug    := -O0 -g3 -DFAILPOINTS
FLAGS_asan     := -O1 -g -DFAILPOINTS -fno-omit-frame-pointer $(SANITIZE)
FLAGS_coverage := -O0 -g --coverage -DFAILPOINTS
FLAGS_fuzz     := -O1 -g -fsanitize=fuzzer-no-link $(SANITIZE)

# NDEBUG is never defined: assertions stay on in the shipped program.
BASE := -std=c11 -D_GNU_SOURCE -I. -isystem $(GEN) $(FLAGS_$(VARIANT)) -MMD -MP
OURS := $(BASE) $(WARN)
LINK := $(FLAGS_$(VARIANT)) -Wl,-z,relro,-z,now -Wl,--as-needed
# Named by hand: Debian ships no .pc for libev, and the Makefile must parse without any.
LIBS := -lzmq -llmdb -lev -lcyaml -ljansson -lcrypto -lsodium -lprotobuf-c -lpthread -lm

ifeq ($(V),0)
say = @printf '  %-5s %s\n' '$(1)' '$(2)';
endif

# ---- what there is ----------------------------------------------------------------------
WORKERS  := $(patsubst workers/%/main.c,%,$(wildcard workers/*/main.c))
PROGRAMS := $(if $(wildcard broker/main.c),sanji-broker) \
            $(patsubst %,sanji-%,$(filter-out sanji,$(WORKERS))) $(filter sanji,$(WORKERS))
PROTOS   := $(wildcard proto/*.proto)
GEN_C    := $(PROTOS:proto/%.proto=$(GEN)/%.pb-c.c)
UNIT     := $(patsubst tests/%.c,%,$(wildcard tests/unit/test_*.c tests/sim/test_*.c))
PROC     := $(patsubst tests/%.c,%,$(wildcard tests/proc/test_*.c tests/crash/test_*.c))
SCRIPTS  := $(wildcard tests/proc/*.sh tests/proc/test_*.py tests/lint/*.sh tests/crash/*.sh)
FUZZ     := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

library = $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/main.c,$(wildcard $(1))))
AR_PROTO   := $(BUILD)/lib/proto.a
AR_STORE   := $(BUILD)/lib/store.a
AR_RUNTIME := $(BUILD)/lib/runtime.a
AR_BROKER  := $(BUILD)/lib/broker.a
AR_WORKERS := $(BUILD)/lib/workers.a
AR_TESTS   := $(BUILD)/lib/tests.a
ARCHIVES   := $(AR_WORKERS) $(AR_BROKER) $(AR_RUNTIME) $(AR_STORE) $(AR_PROTO)

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all run test test-asan bench fuzz lint deps install format coverage clean help tests
all: $(PROGRAMS:%=$(BUILD)/bin/%)

# ---- dependencies -----------------------------------------------------------------------
# Goals that do all the set-up by themselves say what they install and install it; the rest
# only say what is missing.
DEPS_MODE := $(if $(filter run test deps lint bench fuzz,$(MAKECMDGOALS)),--install,--check)
build/.deps: deploy/deps.sh
	@mkdir -p build
	@sh deploy/deps.sh $(DEPS_MODE) && touch $@
deps:
	@sh deploy/deps.sh --install && mkdir -p build && touch build/.deps

# ---- rules ------------------------------------------------------------------------------
$(GEN)/%.pb-c.c $(GEN)/%.pb-c.h &: proto/%.proto | build/.deps
	@mkdir -p $(GEN)
	$(call say,GEN,$<) protoc-c --c_out=$(GEN) --proto_path=proto $<

$(BUILD)/gen/%.o: $(GEN)/%.c $(GEN_C)
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(BASE) -c $< -o $@

# libev's watcher casts break strict aliasing; only this file includes ev.h.
$(BUILD)/broker/runtime/loop.o: OURS += -fno-strict-aliasing

$(BUILD)/%.o: %.c $(GEN_C) | build/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(OURS) -c $< -o $@

$(AR_PROTO): $(call library,proto/*.c) $(GEN_C:$(GEN)/%.c=$(BUILD)/gen/%.o)
$(AR_STORE): $(call library,store/*.c)
$(AR_RUNTIME): $(call library,broker/runtime/*.c)
$(AR_BROKER): $(call library,broker/*.c)
$(AR_WORKERS): $(call library,workers/*/*.c)
$(AR_TESTS): $(patsubst %.c,$(BUILD)/%.o,$(filter-out %/replay.c,\
             $(filter-out $(wildcard tests/*/test_*.c tests/*/fuzz_*.c tests/*/bench_*.c tests/*/shim_*.c),$(wildcard tests/*/*.c))))
$(BUILD)/lib/%.a:
	@mkdir -p $(@D)
	$(call say,AR,$@) rm -f $@ && $(AR) qcs $@ $^

link = $(CC) $(LINK) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
$(BUILD)/bin/sanji-broker: $(BUILD)/broker/main.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD,$@) $(link) -o $@

$(BUILD)/bin/sanji-%: $(BUILD)/workers/%/main.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD,$@) $(link) -o $@

$(BUILD)/bin/sanji: $(BUILD)/workers/sanji/main.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD,$@) $(link) -o $@

$(BUILD)/tests/%: $(BUILD)/tests/%.o $(AR_TESTS) $(ARCHIVES)
	$(call say,LD,$@) $(link) -lcmocka -o $@

# A fault shim is preloaded into the real programs.
$(BUILD)/tests/%.so: tests/%.c | build/.deps
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(filter-out -fsanitize%,$(OURS)) -fPIC -shared $< -o $@ -ldl

$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/replay.o $(BUILD)/tests/fuzz/fuzz_%.o $(ARCHIVES)
	$(call say,LD,$@) $(link) -o $@

build/fuzz/tests/fuzz/fuzz_%: build/fuzz/tests/fuzz/fuzz_%.o $(ARCHIVES)
	$(call say,LD,$@) $(link) -fsanitize=fuzzer -o $@

# ---- tests ------------------------------------------------------------------------------
TEST_PROGRAMS := $(UNIT:%=$(BUILD)/tests/%) $(PROC:%=$(BUILD)/tests/%) \
                 $(FUZZ:fuzz_%=$(BUILD)/tests/fuzz/replay_%)
SHIMS := $(patsubst tests/%.c,$(BUILD)/tests/%.so,$(wildcard tests/*/shim_*.c))
tests: all $(TEST_PROGRAMS) $(SHIMS)

# Release first, then the same rings under the sanitizers; one count over everything.
test:
	@+sh tests/run.sh $(MAKE)

bench: all
	@sh tests/bench/run.sh $(BUILD)/bin

ifeq ($(VARIANT),fuzz)
fuzz: $(FUZZ:%=$(BUILD)/tests/fuzz/%)
	@set -e; for t in $^; do n=$${t##*fuzz_}; mkdir -p build/corpus/$$n; \
	  $$t -max_total_time=$(FUZZ_SECONDS) build/corpus/$$n tests/fuzz/corpus/$$n; done
else
fuzz:
	@$(MAKE) VARIANT=fuzz CC=clang fuzz
endif

coverage:
	@$(MAKE) VARIANT=coverage tests && sh tests/coverage.sh

# ---- run, hygiene -----------------------------------------------------------------------
run: all
	@exec sh deploy/run.sh $(BUILD)/bin

SOURCES := $(wildcard proto/*.[ch] store/*.[ch] broker/*.[ch] broker/runtime/*.[ch] \
             workers/*/*.[ch] tests/*/*.[ch])
TIDY_FLAGS := -std=c11 -D_GNU_SOURCE -I. -isystem $(GEN)
lint: $(GEN_C)
	@sh tests/lint/test_lint.sh
	@printf '%s\n' $(filter %.c,$(SOURCES)) | xargs -P 2 -n 4 sh -c \
	  'clang-tidy --quiet "$$@" -- $(TIDY_FLAGS) 2>&1 | grep -vE "warnings generated|^$$" && exit 1 || exit 0' tidy

format:
	@clang-format -i $(SOURCES)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 0755 $(PROGRAMS:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	for f in deploy/*.yaml deploy/*/*.yaml deploy/*.md; do \
	  install -D -m 0644 "$$f" "$(DESTDIR)$(PREFIX)/share/sanji/$${f#deploy/}" || exit; done

clean:
	rm -rf build

help:
	@sed -n '3,10s/^# \{0,1\}//p' Makefile

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
