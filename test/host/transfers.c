// SPDX-License-Identifier: MIT
// uses: test/host/fake_vm.c monitor/cpu/emulate.c monitor/cpu/emulate_multi.c monitor/cpu/ldst.c
// uses: monitor/cpu/exclusive.c monitor/cpu/vldst.c monitor/cpu/access.c monitor/cpu/inject.c monitor/dev/dev.c
// uses: mmu/walk.c bt/isa/decode.c bt/isa/thumb.c bt/isa/undefined.c bt/isa/predictable.c bt/isa/ldst.c bt/isa/ldst_thumb.c
// uses: bt/isa/vldst.c
//
// Loads and stores done by the emulator, and what is below them: RAM, a device, nothing, code pages, the
// guest's page tables, either byte order, unaligned, over a page's end, and each way of faulting. Words are
// assembled by hand; what they must do is in the ARM ARM, A8.8 and B1.9.8.
#include <string.h>
#include "bt/isa/decode.h"
#include "mmu/pte.h"
#include "monitor/cpu/access.h"
#include "monitor/cpu/cp15.h"
#include "monitor/cpu/emulate.h"
#include "monitor/cpu/vpsr.h"
#include "test/host/check.h"
#include "test/host/fake_arch.h"
#include "test/host/fake_vm.h"

#define DATA 0x40020000u // where r1 points
#define END  (FAKE_RAM + FAKE_SIZE)

static struct vcpu *v;

static void
fresh(const char *what)
{
	check_case(what);
	v = fake_vm_fresh();
	v->regs[1] = DATA;
	for (unsigned i = 0; i < 16; i++)
		*fake_vm_word(DATA + 4u * i) = 0x83828180u + i * 0x04040404u; // byte n is 0x80 + n
}

static void
done(uint32_t insn)
{
	v->pc = FAKE_PC;
	CHECK(emulate_ldst(v, insn));
	CHECK_EQ(v->pc, FAKE_PC + 4u);
}

static void
aborts(uint32_t insn, uint32_t far, uint32_t fs, bool write)
{
	CHECK(emulate_ldst(v, insn));
	CHECK_EQ(v->pc, VECTOR_DATA_ABORT);
	CHECK_EQ(v->cp15.dfar, far);
	CHECK_EQ(v->cp15.dfsr & 0x40fu, fs);
	CHECK_EQ(v->cp15.dfsr >> 11 & 1u, write);
}

static void
test_single(void)
{
	fresh("LDR with writeback before");
	done(0xe5b12004);
	CHECK(v->regs[2] == 0x87868584 && v->regs[1] == DATA + 4u);
	fresh("LDR into its base keeps what it got");
	done(0xe4911004);
	CHECK_EQ(v->regs[1], 0x83828180);
	fresh("STR with writeback behind");
	done(0xe4812004);
	CHECK(*fake_vm_word(DATA) == v->regs[2] && v->regs[1] == DATA + 4u);
	fresh("bytes and halfwords, with and without a sign");
	done(0xe5d12000);
	CHECK_EQ(v->regs[2], 0x80);
	done(0xe1d120d0);
	CHECK_EQ(v->regs[2], 0xffffff80);
	done(0xe1d120b0);
	CHECK_EQ(v->regs[2], 0x8180);
	done(0xe1d120f0);
	CHECK_EQ(v->regs[2], 0xffff8180);
	v->regs[2] = 0x12345678;
	done(0xe5c12000);
	CHECK_EQ(*fake_vm_word(DATA), 0x83828178);
	fresh("a condition that doesn't hold");
	done(0x05912000);
	CHECK_EQ(v->regs[2], 0x02020202);
	fresh("LDR pc, to Thumb");
	*fake_vm_word(DATA) = 0x2003;
	CHECK(emulate_ldst(v, 0xe591f000));
	CHECK(v->pc == 0x2002 && v->cpsr & PSR_T);
	fresh("what is no load or store, and what is done elsewhere");
	CHECK(!emulate_ldst(v, 0xe0810002));
	CHECK(!emulate_ldst(v, 0xe8d16104)); // LDM ^
	CHECK(!emulate_ldst(v, 0xe89f000c)); // LDM from the PC
	CHECK_EQ(v->pc, FAKE_PC);
	fresh("Thumb: LDR, LDR.W pc");
	v->cpsr |= PSR_T;
	CHECK(emulate_ldst(v, 0x684a));
	CHECK(v->pc == FAKE_PC + 2u && v->regs[2] == 0x87868584);
	*fake_vm_word(DATA) = 0x2000;
	CHECK(emulate_ldst(v, 0xf8d1f000));
	CHECK(v->pc == 0x2000 && !(v->cpsr & PSR_T));
}

