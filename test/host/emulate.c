// SPDX-License-Identifier: MIT
// uses: test/host/fake_vm.c monitor/cpu/emulate.c monitor/cpu/emulate_multi.c monitor/cpu/ldst.c
// uses: monitor/cpu/exclusive.c monitor/cpu/vldst.c monitor/cpu/access.c monitor/cpu/inject.c monitor/dev/dev.c
// uses: mmu/walk.c bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c bt/isa/ldst.c bt/isa/ldst_thumb.c
// uses: bt/isa/vldst.c
//
// The emulator's sensitive instructions on a VCPU of its own (fake_vm.h): each sets up registers, runs one
// word and looks at what must have changed. Expected values are from the ARM ARM, B9.3 and B1.8.
#include <string.h>
#include "bt/isa/decode.h"
#include "monitor/cpu/emulate.h"
#include "monitor/cpu/inject.h"
#include "monitor/cpu/vpsr.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"
#include "test/host/fake_vm.h"

#define DATA 0x40020000u // where r1 points in the tests of transfers

static struct vcpu *v;

static void
fresh(const char *what)
{
	check_case(what);
	v = fake_vm_fresh();
}

static void
in_mode(uint32_t mode)
{
	vpsr_set_mode(v, mode | PSR_A | PSR_I | PSR_F);
}

// The instruction has been skipped, and did that.
static void
expect(uint32_t insn, enum exit_reason reason)
{
	CHECK_EQ(emulate_sensitive(v, insn), reason);
	CHECK_EQ(v->pc, FAKE_PC + 4u);
}

static void
expect_undef(uint32_t insn)
{
	uint32_t psr = vpsr_get(v);

	CHECK_EQ(emulate_sensitive(v, insn), EXIT_undef);
	CHECK_EQ(v->pc, VECTOR_UNDEF);
	CHECK_EQ(v->mode & PSR_M, MODE_UND);
	CHECK_EQ(v->bank[MODE_UND & 15u].spsr, psr);
	CHECK_EQ(v->regs[14], FAKE_PC + 4u);
}

static void
expect_stop(uint32_t insn, const char *why)
{
	CHECK(FAKE_STOPS(emulate_sensitive(v, insn)));
	CHECK(fake_vm.stopped && strstr(fake_vm.stopped, why));
}

static void
expect_abort(uint32_t insn, uint32_t far, uint32_t fs)
{
	CHECK_EQ(emulate_sensitive(v, insn), EXIT_fault);
	CHECK_EQ(v->pc, VECTOR_DATA_ABORT);
	CHECK_EQ(v->mode & PSR_M, MODE_ABT);
	CHECK_EQ(v->cp15.dfar, far);
	CHECK_EQ(v->cp15.dfsr & 0x40fu, fs);
	CHECK_EQ(v->regs[14], FAKE_PC + 8u);
}

static void
test_conditions(void)
{
	// Which of the sixteen NZCV each condition accepts, worked out from A8.3.
	for (uint32_t flags = 0; flags < 16; flags++) {
		bool n = flags & 8, z = flags & 4, c = flags & 2, o = flags & 1;
		const bool want[] = {z,       !z,     c,      !c,           n,           !n,   o,   !o, c && !z,
				     !c || z, n == o, n != o, !z && n == o, z || n != o, true, true};

		fresh("conditions");
		v->cpsr |= flags << 28;
		for (uint32_t cond = 0; cond < 16; cond++) {
			CHECK_EQ(vpsr_condition(v, cond), want[cond]);
			CHECK_EQ(emulate_passes(v, cond << 28), want[cond]);
		}
	}
	fresh("IT's condition");
	v->cpsr = vpsr_with_it(v->cpsr | PSR_T, 0x08); // EQ, the last
	CHECK(!emulate_passes(v, 0xe0000000));
	v->cpsr |= 1u << 30;
	CHECK(emulate_passes(v, 0xe0000000));
	CHECK_EQ(emulate_reg(v, 15), FAKE_PC + 4u);
}

