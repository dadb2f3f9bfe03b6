# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# weir: build, run, test, measure. `make help` lists the targets; all that is made lies in build/.

PREFIX ?= /usr/local
DESTDIR ?=
IFACE ?=
VERSION := 0.1
B := build

CC ?= cc
CLANG ?= clang
PKG_CONFIG ?= pkg-config
WARN := -Wall -Wextra -Wno-unused-parameter -Wshadow -Wstrict-prototypes
CFLAGS ?= -O2 -g
LIBS := libbpf zlib
# What weir can do without: with libfoo, HAVE_LIBFOO is defined.
OPTIONAL := libcurl libseccomp libprotobuf-c libndpi ncursesw libmicrohttpd
HAVE := $(foreach lib,$(OPTIONAL),$(if $(shell $(PKG_CONFIG) --exists $(lib) && echo yes),$(lib)))
LACK := $(filter-out $(HAVE),$(OPTIONAL))
HAVE_FLAGS := $(foreach lib,$(HAVE),-DHAVE_$(shell echo $(lib) | tr a-z- A-Z_))
ALL_CFLAGS = -std=gnu11 -ffp-contract=off $(WARN) $(CFLAGS) $(SAN_FLAGS) -D_GNU_SOURCE -DWEIR_VERSION='"$(VERSION)"' \
	-ffile-prefix-map=$(CURDIR)=. $(HAVE_FLAGS) $(if $(ONNX),-DHAVE_ONNX) \
	-Ibpf -Iuser -Iml -I$(B) $(shell $(PKG_CONFIG) --cflags $(LIBS) $(HAVE))
# Not libndpi, which is opened when it is asked for (user/label_ndpi_library.c).
ALL_LIBS = $(LDFLAGS) $(SAN_FLAGS) $(shell $(PKG_CONFIG) --libs $(LIBS) $(filter-out libndpi,$(HAVE))) -lm -pthread
# ONNX files need the library and its compiler; else ml/onnx_none.c says what is missing.
ONNX := $(and $(filter libprotobuf-c,$(HAVE)),$(shell command -v protoc-c))
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Ibpf \
	-I/usr/include/$(shell uname -m)-linux-gnu

# SAN=1 builds everything once more with the sanitizers, beside the plain build.
ifeq ($(SAN),1)
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
O := $(B)/san
else
O := $(B)/obj
endif

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s%s\n' '$(1)' '$(2)')