static void
test_several(void)
{
	fresh("LDM with writeback");
	done(0xe8b1000c);
	CHECK(v->regs[2] == 0x83828180 && v->regs[3] == 0x87868584 && v->regs[1] == DATA + 8u);
	fresh("LDM of the base and the PC");
	*fake_vm_word(DATA + 8u) = 0x3000;
	CHECK(emulate_ldst(v, 0xe8918006));
	CHECK(v->pc == 0x3000 && v->regs[1] == 0x83828180 && v->regs[2] == 0x87868584);
	fresh("LDM with the base in its list and writeback");
	done(0xe8b10006);
	CHECK_EQ(v->regs[1], 0x83828180);
	fresh("STMDB");
	v->regs[1] = DATA + 8u;
	done(0xe921000c);
	CHECK(*fake_vm_word(DATA) == 0x02020202 && *fake_vm_word(DATA + 4u) == 0x03030303 && v->regs[1] == DATA);
	fresh("STM of the PC");
	done(0xe8818000);
	CHECK_EQ(*fake_vm_word(DATA), FAKE_PC + 8u);
	fresh("LDRD, STRD, with writeback");
	done(0xe0c140d8);
	CHECK(v->regs[4] == 0x83828180 && v->regs[5] == 0x87868584 && v->regs[1] == DATA + 8u);
	done(0xe1c120f0);
	CHECK(*fake_vm_word(DATA + 8u) == 0x02020202 && *fake_vm_word(DATA + 12u) == 0x03030303);
	fresh("SWP, SWPB");
	done(0xe1012093);
	CHECK(v->regs[2] == 0x83828180 && *fake_vm_word(DATA) == 0x03030303);
	v->regs[3] = 0xff;
	done(0xe1412093);
	CHECK(v->regs[2] == 0x03 && *fake_vm_word(DATA) == 0x030303ff);
	fresh("not aligned: each of them");
	v->regs[1] |= 2;
	aborts(0xe8b1000c, DATA + 2u, FS_ALIGNMENT, false);
	fresh("LDRD not aligned");
	v->regs[1] |= 2;
	aborts(0xe1c120d0, DATA + 2u, FS_ALIGNMENT, false);
	fresh("SWP not aligned");
	v->regs[1] |= 2;
	aborts(0xe1012093, DATA + 2u, FS_ALIGNMENT, false);
	fresh("LDM that runs out of RAM keeps its base");
	v->regs[1] = END - 4u;
	aborts(0xe8b1000c, END, FS_SYNC_EXTERNAL, false);
	CHECK_EQ(v->regs[1], END - 4u);
	fresh("STM that does");
	v->regs[1] = END - 4u;
	aborts(0xe8a1000c, END, FS_SYNC_EXTERNAL, true);
	fresh("LDRD, STRD that do");
	v->regs[1] = END - 4u;
	aborts(0xe1c120d0, END, FS_SYNC_EXTERNAL, false);
	fresh("SWP of nothing");
	v->regs[1] = FAKE_HOLE;
	aborts(0xe1012093, FAKE_HOLE, FS_SYNC_EXTERNAL, false);
}

