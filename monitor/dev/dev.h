// SPDX-License-Identifier: MIT
//
// Emulated devices as tables of registers, and the bus of one VM they sit on.
//
// A device class is a const table of rows: offset (or a range of them), access,
// name, value at reset and where the value lives. A plain register is a 32-bit
// field of the device's state, with the bits that software can write; only one
// with a side effect needs a function. A row with neither reads as its reset value,
// which is how identification registers are written down.
//
// Whatever a VM can reach is known from its bus: an address without a device is
// DEV_NONE, for which the caller injects an external abort; an offset that no row
// names reads as zero, ignores writes and is counted, as on QEMU's devices.
#ifndef MONITOR_DEV_DEV_H
#define MONITOR_DEV_DEV_H

#include "monitor/base/types.h"

#define DEV_MAX 40u // devices of one VM: 32 virtio slots and the board's own

enum dev_result {
	DEV_OK,
	DEV_UNKNOWN, // a device, but no such register: read as zero, write ignored
	DEV_NONE,    // nothing there, or not naturally aligned: external abort
};

enum dev_rights {
	DEV_RO = 1,
	DEV_WO = 2,
	DEV_RW = 3,
	DEV_BYTES = 4, // under DEV_EXACT too, any byte of its words stands for it
};

// What an access narrower than the register means to a device.
enum dev_width {
	DEV_EXACT, // registers answer at their own offset only; the value is cut to the access's size
	DEV_WORDS, // any byte of a register's word stands for the register, as on QEMU's PL011
	DEV_LANES, // byte lanes, as the GIC architecture wants them of GICD_IPRIORITYRn
};

// One access as a register's function sees it. Under DEV_LANES offset is that of the
// word, value sits in its lanes, and mask has ones in the lanes that are written.
struct dev_op {
	unsigned cpu;    // the accessing VCPU
	uint32_t offset; // within the device
	uint32_t value;  // what is written
	uint32_t mask;
};

struct dev_reg {
	uint16_t first, last; // offset of the register, or of the first and last word of a range
	uint8_t rights;       // enum dev_rights
	const char *name;
	uint32_t reset;
	uint16_t field;    // DEV_FIELD, or 0: not held in a field
	uint32_t writable; // bits of the field that a write changes; the others become 0
	uint32_t (*read)(void *state, const struct dev_op *op);
	void (*write)(void *state, const struct dev_op *op);
};

// DEV_FIELD(type, member) names the uint32_t of the state (or, for a range, the first of an array) that holds a
// register.
#define DEV_FIELD(type, member) ((uint16_t)(offsetof(type, member) + 1u))

// Rows of the eight PrimeCell identification registers, given the four bytes that differ.
// clang-format off
#define DEV_ID(offset, name, value) {offset, offset, DEV_RO | DEV_BYTES, name, value, 0, 0, NULL, NULL}
#define DEV_PRIMECELL_IDS(prefix, id0, id1, id2, id3)                                                                  \
	DEV_ID(0xfe0, prefix "PeriphID0", id0),                                                                        \
	DEV_ID(0xfe4, prefix "PeriphID1", id1),                                                                        \
	DEV_ID(0xfe8, prefix "PeriphID2", id2),                                                                        \
	DEV_ID(0xfec, prefix "PeriphID3", id3),                                                                        \
	DEV_ID(0xff0, prefix "PCellID0", 0x0d),                                                                        \
	DEV_ID(0xff4, prefix "PCellID1", 0xf0),                                                                        \
	DEV_ID(0xff8, prefix "PCellID2", 0x05),                                                                        \
	DEV_ID(0xffc, prefix "PCellID3", 0xb1)
// clang-format on

struct dev_class {
	const char *name;
	uint32_t size;
	enum dev_width width;
	const struct dev_reg *regs;
	unsigned n_regs;
	uint32_t bank; // bytes from one VCPU's copy of the fields to the next's, 0: not banked
	void (*update)(void *state, unsigned cpu); // after every write: what follows from the registers
	// A device that is no table of registers: all of it. What is read need not be cut to size.
	enum dev_result (*access)(void *state, uint32_t offset, unsigned size, bool write, uint32_t *value);
};

struct dev {
	const struct dev_class *class;
	gpa_t base;
	void *state;
};

struct dev_bus {
	struct dev devs[DEV_MAX];
	unsigned n_devs;
	uint32_t unknown; // accesses to offsets that no row names
};

// Sets the fields named by the rows to their reset values, for n_cpus copies if they are banked.
void dev_reset(const struct dev_class *class, void *state, unsigned n_cpus);

// Puts a device on the bus. False if the bus is full or the place is taken.
bool dev_add(struct dev_bus *bus, const struct dev_class *class, gpa_t base, void *state);

// The device at an address, or NULL.
const struct dev *dev_find(const struct dev_bus *bus, gpa_t gpa);

// The row of a device's register that an access of this kind at this offset reaches, or NULL; for tracing too.
const struct dev_reg *dev_reg_find(const struct dev_class *class, uint32_t offset, bool write);

// One access of size 1, 2 or 4 by a VCPU. *value is read for a write (its low bytes) and set, zero-extended, by a read.
enum dev_result dev_access(struct dev_bus *bus, unsigned cpu, gpa_t gpa, unsigned size, bool write, uint32_t *value);

#endif