ONNX_OUT := $(if $(ONNX),ml/onnx_none.c,$(filter-out %_none.c,$(wildcard ml/onnx_*.c)))
USER_SRC := $(filter-out user/main.c $(ONNX_OUT),$(wildcard user/*.c ml/*.c))
USER_OBJ := $(USER_SRC:%.c=$(O)/%.o) $(if $(ONNX),$(O)/onnx.pb-c.o)
UNIT := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/test_*.c))
KERNEL := $(patsubst tests/bpf/%.c,$(O)/tests/bpf/%,$(wildcard tests/bpf/test_*.c))
TOOL_BPF := $(patsubst %.bpf.c,$(B)/%.bpf.o,$(wildcard tools/*.bpf.c))
TOOLS := $(patsubst tools/%.c,$(B)/tools/%,$(filter-out %.bpf.c,$(wildcard tools/*.c)))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run test bench lint image deb install uninstall clean help deps tests tools
all: $(B)/weir tools ## build weir and its tools into build/

$(B)/weir: $(O)/user/main.o $(O)/libweir.a
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $^ $(ALL_LIBS)
	$(if $(D3),,@echo '  NOTE    built without d3 (libjs-d3): pictures of weir report stand still')
	$(if $(LACK),@echo '  NOTE    built without $(LACK): see "What it needs" in README.md')

$(O)/libweir.a: $(USER_OBJ) $(O)/weir.bpf.embed.o $(O)/report.embed.o $(O)/live.embed.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.pb-c.c: ml/%.proto
	$(call say,PROTO,$<)
	$(Q)mkdir -p $(@D) && protoc-c -Iml --c_out=$(B) $<

$(O)/%.pb-c.o: $(B)/%.pb-c.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

$(filter $(O)/ml/onnx_%.o,$(USER_OBJ)) $(O)/tests/test_onnx.o: | $(if $(ONNX),$(B)/onnx.pb-c.c)

$(B)/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(B)/tools/%.bpf.o: tools/%.bpf.c
	$(call say,BPF,$<)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

# A BPF object file as bytes in ours, NAME_bpf_start .. NAME_bpf_end: one file to install.
$(O)/%.bpf.embed.o: $(B)/%.bpf.o
	$(call say,EMBED,$<)
	$(Q)mkdir -p $(@D) && n=$$(basename $* | tr - _)_bpf && \
	printf '.section .rodata\n.balign 8\n.global %s_start\n%s_start: .incbin "%s"\n.global %s_end\n%s_end:\n.section .note.GNU-stack,"",%%progbits\n' \
		$$n $$n $< $$n $$n | $(CC) -x assembler -c -o $@ -

# The parts of the report's page as bytes in ours. Its charts are drawn with the packaged d3 where
# that is installed; that it came or went shows in the time of the folder.
D3 := $(wildcard /usr/share/javascript/d3/d3.min.js)
D3_FOLDER := $(firstword $(wildcard /usr/share/javascript /usr/share))
D3_LICENCE := $(wildcard /usr/share/doc/libjs-d3/copyright)
WEB := $(patsubst %,user/web/report_%.js,units data lists axes time points space main)

$(B)/web/d3: $(D3_FOLDER) $(D3) $(D3_LICENCE)
	$(Q)mkdir -p $(@D) && { echo '/*'; sed 's,[*]/,* /,g' /dev/null $(D3_LICENCE); echo '*/'; \
		cat /dev/null $(D3); } >$@

$(B)/web/no_d3: $(D3_FOLDER)
	$(Q)mkdir -p $(@D) && : >$@

$(B)/web/report.js: $(WEB)
	$(Q)mkdir -p $(@D) && cat $^ >$@

# The live page takes what it can from the report's.
LIVE := $(patsubst %,user/web/%.js,report_units report_data report_axes report_points \
	report_space live_page live_volume live_bars live_flows live_alerts live_main)

$(B)/web/live.js: $(LIVE)
	$(Q)mkdir -p $(@D) && cat $^ >$@

$(B)/web/live.css: user/web/report.css user/web/live.css
	$(Q)mkdir -p $(@D) && cat $^ >$@

$(O)/report.embed.o: user/web/report.html user/web/report.css $(B)/web/report.js $(B)/web/$(if $(D3),d3,no_d3)
$(O)/live.embed.o: user/web/live.html $(B)/web/live.css $(B)/web/live.js $(B)/web/$(if $(D3),d3,no_d3)
$(O)/report.embed.o $(O)/live.embed.o:
	$(call say,EMBED,user/web)
	$(Q)mkdir -p $(@D) && { echo '.section .rodata'; set -- html css js d3; for file in $^; do \
		printf '.global %s_start\n%s_start: .incbin "%s"\n.global %s_end\n%s_end:\n' \
			$(@F:.embed.o=)_$$1 $(@F:.embed.o=)_$$1 $$file $(@F:.embed.o=)_$$1 $(@F:.embed.o=)_$$1; shift; done; \
		echo '.section .note.GNU-stack,"",%progbits'; } | $(CC) -x assembler -c -o $@ -

tools: $(TOOLS)

$(B)/tools/%: $(O)/tools/%.o $(O)/libweir.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) -o $@ $^ $(ALL_LIBS)

$(B)/tools/trafficgen: $(O)/tools/trafficgen.bpf.embed.o
$(B)/tools/bench: $(O)/tools/bench.bpf.embed.o

tests: $(UNIT) $(KERNEL)

# Crafted packets, which several tests share.
PACKETS := $(O)/tests/packet.o $(O)/tests/packet_cases.o
$(O)/tests/test_parse $(KERNEL): $(PACKETS)
$(KERNEL): $(O)/tests/bpf/kernel.o

$(O)/tests/%: $(O)/tests/%.o $(O)/libweir.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D) && $(CC) -o $@ $(filter-out %.a,$^) $(filter %.a,$^) $(ALL_LIBS) -lcmocka