static void
test_exclusive(void)
{
	static const uint32_t copy = 0xef160640;

	fresh("LDREX, STREX");
	CHECK(emulate_ldst(v, 0xe1912f9f) && v->regs[2] == 0x83828180 && v->pc == FAKE_PC + 4u);
	v->regs[2] = 7;
	emulate_ldst(v, 0xe1810f92);
	CHECK(v->regs[0] == 0 && *fake_vm_word(DATA) == 7);
	emulate_ldst(v, 0xe1810f92);
	CHECK_EQ(v->regs[0], 1);
	fresh("STREX elsewhere, and of another value");
	emulate_ldst(v, 0xe1912f9f);
	v->regs[1] += 8u;
	emulate_ldst(v, 0xe1810f92);
	CHECK_EQ(v->regs[0], 1);
	emulate_ldst(v, 0xe1912f9f);
	*fake_vm_word(DATA + 8u) = 5;
	emulate_ldst(v, 0xe1810f92);
	CHECK(v->regs[0] == 1 && *fake_vm_word(DATA + 8u) == 5);
	fresh("STREX where a copy is executed, which is what LDREX has seen");
	fake_vm.shown = &copy;
	fake_vm.held = true;
	fake_vm.held_va = DATA;
	fake_vm.held_value = copy;
	fake_vm.held_page = (uintptr_t)&copy & ~(uintptr_t)PAGE_MASK;
	emulate_ldst(v, 0xe1810f92);
	CHECK(v->regs[0] == 0 && *fake_vm_word(DATA) == v->regs[2]);
	fresh("STREX alone is emulated: the LDREX was of the guest's frame");
	fake_vm.held = true;
	fake_vm.held_va = DATA;
	fake_vm.held_value = *fake_vm_word(DATA);
	fake_vm.held_page = (uintptr_t)fake_vm_word(DATA & ~PAGE_MASK);
	v->regs[2] = 0x1234;
	emulate_ldst(v, 0xe1810f92);
	CHECK(v->regs[0] == 0 && *fake_vm_word(DATA) == 0x1234);
	fresh("LDREX of RAM leaves the monitor at its frame, of a device at none");
	emulate_ldst(v, 0xe1912f9f);
	CHECK_EQ(fake_vm.held_page, (uintptr_t)fake_vm_word(DATA & ~PAGE_MASK));
	v->regs[1] = FAKE_DEVICE;
	emulate_ldst(v, 0xe1912f9f);
	CHECK(fake_vm.held && !fake_vm.held_page && fake_vm.held_va == FAKE_DEVICE);
	v->regs[2] = 0x99;
	emulate_ldst(v, 0xe1810f92);
	CHECK(v->regs[0] == 0 && fake_vm.device == 0x99);
	fresh("LDREXD, STREXD, LDREXB");
	emulate_ldst(v, 0xe1b12f9f);
	CHECK(v->regs[2] == 0x83828180 && v->regs[3] == 0x87868584);
	v->regs[2] = 1;
	v->regs[3] = 2;
	emulate_ldst(v, 0xe1a10f92);
	CHECK(!v->regs[0] && *fake_vm_word(DATA) == 1 && *fake_vm_word(DATA + 4u) == 2);
	emulate_ldst(v, 0xe1d12f9f);
	CHECK_EQ(v->regs[2], 1);
	fresh("LDREXD, STREXD, big-endian");
	v->cpsr |= PSR_E;
	emulate_ldst(v, 0xe1b12f9f);
	CHECK(v->regs[2] == 0x80818283 && v->regs[3] == 0x84858687);
	v->regs[2] = 1;
	v->regs[3] = 2;
	emulate_ldst(v, 0xe1a10f92);
	CHECK(!v->regs[0] && *fake_vm_word(DATA) == 0x01000000 && *fake_vm_word(DATA + 4u) == 0x02000000);
	fresh("LDREX that isn't aligned");
	v->regs[1] |= 1;
	CHECK(emulate_ldst(v, 0xe1912f9f));
	CHECK(v->mode == (MODE_ABT | PSR_A | PSR_I | PSR_F) && v->cp15.dfar == (DATA | 1u) && !fake_vm.held);
	fresh("where the window is: it moves, and the instruction comes again");
	v->vm->window = DATA & ~(SECTION_SIZE - 1u);
	CHECK(emulate_ldst(v, 0xe1912f9f) && v->pc == FAKE_PC && !fake_vm.held);
	CHECK(emulate_ldst(v, 0xe1912f9f) && v->pc == FAKE_PC + 4u && fake_vm.held);
}