static void
test_status(void)
{
	fresh("MRS CPSR");
	v->cpsr |= 0x80000000;
	expect(0xe10f3000, EXIT_mrs);
	CHECK_EQ(v->regs[3], 0x80000000 | v->mode);
	fresh("MRS SPSR");
	v->bank[MODE_SVC & 15u].spsr = 0x12345678;
	expect(0xe14f3000, EXIT_mrs);
	CHECK_EQ(v->regs[3], 0x12345678);
	fresh("MRS SPSR in SYS");
	in_mode(MODE_SYS);
	expect_undef(0xe14f3000);
	fresh("MRS SPSR in USR");
	in_mode(MODE_USR);
	expect_undef(0xe14f3000);
	fresh("MRS PC");
	expect_undef(0xe10ff000);
	fresh("MSR CPSR_c, register and immediate");
	v->regs[3] = 0xf0000000 | MODE_IRQ | PSR_I | PSR_T;
	expect(0xe121f003, EXIT_msr);
	CHECK_EQ(vpsr_get(v), MODE_IRQ | PSR_I | PSR_A);
	v->pc = FAKE_PC;
	expect(0xe321f0d2, EXIT_msr);
	CHECK_EQ(v->mode & 0xffu, 0xd2u);
	fresh("MSR CPSR_fx");
	v->regs[3] = 0xf0000000 | PSR_E | MODE_IRQ;
	expect(0xe12af003, EXIT_msr);
	CHECK_EQ(vpsr_get(v), 0xf0000000 | PSR_E | MODE_SVC | PSR_I | PSR_F);
	fresh("MSR CPSR_c, of no mode");
	v->regs[3] = 0x15;
	expect_stop(0xe121f003, "mode");
	fresh("MSR SPSR, all and the flags from an immediate");
	v->regs[3] = 0x01234567;
	expect(0xe16ff003, EXIT_msr);
	CHECK_EQ(v->bank[MODE_SVC & 15u].spsr, 0x01234567);
	v->pc = FAKE_PC;
	expect(0xe368f20f, EXIT_msr);
	CHECK_EQ(v->bank[MODE_SVC & 15u].spsr, 0xf0234567);
	fresh("MSR SPSR in SYS");
	in_mode(MODE_SYS);
	expect_undef(0xe16ff003);
}

static void
test_cps(void)
{
	fresh("CPSIE i");
	expect(0xf1080080, EXIT_cps);
	CHECK_EQ(v->mode, MODE_SVC | PSR_A | PSR_F);
	fresh("CPSID aif");
	v->mode = MODE_SVC;
	expect(0xf10c01c0, EXIT_cps);
	CHECK_EQ(v->mode, MODE_SVC | PSR_A | PSR_I | PSR_F);
	fresh("CPS with a mode, and both");
	expect(0xf1020012, EXIT_cps);
	CHECK_EQ(v->mode & PSR_M, MODE_IRQ);
	v->mode &= ~PSR_I;
	v->pc = FAKE_PC;
	expect(0xf10e0097, EXIT_cps);
	CHECK_EQ(v->mode, MODE_ABT | PSR_A | PSR_I | PSR_F);
	fresh("CPS to no mode");
	expect_stop(0xf1020015, "mode");
	fresh("SETEND");
	expect(0xf1010200, EXIT_hint);
	CHECK(v->cpsr & PSR_E);
	v->pc = FAKE_PC;
	expect(0xf1010000, EXIT_hint);
	CHECK(!(v->cpsr & PSR_E));
}