# What is fuzzed is compiled once more, by clang and with its counters.
FUZZ := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/obj/%.o,$(filter ml/% user/rule% user/csv% user/label%,$(USER_SRC)))

$(B)/fuzz/obj/%.o: %.c | $(if $(ONNX),$(B)/onnx.pb-c.c)
	$(Q)mkdir -p $(@D) && $(CLANG) $(ALL_CFLAGS) -O1 $(FUZZ) -fsanitize=fuzzer-no-link -MMD -MP \
		-c -o $@ $<

$(B)/fuzz/libweir.a: $(FUZZ_OBJ) $(if $(ONNX),$(O)/onnx.pb-c.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard bpf/*.h) $(B)/fuzz/libweir.a $(O)/libweir.a
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(ALL_CFLAGS) -O1 $(FUZZ) -fsanitize=fuzzer -o $@ $< \
		$(B)/fuzz/libweir.a $(O)/libweir.a $(ALL_LIBS)

deps:
	@tools/deps.sh build

run: deps ## install what is missing, build, attach to IFACE (or the default route's) and show flows
	@$(MAKE) --no-print-directory -s $(B)/weir
	@tools/run.sh $(B)/weir $(IFACE)

test: ## install what the tests need and run them all
	@tools/deps.sh test
	@tests/run.sh

bench: ## measure the cost per packet, per flow and per file, beside baselines and peers
	@tools/deps.sh bench
	@$(MAKE) --no-print-directory all
	@tools/bench.sh

lint: $(if $(ONNX),$(B)/onnx.pb-c.c) ## check the format, and compile with gcc and clang at -Wall -Wextra -Werror
	@tests/lint.sh

image: $(B)/weir ## a container image of this build: build/weir-VERSION.tar
	@tools/container/image.sh $(B)/weir $(VERSION)

deb: ## Debian packages of this tree: build/deb/
	@tools/debian/build.sh $(VERSION)

# Where the files of install go. The unit is told where the binary is.
SBIN := $(PREFIX)/sbin
SHARE := $(PREFIX)/share
UNITS := $(if $(filter /usr,$(PREFIX)),/usr/lib,$(PREFIX)/lib)/systemd/system
CONFIG := /etc/default/weir
INSTALLED = $(SBIN)/weir $(SHARE)/man/man8/weir.8 $(SHARE)/man/man5/weir-rules.5 \
	$(SHARE)/bash-completion/completions/weir \
	$(SHARE)/zsh/site-functions/_weir $(SHARE)/fish/vendor_completions.d/weir.fish \
	$(UNITS)/weir@.service $(PREFIX)/lib/sysusers.d/weir.conf $(PREFIX)/lib/tmpfiles.d/weir.conf

install: $(B)/weir ## install into PREFIX (/usr/local), below DESTDIR
	install -D -m 755 $(B)/weir $(DESTDIR)$(SBIN)/weir
	install -D -m 644 user/weir.8 $(DESTDIR)$(SHARE)/man/man8/weir.8
	install -D -m 644 user/weir-rules.5 $(DESTDIR)$(SHARE)/man/man5/weir-rules.5
	mkdir -p $(addprefix $(DESTDIR)$(SHARE)/,bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	$(B)/weir completion bash >$(DESTDIR)$(SHARE)/bash-completion/completions/weir
	$(B)/weir completion zsh >$(DESTDIR)$(SHARE)/zsh/site-functions/_weir
	$(B)/weir completion fish >$(DESTDIR)$(SHARE)/fish/vendor_completions.d/weir.fish
	mkdir -p $(DESTDIR)$(UNITS)
	sed 's,@SBIN@,$(SBIN),' tools/systemd/weir@.service >$(DESTDIR)$(UNITS)/weir@.service
	install -D -m 644 tools/systemd/weir.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/weir.conf
	install -D -m 644 tools/systemd/weir.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/weir.conf
	test -e $(DESTDIR)$(CONFIG) || install -D -m 644 tools/systemd/weir.default $(DESTDIR)$(CONFIG)

uninstall: ## remove what install put there, but for settings in /etc that were changed
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))
	! cmp -s tools/systemd/weir.default $(DESTDIR)$(CONFIG) || rm -f $(DESTDIR)$(CONFIG)

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

-include $(shell find $(B) -path $(B)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)