static void
test_devices(void)
{
	fresh("a device: STR, LDR, LDRB");
	v->regs[1] = FAKE_DEVICE;
	done(0xe5812000);
	CHECK_EQ(fake_vm.device, 0x02020202);
	fake_vm.device = 0x12345678;
	done(0xe5912000);
	CHECK_EQ(v->regs[2], 0x12345678);
	fresh("LDRD of a device is two words");
	v->regs[1] = FAKE_DEVICE;
	fake_vm.device = 0x1234;
	done(0xe1c120d0);
	CHECK(v->regs[2] == 0x1234 && v->regs[3] == 0);
	fresh("VLDR of a device");
	v->regs[1] = FAKE_DEVICE;
	fake_vm.device = 0x1234;
	done(0xed911b00);
	CHECK_EQ(v->vfp[1], 0x1234);
	done(0xed811b00); // VSTR
	fresh("an unaligned LDR of a device");
	v->regs[1] = FAKE_DEVICE + 1u;
	fake_vm.device = 0x44332211;
	done(0xe5912000);
	CHECK_EQ(v->regs[2], 0x00443322);
	fresh("an unaligned STR of a device");
	v->regs[1] = FAKE_DEVICE + 0x101u;
	done(0xe5812000);
	fresh("neither RAM nor device");
	v->regs[1] = FAKE_HOLE;
	aborts(0xe5912000, FAKE_HOLE, FS_SYNC_EXTERNAL, false);
	fresh("VSTR there");
	v->regs[1] = FAKE_HOLE;
	aborts(0xed811b00, FAKE_HOLE, FS_SYNC_EXTERNAL, true);
	fresh("the last word of a device's page, as a doubleword");
	v->regs[1] = FAKE_DEVICE + 0xffcu;
	CHECK(emulate_ldst(v, 0xed911b00));
}

static void
test_order_and_alignment(void)
{
	fresh("big-endian");
	v->cpsr |= PSR_E;
	done(0xe5912000);
	CHECK_EQ(v->regs[2], 0x80818283);
	done(0xe1d120b0);
	CHECK_EQ(v->regs[2], 0x8081);
	v->regs[2] = 0x01020304;
	done(0xe5812000);
	CHECK_EQ(*fake_vm_word(DATA), 0x04030201);
	fresh("unaligned in a page");
	v->regs[1] += 1u;
	done(0xe5912000);
	CHECK_EQ(v->regs[2], 0x84838281);
	fresh("unaligned over a page's end");
	v->regs[1] = DATA + 0xffeu;
	*fake_vm_word(DATA + 0xffcu) = 0x44332211;
	*fake_vm_word(DATA + 0x1000u) = 0x88776655;
	done(0xe5912000);
	CHECK_EQ(v->regs[2], 0x66554433);
	v->regs[2] = 0x0a0b0c0d;
	done(0xe5812000);
	CHECK(*fake_vm_word(DATA + 0xffcu) == 0x0c0d2211 && *fake_vm_word(DATA + 0x1000u) == 0x88770a0b);
	fresh("half of it beyond RAM: nothing of the rest");
	v->regs[1] = END - 2u;
	aborts(0xe5912000, END, FS_SYNC_EXTERNAL, false);
	fresh("a store half of which is beyond RAM");
	v->regs[1] = END - 2u;
	aborts(0xe5812000, END, FS_SYNC_EXTERNAL, true);
	fresh("SCTLR.A");
	v->cp15.mmu.sctlr = SCTLR_A;
	v->regs[1] += 2u;
	aborts(0xe5912000, DATA + 2u, FS_ALIGNMENT, false);
	fresh("SCTLR.A, stores");
	v->cp15.mmu.sctlr = SCTLR_A;
	v->regs[1] += 2u;
	aborts(0xe5812000, DATA + 2u, FS_ALIGNMENT, true);
}