// Every data-processing return, with r1 = a, r2 = b and the carry set: A8.8, less the two low bits.
static void
test_dp_returns(void)
{
	const uint32_t a = 0x80012345, b = 0x9000f0f0;
	const struct {
		const char *what;
		uint32_t insn, pc;
	} cases[] = {
	    {"MOVS pc, r2", 0xe1b0f002, b},
	    {"ANDS", 0xe011f002, a & b},
	    {"EORS, LSL #4", 0xe031f202, a ^ b << 4},
	    {"RSBS, immediate", 0xe271f008, 8u - a},
	    {"ADDS, LSR #4", 0xe091f222, a + (b >> 4)},
	    {"ADDS, LSR #32", 0xe091f022, a},
	    {"ADCS, ASR #4", 0xe0b1f242, a + (b >> 4 | 0xf0000000) + 1u},
	    {"ADCS, ASR #32", 0xe0b1f042, a + 0xffffffff + 1u},
	    {"SBCS, ROR #8", 0xe0d1f462, a - (b >> 8 | b << 24)},
	    {"RSCS, RRX", 0xe0f1f062, (b >> 1 | 0x80000000) - a},
	    {"ORRS", 0xe191f002, a | b},
	    {"BICS", 0xe1d1f002, a & ~b},
	    {"MVNS", 0xe1f0f002, ~b},
	};

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		fresh(cases[i].what);
		v->regs[1] = a;
		v->regs[2] = b;
		v->cpsr |= 1u << 29;
		v->bank[MODE_SVC & 15u].spsr = 0x40000000 | MODE_SYS | PSR_E;
		CHECK_EQ(emulate_sensitive(v, cases[i].insn), EXIT_eret);
		CHECK_EQ(v->pc, cases[i].pc & ~3u);
		CHECK_EQ(vpsr_get(v), 0x40000000 | MODE_SYS | PSR_E);
	}
	fresh("SUBS pc, lr, #4 without a carry, to Thumb");
	v->regs[14] = 0x1007;
	v->bank[MODE_SVC & 15u].spsr = MODE_USR | PSR_T;
	CHECK_EQ(emulate_sensitive(v, 0xe25ef004), EXIT_eret);
	CHECK_EQ(v->pc, 0x1002);
	CHECK_EQ(v->view_now, VIEW_USER);
	fresh("SBCS and RSCS without a carry");
	CHECK_EQ(emulate_alu(v, 0xe0d1f002), v->regs[1] - v->regs[2] - 1u);
	CHECK_EQ(emulate_alu(v, 0xe0f1f002), v->regs[2] - v->regs[1] - 1u);
	CHECK_EQ(emulate_alu(v, 0xe1b0f00f), FAKE_PC + 8u);
	fresh("MOVS pc, lr in SYS");
	in_mode(MODE_SYS);
	expect_undef(0xe1b0f00e);
	fresh("a return to no mode");
	v->bank[MODE_SVC & 15u].spsr = 0x1c;
	expect_stop(0xe1b0f00e, "mode");
}

// r1 is DATA, where the words are 1, 2, 3...
static void
fresh_data(const char *what)
{
	fresh(what);
	v->regs[1] = DATA;
	for (unsigned i = 0; i < 16; i++)
		*fake_vm_word(DATA - 32u + 4u * i) = i - 7u; // at DATA: 1
	v->bank[MODE_SVC & 15u].spsr = MODE_USR | 0x60000000;
}

static void
test_ldm_return(void)
{
	fresh_data("LDM ^ with the PC");
	CHECK_EQ(emulate_sensitive(v, 0xe8d1800c), EXIT_eret);
	CHECK_EQ(v->regs[2], 1);
	CHECK_EQ(v->regs[3], 2);
	CHECK_EQ(v->pc, 0); // 3, in ARM state
	CHECK_EQ(vpsr_get(v), MODE_USR | 0x60000000);
	fresh_data("with writeback, upwards");
	CHECK_EQ(emulate_sensitive(v, 0xe8f18004), EXIT_eret);
	CHECK_EQ(v->regs[1], DATA + 8u);
	fresh_data("the base alone, before");
	CHECK_EQ(emulate_sensitive(v, 0xe9d18000), EXIT_eret);
	CHECK_EQ(v->regs[1], DATA);
	CHECK_EQ(v->pc, 0);
	fresh_data("in SYS");
	in_mode(MODE_SYS);
	expect_undef(0xe8d1800c);
	fresh_data("from the PC");
	expect_undef(0xe8df800c);
	fresh_data("not aligned");
	v->regs[1] |= 2;
	expect_abort(0xe8d1800c, DATA + 2u, FS_ALIGNMENT);
	fresh_data("beyond RAM, the base kept");
	v->regs[1] = FAKE_RAM + FAKE_SIZE - 4u;
	expect_abort(0xe8f18004, FAKE_RAM + FAKE_SIZE, FS_SYNC_EXTERNAL);
	CHECK_EQ(v->regs[1], FAKE_RAM + FAKE_SIZE - 4u);
}

