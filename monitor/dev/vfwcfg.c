// SPDX-License-Identifier: MIT
//
// See vfwcfg.h. What is read behind an item's end is zero, as is an item that isn't there.
//
// Invariant: DMA reads the descriptor from RAM and writes to RAM, all of it checked
// before the first byte, and never more than RAM has.
#include "monitor/dev/vfwcfg.h"
#include "monitor/base/string.h"

#define DATA     0u
#define SELECTOR 8u
#define DMA_HIGH 16u
#define DMA_LOW  20u
#define SIZE     24u

#define KEY_SIGNATURE    0x00u
#define KEY_ID           0x01u
#define KEY_UUID         0x02u
#define KEY_NOGRAPHIC    0x04u
#define KEY_NB_CPUS      0x05u
#define KEY_KERNEL_SIZE  0x08u
#define KEY_INITRD_SIZE  0x0bu
#define KEY_BOOT_MENU    0x0eu
#define KEY_KERNEL_DATA  0x11u
#define KEY_INITRD_DATA  0x12u
#define KEY_CMDLINE_SIZE 0x14u
#define KEY_CMDLINE_DATA 0x15u
#define KEY_FILE_DIR     0x19u
#define KEY_FILE_FIRST   0x20u // the first three files are there
#define KEY_ARCH_LOCAL   0x8000u
#define KEY_WRITE        0x4000u // had a meaning once

#define ID_TRADITIONAL 1u
#define ID_DMA         2u

#define DMA_ERROR  0x01u
#define DMA_READ   0x02u
#define DMA_SKIP   0x04u
#define DMA_SELECT 0x08u
#define DMA_WRITE  0x10u

#define FILE_SLOTS 32u

struct file {
	uint8_t size[4], select[2], reserved[2]; // big-endian
	char name[56];
};

static const struct {
	uint8_t count[4];
	struct file file[FILE_SLOTS];
} directory = {
    .count = {0, 0, 0, 3},
    .file = {{.select = {0, KEY_FILE_FIRST}, .name = "bios-geometry"},
	     {.select = {0, KEY_FILE_FIRST + 1}, .name = "bootorder"},
	     {.size = {0, 0, 0, 4}, .select = {0, KEY_FILE_FIRST + 2}, .name = "etc/boot-fail-wait"}},
};

static const char dma_signature[] = "QEMU CFG";
static const uint8_t uuid[16];

// In guest memory.
struct descriptor {
	uint32_t control, length, address_high, address; // big-endian
};

static void
select(struct vfwcfg *f, uint32_t key)
{
	f->offset = 0;
	f->selected = NULL;
	for (unsigned i = 0; i < f->n_items && !(key & KEY_ARCH_LOCAL); i++)
		if (f->item[i].key == (key & ~KEY_WRITE))
			f->selected = &f->item[i];
}

// Hands over up to len bytes of the item, to `to` if that isn't NULL; returns how many.
static uint32_t
take(struct vfwcfg *f, void *to, uint32_t len)
{
	const struct vfwcfg_item *item = f->selected;
	uint32_t left = item ? item->size - f->offset : 0, n = len < left ? len : left;

	if (to && n)
		memcpy(to, (const uint8_t *)(item->data ? item->data : &item->number) + f->offset, n);
	f->offset += n;
	return n;
}

// Returns the error bit or 0.
static uint32_t
transfer(struct vfwcfg *f, uint32_t control, uint32_t high, gpa_t gpa, uint32_t len)
{
	uint8_t *to;
	uint32_t n;

	if (!len)
		return 0;
	if (!(control & DMA_READ)) {
		if (!(control & DMA_WRITE) && (control & DMA_SKIP))
			take(f, NULL, len);
		return control & DMA_WRITE ? DMA_ERROR : 0;
	}
	to = high ? NULL : gmem_ptr(f->mem, gpa, len);
	if (!to)
		return DMA_ERROR;
	n = take(f, to, len);
	memset(to + n, 0, len - n);
	f->cb.written(f->cb.ctx, gpa, len);
	return 0;
}

