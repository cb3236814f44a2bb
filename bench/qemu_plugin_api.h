// SPDX-License-Identifier: MIT
//
// The few functions of QEMU's plugin interface, version 1, that bench/insn.c calls, declared
// from its documentation ("QEMU TCG Plugins"), because Debian ships no header. Handles are
// opaque and live only as long as the callback they were given to. QEMU resolves the
// functions when it loads the plugin.
#ifndef BENCH_QEMU_PLUGIN_API_H
#define BENCH_QEMU_PLUGIN_API_H

#include <stddef.h>
#include <stdint.h>

#define QEMU_PLUGIN_VERSION 1

struct qemu_info;        // the emulated system
struct qemu_plugin_tb;   // a block being translated
struct qemu_plugin_insn; // one instruction of it

typedef uint64_t qemu_plugin_id_t;
typedef void (*qemu_plugin_tb_trans_cb)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*qemu_plugin_atexit_cb)(qemu_plugin_id_t, void *);

typedef void (*qemu_plugin_vcpu_udata_cb)(unsigned vcpu, void *ctx);

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

// What a plugin gives to QEMU.
extern __attribute__((visibility("default"))) int qemu_plugin_version;
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
							       int argc, char **argv);

// What QEMU calls: at each translation, and once when it ends.
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_tb_trans_cb cb);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_atexit_cb cb, void *ctx);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn); // the instruction's bytes
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);      // how many
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

// Adds imm to *counter whenever the instruction is about to execute. Not atomic.
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, enum qemu_plugin_op op, void *counter,
						uint64_t imm);

// Calls cb(vcpu, ctx) whenever the instruction is about to execute.
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_plugin_vcpu_udata_cb cb,
					    enum qemu_plugin_cb_flags flags, void *ctx);

void qemu_plugin_outs(const char *text); // to QEMU's log: -d plugin -D FILE

#endif