static void
test_code_pages(void)
{
	fresh("a write to a code page that follows");
	fake_vm.tracked = DATA;
	fake_vm.keep_code = true;
	done(0xe5812000);
	CHECK(fake_vm.written == 1 && !fake_vm.dropped && !fake_vm.unmapped && fake_vm.tracked == DATA);
	fresh("to one of which it isn't known that it is executed still");
	fake_vm.tracked = DATA;
	fake_vm.keep_code = fake_vm.unseen = true;
	done(0xe5812000);
	CHECK(!fake_vm.dropped && fake_vm.unmapped == 1);
	fresh("to one that is dropped");
	fake_vm.tracked = DATA;
	done(0xe5812000);
	CHECK(fake_vm.dropped == 1 && fake_vm.tracked != DATA);
	fresh("under block it goes to sleep");
	v->vm->code.policy = CODE_BLOCK;
	fake_vm.tracked = DATA;
	done(0xe5812000);
	CHECK(fake_vm.dropped == 100 && fake_vm.tracked != DATA);
	fresh("to one that is tracked for another reason");
	fake_vm.tracked = DATA;
	fake_vm.dropped = 1;
	done(0xe5812000);
	CHECK(!fake_vm.written && fake_vm.tracked != DATA);
	fresh("beside one");
	fake_vm.tracked = DATA + 0x1000u;
	done(0xe5812000);
	CHECK(!fake_vm.written);
}

// First-level table at RAM + 0x8000: RAM's section, with AP[1:0] and domain 0.
static void
paged(const char *what, uint32_t section, uint32_t dacr)
{
	fresh(what);
	*fake_vm_word(FAKE_RAM + 0x8000u + (DATA >> 20) * 4u) = section;
	v->cp15.mmu.ttbr0 = FAKE_RAM + 0x8000u;
	v->cp15.mmu.dacr = dacr;
	v->cp15.mmu.sctlr = SCTLR_M;
}

#define SECTION_RW 0x40000c02u // all
#define SECTION_K  0x40000402u // PL1 only
#define SECTION_R  0x40000802u // PL0 may read

static void
test_unprivileged(void)
{
	paged("LDRT where PL0 may", SECTION_RW, 1);
	done(0xe4b12000);
	CHECK(v->regs[2] == 0x83828180 && fake_vm.fills == 1 && fake_vm.opened == 1);
	CHECK_EQ(v->utlb[bits(DATA, 17, 12)], DATA >> PAGE_SHIFT | UTLB_R | UTLB_W);
	paged("STRT where PL0 may read", SECTION_R, 1);
	aborts(0xe4a12000, DATA, FS_PERMISSION_1, true);
	CHECK_EQ(v->utlb[bits(DATA, 17, 12)], DATA >> PAGE_SHIFT | UTLB_R);
	paged("LDRT where PL0 may nothing", SECTION_K, 1);
	aborts(0xe4b12000, DATA, FS_PERMISSION_1, false);
	CHECK_EQ(v->utlb[bits(DATA, 17, 12)], 0);
	paged("of a larger mapping nothing is kept", SECTION_RW, 1);
	fake_vm.fill_shift = SECTION_SHIFT;
	done(0xe4b12000);
	CHECK_EQ(v->utlb[bits(DATA, 17, 12)], 0);
	paged("LDRT of what isn't mapped", 0, 1);
	aborts(0xe4b12000, DATA, FS_TRANSLATION_1, false);
	paged("LDR by PL1 there, and a closed domain", SECTION_K, 0);
	aborts(0xe5912000, DATA, FS_DOMAIN_1, false);
	paged("a write of two pages, of which the second isn't mapped", SECTION_RW, 1);
	v->regs[1] = END - 2u;
	aborts(0xe5812000, END, FS_TRANSLATION_1, true);
	CHECK_EQ(*fake_vm_word(END - 4u), 0);
}