// The descriptor's control word becomes the result: 0, or the error bit.
static void
dma(struct vfwcfg *f, uint32_t high, gpa_t gpa)
{
	uint32_t *control = high ? NULL : gmem_ptr(f->mem, gpa, sizeof(*control)), result = DMA_ERROR;
	const void *at = high ? NULL : gmem_ptr(f->mem, gpa, sizeof(struct descriptor));
	struct descriptor d;

	if (at) {
		memcpy(&d, at, sizeof(d));
		d.control = __builtin_bswap32(d.control);
		if (d.control & DMA_SELECT)
			select(f, d.control >> 16);
		result = transfer(f, d.control, d.address_high, GPA(__builtin_bswap32(d.address)),
				  __builtin_bswap32(d.length));
	}
	if (!control)
		return;
	result = __builtin_bswap32(result);
	memcpy(control, &result, sizeof(result));
	f->cb.written(f->cb.ctx, gpa, sizeof(result));
}

static enum dev_result
read(struct vfwcfg *f, uint32_t offset, unsigned size, uint32_t *value)
{
	*value = 0;
	if (offset >= DMA_HIGH)
		memcpy(value, dma_signature + (offset - DMA_HIGH), size);
	else if (offset == DATA)
		take(f, value, size);
	else
		return DEV_NONE;
	return DEV_OK;
}

static enum dev_result
write(struct vfwcfg *f, uint32_t offset, unsigned size, uint32_t value)
{
	uint32_t word = __builtin_bswap32(value), high = f->dma_high;

	if (offset == SELECTOR && size == 2) {
		select(f, word >> 16);
	} else if (offset == DMA_HIGH && size == 4) {
		f->dma_high = word;
	} else if (offset == DMA_LOW && size == 4) {
		f->dma_high = 0;
		dma(f, high, GPA(word));
	} else if (offset != DATA) {
		return DEV_NONE;
	}
	return DEV_OK;
}

static enum dev_result
access(void *state, uint32_t offset, unsigned size, bool is_write, uint32_t *value)
{
	return is_write ? write(state, offset, size, *value) : read(state, offset, size, value);
}

const struct dev_class vfwcfg_class = {.name = "fw_cfg", .size = SIZE, .access = access};

static void
add(struct vfwcfg *f, uint32_t key, const void *data, uint32_t size)
{
	f->item[f->n_items++] = (struct vfwcfg_item){.key = (uint16_t)key, .size = size, .data = data};
}

static void
add_number(struct vfwcfg *f, uint32_t key, uint32_t size, uint32_t number)
{
	f->item[f->n_items++] = (struct vfwcfg_item){.key = (uint16_t)key, .size = size, .number = number};
}

static void
add_boot(struct vfwcfg *f, const struct vfwcfg_boot *boot)
{
	uint32_t cmdline = (uint32_t)strlen(boot->cmdline) + 1;

	add_number(f, KEY_KERNEL_SIZE, 4, boot->kernel_size);
	add(f, KEY_KERNEL_DATA, boot->kernel, boot->kernel_size);
	if (boot->initrd) {
		add_number(f, KEY_INITRD_SIZE, 4, boot->initrd_size);
		add(f, KEY_INITRD_DATA, boot->initrd, boot->initrd_size);
	}
	add_number(f, KEY_CMDLINE_SIZE, 4, cmdline);
	add(f, KEY_CMDLINE_DATA, boot->cmdline, cmdline);
}

void
vfwcfg_init(struct vfwcfg *f, const struct vfwcfg_boot *boot, const struct gmem *mem, const struct vfwcfg_cb *cb)
{
	*f = (struct vfwcfg){.mem = mem, .cb = *cb};
	add(f, KEY_SIGNATURE, "QEMU", 4);
	add_number(f, KEY_ID, 4, ID_TRADITIONAL | ID_DMA);
	add(f, KEY_UUID, uuid, sizeof(uuid));
	add_number(f, KEY_NOGRAPHIC, 2, 0);
	add_number(f, KEY_NB_CPUS, 2, boot->n_cpus);
	add_number(f, KEY_BOOT_MENU, 2, 0);
	add(f, KEY_FILE_DIR, &directory, sizeof(directory));
	add_number(f, KEY_FILE_FIRST + 2, 4, 0xffffffffu); // etc/boot-fail-wait: for ever
	if (boot->kernel)
		add_boot(f, boot);
	vfwcfg_reset(f);
}

void
vfwcfg_reset(struct vfwcfg *f)
{
	f->dma_high = 0;
	select(f, KEY_SIGNATURE);
}
