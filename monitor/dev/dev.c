// SPDX-License-Identifier: MIT
//
// The bus of one VM: finds the device and the register's row, cuts the access to
// what the device's kind of registers understands, and runs the row.
//
// Invariant: a guest can make dev_access run a register's function or touch a field,
// never anything outside the device's state; offsets are checked against the row's
// range before they are added to anything.
#include "monitor/dev/dev.h"

static uint32_t *
field_of(const struct dev_class *class, const struct dev_reg *reg, void *state, unsigned cpu, uint32_t offset)
{
	return (uint32_t *)((char *)state + (reg->field - 1u) + cpu * class->bank + (offset - reg->first));
}

void
dev_reset(const struct dev_class *class, void *state, unsigned n_cpus)
{
	for (const struct dev_reg *reg = class->regs; reg < class->regs + class->n_regs; reg++)
		for (unsigned cpu = 0; reg->field && cpu < (class->bank ? n_cpus : 1); cpu++)
			for (uint32_t offset = reg->first; offset <= reg->last; offset += 4)
				*field_of(class, reg, state, cpu, offset) = reg->reset;
}

const struct dev *
dev_find(const struct dev_bus *bus, gpa_t gpa)
{
	for (const struct dev *dev = bus->devs; dev < bus->devs + bus->n_devs; dev++)
		if (gpa.v - dev->base.v < dev->class->size)
			return dev;
	return NULL;
}

bool
dev_add(struct dev_bus *bus, const struct dev_class *class, gpa_t base, void *state)
{
	if (bus->n_devs == DEV_MAX)
		return false;
	for (const struct dev *dev = bus->devs; dev < bus->devs + bus->n_devs; dev++)
		if (dev->base.v - base.v < class->size || base.v - dev->base.v < dev->class->size)
			return false;
	bus->devs[bus->n_devs++] = (struct dev){class, base, state};
	return true;
}

const struct dev_reg *
dev_reg_find(const struct dev_class *class, uint32_t offset, bool write)
{
	const struct dev_reg *other = NULL;

	if (class->width != DEV_EXACT)
		offset &= ~3u;
	for (const struct dev_reg *reg = class->regs; reg < class->regs + class->n_regs; reg++) {
		if (offset < reg->first || (offset & ~3u) > reg->last || (offset & 3u && !(reg->rights & DEV_BYTES)))
			continue;
		if (reg->rights & (write ? DEV_WO : DEV_RO))
			return reg;
		other = reg;
	}
	return other;
}

static uint32_t
reg_read(const struct dev *dev, const struct dev_reg *reg, const struct dev_op *op)
{
	if (!(reg->rights & DEV_RO))
		return 0;
	if (reg->read)
		return reg->read(dev->state, op);
	if (reg->field)
		return *field_of(dev->class, reg, dev->state, op->cpu, op->offset);
	return reg->reset;
}

static void
reg_write(const struct dev *dev, const struct dev_reg *reg, const struct dev_op *op)
{
	if (!(reg->rights & DEV_WO))
		return;
	if (reg->write) {
		reg->write(dev->state, op);
	} else if (reg->field) {
		uint32_t *field = field_of(dev->class, reg, dev->state, op->cpu, op->offset);

		*field = ((*field & ~op->mask) | (op->value & op->mask)) & reg->writable;
	}
	if (dev->class->update)
		dev->class->update(dev->state, op->cpu);
}

enum dev_result
dev_access(struct dev_bus *bus, unsigned cpu, gpa_t gpa, unsigned size, bool write, uint32_t *value)
{
	const struct dev *dev = dev_find(bus, gpa);
	uint32_t cut = 0xffffffffu >> (32u - 8u * size);

	if (!dev || (gpa.v & (size - 1u)))
		return DEV_NONE;

	uint32_t offset = gpa.v - dev->base.v;

	if (dev->class->access) {
		uint32_t word = *value & cut;
		enum dev_result r = dev->class->access(dev->state, offset, size, write, &word);

		*value = write ? *value : word & cut;
		return r;
	}

	unsigned shift = dev->class->width == DEV_LANES ? 8u * (offset & 3u) : 0;
	const struct dev_reg *reg = dev_reg_find(dev->class, offset, write);
	struct dev_op op = {
	    .cpu = cpu,
	    .offset = offset & ~3u,
	    .value = (write ? *value & cut : 0) << shift,
	    .mask = dev->class->width == DEV_LANES ? cut << shift : 0xffffffffu,
	};

	if (reg && write)
		reg_write(dev, reg, &op);
	if (!write)
		*value = reg ? (reg_read(dev, reg, &op) >> shift) & cut : 0;
	if (!reg)
		bus->unknown++;
	return reg ? DEV_OK : DEV_UNKNOWN;
}