static void
test_vfp(void)
{
	fresh("VSTR single");
	v->vfp[1] = 0x1122334455667788;
	done(0xedc11a00);
	CHECK_EQ(*fake_vm_word(DATA), 0x11223344);
	fresh("VLDM with writeback");
	done(0xecb12b04);
	CHECK(v->vfp[2] == 0x8786858483828180 && v->vfp[3] == 0x8f8e8d8c8b8a8988 && v->regs[1] == DATA + 16u);
	fresh("VLD1 of one register, VST1, aligned");
	done(0xf421470f);
	CHECK_EQ(v->vfp[4], 0x8786858483828180);
	v->vfp[4]++;
	done(0xf401478f);
	CHECK_EQ(*fake_vm_word(DATA), 0x83828181);
	fresh("VLD4 interleaves");
	done(0xf421400d);
	CHECK(v->vfp[4] == 0x9c9894908c888480 && v->vfp[7] == 0x9f9b97938f8b8783 && v->regs[1] == DATA + 32u);
	fresh("VLD1 to all lanes");
	done(0xf4a14c0f);
	CHECK_EQ(v->vfp[4], 0x8080808080808080);
	fresh("VLD1 of bytes, big-endian");
	v->cpsr |= PSR_E;
	done(0xf421470f);
	CHECK_EQ(v->vfp[4], 0x8786858483828180);
	done(0xf401470f);
	CHECK_EQ(*fake_vm_word(DATA), 0x83828180);
	fresh("VLD1 of words, big-endian");
	v->cpsr |= PSR_E;
	done(0xf421478f);
	CHECK_EQ(v->vfp[4], 0x8485868780818283);
	fresh("VLDREQ, not");
	done(0x0d911b00);
	CHECK_EQ(v->vfp[1], 0);
	fresh("VLD1 with an alignment that doesn't hold");
	v->regs[1] += 4u;
	aborts(0xf421479f, DATA + 4u, FS_ALIGNMENT, false);
	fresh("VLD1 with SCTLR.A");
	v->cp15.mmu.sctlr = SCTLR_A;
	v->regs[1] += 2u;
	aborts(0xf421478f, DATA + 2u, FS_ALIGNMENT, false);
	fresh("VLDR that isn't aligned");
	v->regs[1] += 2u;
	aborts(0xed911b00, DATA + 2u, FS_ALIGNMENT, false);
}

static void
test_fetch(void)
{
	uint32_t insn = 0;

	fresh("an instruction: in a page, over a page's end, not there");
	CHECK(access_insn(v, GVA(DATA), &insn) && insn == 0x83828180);
	CHECK(!access_insn(v, GVA(FAKE_HOLE), &insn));
	v->cpsr |= PSR_T;
	*fake_vm_word(DATA + 0xffcu) = 0xf3ef4770;
	*fake_vm_word(DATA + 0x1000u) = 0x00008000;
	CHECK(access_insn(v, GVA(DATA + 0xffcu), &insn) && insn == 0x4770);
	CHECK(access_insn(v, GVA(DATA + 0xffeu), &insn) && insn == 0xf3ef8000);
	*fake_vm_word(END - 4u) = 0xf3ef0000;
	CHECK(!access_insn(v, GVA(END - 2u), &insn));
	CHECK(!access_insn(v, GVA(FAKE_HOLE), &insn));
	paged("not mapped", 0, 1);
	CHECK(!access_insn(v, GVA(DATA), &insn));
}

int
main(void)
{
	bt_decode_init();
	test_single();
	test_several();
	test_exclusive();
	test_devices();
	test_order_and_alignment();
	test_code_pages();
	test_unprivileged();
	test_vfp();
	test_fetch();
	return check_done("transfers");
}