static void
test_user_bank(void)
{
	fresh_data("LDM ^ of the user's, from SVC");
	CHECK_EQ(emulate_sensitive(v, 0xe8d16104), EXIT_user_bank);
	CHECK_EQ(v->regs[2], 1);
	CHECK_EQ(v->regs[8], 2);
	CHECK_EQ(v->bank[0].sp, 3);
	CHECK_EQ(v->bank[0].lr, 4);
	CHECK_EQ(v->regs[13], 13u * 0x01010101u);
	fresh_data("from FIQ, and STM");
	in_mode(MODE_FIQ);
	CHECK_EQ(emulate_sensitive(v, 0xe8d16104), EXIT_user_bank);
	CHECK_EQ(v->usr_r8_r12[0], 2);
	v->regs[1] = DATA + 0x100u;
	v->pc = FAKE_PC;
	CHECK_EQ(emulate_sensitive(v, 0xe8c16104), EXIT_user_bank);
	CHECK_EQ(*fake_vm_word(DATA + 0x104u), 2);
	CHECK_EQ(*fake_vm_word(DATA + 0x10cu), 4);
	fresh_data("from SYS, downwards");
	in_mode(MODE_SYS);
	CHECK_EQ(emulate_sensitive(v, 0xe8512004), EXIT_user_bank);
	CHECK_EQ(v->regs[2], 0);
	CHECK_EQ(v->regs[13], 1);
	fresh_data("STM ^ with the PC, before");
	CHECK_EQ(emulate_sensitive(v, 0xe9418004), EXIT_user_bank);
	CHECK_EQ(*fake_vm_word(DATA - 4u), FAKE_PC + 8u);
	CHECK_EQ(*fake_vm_word(DATA - 8u), v->regs[2]);
	fresh_data("of nothing, and from the PC");
	expect_undef(0xe8d10000);
	fresh_data("of nothing, and from the PC");
	expect_undef(0xe8df0004);
	fresh_data("STM of nothing");
	expect_undef(0xe8c10000);
	fresh_data("STM to the PC");
	expect_undef(0xe8cf0004);
	fresh_data("STM that isn't aligned");
	v->regs[1] |= 1;
	expect_abort(0xe8c16104, DATA + 1u, FS_ALIGNMENT);
	fresh_data("STM beyond RAM");
	v->regs[1] = FAKE_RAM + FAKE_SIZE - 4u;
	expect_abort(0xe8c16104, FAKE_RAM + FAKE_SIZE, FS_SYNC_EXTERNAL);
	fresh_data("LDM beyond RAM");
	v->regs[1] = FAKE_HOLE;
	expect_abort(0xe8d16104, FAKE_HOLE, FS_SYNC_EXTERNAL);
}

static void
test_srs_rfe(void)
{
	fresh_data("SRSIA sp!, #SVC");
	v->regs[13] = DATA;
	expect(0xf8ed0513, EXIT_srs);
	CHECK_EQ(*fake_vm_word(DATA), v->regs[14]);
	CHECK_EQ(*fake_vm_word(DATA + 4u), MODE_USR | 0x60000000);
	CHECK_EQ(v->regs[13], DATA + 8u);
	fresh_data("SRSDB sp!, #IRQ, another mode's");
	v->bank[MODE_IRQ & 15u].sp = DATA;
	expect(0xf96d0512, EXIT_srs);
	CHECK_EQ(*fake_vm_word(DATA - 8u), v->regs[14]);
	CHECK_EQ(v->bank[MODE_IRQ & 15u].sp, DATA - 8u);
	fresh_data("SRSIA sp, #SYS without writeback");
	v->bank[0].sp = DATA;
	expect(0xf8cd051f, EXIT_srs);
	CHECK_EQ(v->bank[0].sp, DATA);
	fresh_data("SRS of no mode");
	expect_undef(0xf8ed0515);
	fresh_data("SRS from SYS");
	in_mode(MODE_SYS);
	expect_undef(0xf8ed0513);
	fresh_data("SRS that faults");
	v->regs[13] = FAKE_HOLE;
	expect_abort(0xf8ed0513, FAKE_HOLE, FS_SYNC_EXTERNAL);

	static const struct {
		uint32_t insn, at, back;
	} rfe[] = {{0xf8b10a00, 0, 8}, {0xf9110a00, -8u, 0}, {0xf9910a00, 4, 0}, {0xf8310a00, -4u, -8u}};

	for (unsigned i = 0; i < ARRAY_LEN(rfe); i++) {
		fresh_data("RFE");
		*fake_vm_word(DATA + rfe[i].at) = 0x1000;
		*fake_vm_word(DATA + rfe[i].at + 4u) = MODE_IRQ | PSR_E;
		CHECK_EQ(emulate_sensitive(v, rfe[i].insn), EXIT_eret);
		CHECK_EQ(v->pc, 0x1000);
		CHECK_EQ(vpsr_get(v), MODE_IRQ | PSR_E);
		CHECK_EQ(v->regs[1], DATA + rfe[i].back);
	}
	fresh_data("RFE from the PC");
	expect_undef(0xf8bf0a00);
	fresh_data("RFE that faults");
	v->regs[1] = FAKE_HOLE;
	expect_abort(0xf8b10a00, FAKE_HOLE, FS_SYNC_EXTERNAL);
}

