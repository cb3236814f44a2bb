# SPDX-License-Identifier: MIT
#
# Benchmarks, included by the Makefile.

BENCH := $(B)/bench

$(BENCH)/insn.so: bench/insn.c bench/insnmatch.c bench/insnmatch.h bench/qemu_plugin_api.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -fvisibility=hidden -shared -fPIC -o $@ $(filter %.c,$^)

$(BENCH)/tasks: bench/tasks.c
	@mkdir -p $(@D)
	@$(CROSS)gcc $(CFLAGS) -march=armv7-a -marm -mfloat-abi=soft -ffreestanding -fno-tree-loop-distribute-patterns \
	  -nostdlib -static -Wl,-Ttext-segment=0x10000,-z,noexecstack,--build-id=none -o $@ $< -lgcc

bench:
	@guests/setup.sh build bench
	@$(MAKE) --no-print-directory all $(BENCH)/insn.so $(BENCH)/tasks
	@BUILD=$(B) bench/run.sh