static void
test_coprocessors(void)
{
	fresh("CP15, CP14 and VFP, done");
	expect(0xee032f10, EXIT_cp15); // MCR DACR
	v->pc = FAKE_PC;
	expect(0xee1d2f90, EXIT_cp15); // MRC TPIDRPRW
	v->pc = FAKE_PC;
	expect(0xee1d2f50, EXIT_cp15); // MRC TPIDRURW
	v->pc = FAKE_PC;
	expect(0xee0e2f12, EXIT_cp15); // MCR CNTP_TVAL
	v->pc = FAKE_PC;
	expect(0xec532f02, EXIT_cp15); // MRRC
	v->pc = FAKE_PC;
	expect(0xee102e11, EXIT_cp14);
	v->pc = FAKE_PC;
	expect(0xeef82a10, EXIT_vfp_system);
	CHECK(fake_vm.cp15 == 5 && fake_vm.cp14 == 1 && fake_vm.vfp == 1);
	fresh("refused");
	fake_vm.cp_refused = 1;
	expect_undef(0xee032f10);
	fresh("CDP, SMC, ERET, banked MRS");
	expect_undef(0xee000f00);
	fresh("SMC");
	expect_undef(0xe1600070);
	fresh("ERET");
	expect_undef(0xe160006e);
	fresh("banked MRS");
	expect_undef(0xe1002200);
	fresh("what is no sensitive instruction");
	expect_undef(0xe0810002);
}

static void
test_calls_and_hints(void)
{
	static const struct {
		enum psci_action action;
		const char *stop;
	} psci[] = {{PSCI_SYSTEM_OFF, "poweroff"}, {PSCI_SYSTEM_RESET, "reset"}, {PSCI_CPU_OFF, "turned itself off"}};

	for (unsigned i = 0; i < ARRAY_LEN(psci); i++) {
		fresh(psci[i].stop);
		fake_vm.psci = psci[i].action;
		expect_stop(0xe1400070, psci[i].stop);
	}
	fresh("HVC that returns");
	expect(0xe1400070, EXIT_hvc);
	CHECK(!v->waiting && v->regs[0] == 0x600d);
	fresh("CPU_SUSPEND");
	fake_vm.psci = PSCI_SUSPEND;
	expect(0xe1400070, EXIT_hvc);
	CHECK(v->waiting);
	fresh("WFI");
	expect(0xe320f003, EXIT_wait);
	CHECK(v->waiting);
	for (uint32_t n = 1; n <= 4; n += n == 2 ? 2 : 1) {
		fresh("YIELD, WFE, SEV");
		expect(0xe320f000 | n, EXIT_hint);
		CHECK(!v->waiting);
	}
	fresh("SVC");
	CHECK_EQ(emulate_sensitive(v, 0xef000005), EXIT_guest_svc);
	CHECK_EQ(v->pc, VECTOR_SVC);
	CHECK_EQ(v->regs[14], FAKE_PC + 4u);
	fresh("BXJ, to ARM and to Thumb");
	v->regs[2] = 0x2000;
	CHECK_EQ(emulate_sensitive(v, 0xe12fff22), EXIT_branch);
	CHECK(v->pc == 0x2000 && !(v->cpsr & PSR_T));
	v->regs[2] = 0x2003;
	CHECK_EQ(emulate_sensitive(v, 0xe12fff22), EXIT_branch);
	CHECK(v->pc == 0x2002 && v->cpsr & PSR_T);
}

static void
test_thumb(void)
{
	fresh("Thumb: CPSID i in an IT block");
	v->cpsr = vpsr_with_it(v->cpsr | PSR_T, 0x04); // two more
	v->mode = MODE_SVC;
	CHECK_EQ(emulate_sensitive_thumb(v, 0xb672), EXIT_cps);
	CHECK_EQ(v->pc, FAKE_PC + 2u);
	CHECK_EQ(v->mode, MODE_SVC | PSR_I);
	CHECK_EQ(vpsr_it(v->cpsr), 0x08);
	fresh("Thumb: MSR CPSR_c");
	v->cpsr |= PSR_T;
	v->regs[3] = MODE_IRQ;
	CHECK_EQ(emulate_sensitive_thumb(v, 0xf3838100), EXIT_msr);
	CHECK(v->pc == FAKE_PC + 4u && v->mode == (MODE_IRQ | PSR_A) && v->cpsr & PSR_T);
	fresh_data("Thumb: LDRT");
	v->cpsr |= PSR_T;
	CHECK_EQ(emulate_sensitive_thumb(v, 0xf8512e00), EXIT_unpriv);
	CHECK_EQ(v->regs[2], 1);
}

static void
test_injection(void)
{
	static const struct {
		void (*inject)(struct vcpu *v);
		uint32_t mode, vector, lr, masks;
	} plain[] = {{inject_irq, MODE_IRQ, VECTOR_IRQ, 4, PSR_I | PSR_A},
		     {inject_fiq, MODE_FIQ, VECTOR_FIQ, 4, PSR_I | PSR_A | PSR_F},
		     {inject_svc, MODE_SVC, VECTOR_SVC, 4, PSR_I},
		     {inject_undef, MODE_UND, VECTOR_UNDEF, 4, PSR_I}};

	for (unsigned i = 0; i < ARRAY_LEN(plain); i++) {
		fresh("injected");
		v->mode = MODE_SYS;
		v->vectors = 0xffff0000;
		plain[i].inject(v);
		CHECK_EQ(v->mode, plain[i].mode | plain[i].masks);
		CHECK_EQ(v->pc, 0xffff0000 + plain[i].vector);
		CHECK_EQ(v->regs[14], FAKE_PC + plain[i].lr);
		CHECK_EQ(v->bank[plain[i].mode & 15u].spsr, MODE_SYS);
	}
	fresh("SVC and UNDEF from Thumb: LR is 2 ahead");
	v->cpsr |= PSR_T;
	inject_svc(v);
	CHECK_EQ(v->regs[14], FAKE_PC + 2u);
	CHECK(!(v->cpsr & PSR_T));
	fresh("a prefetch abort");
	inject_prefetch_abort(v, 0x405, GVA(0x1234));
	CHECK(v->cp15.ifsr == 0x405 && v->cp15.ifar == 0x1234 && v->regs[14] == FAKE_PC + 4u);
	fresh("a prefetch abort at its own vector");
	v->pc = VECTOR_PREFETCH_ABORT;
	CHECK(FAKE_STOPS(inject_prefetch_abort(v, 5, GVA(12))));
	fresh("the undefined vector is undefined");
	v->pc = VECTOR_UNDEF;
	CHECK(FAKE_STOPS(inject_undef(v)));
	fresh("the same from user mode is the user's");
	v->pc = VECTOR_UNDEF;
	in_mode(MODE_USR);
	CHECK(!FAKE_STOPS(inject_undef(v)));
	fresh("a data abort of a write");
	inject_data_abort(v, 5, 3, true, GVA(0x5678));
	CHECK(v->cp15.dfsr == (5u | 3u << 4 | 1u << 11) && v->cp15.dfar == 0x5678);
}

int
main(void)
{
	bt_decode_init();
	test_conditions();
	test_status();
	test_cps();
	test_dp_returns();
	test_ldm_return();
	test_user_bank();
	test_srs_rfe();
	test_coprocessors();
	test_calls_and_hints();
	test_thumb();
	test_injection();
	return check_done("emulate");
}
