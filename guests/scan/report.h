// SPDX-License-Identifier: MIT
//
// The report of `palimpsest scan` on standard output, as text or one line of JSON.
#ifndef GUESTS_SCAN_REPORT_H
#define GUESTS_SCAN_REPORT_H

#include "guests/scan/scan.h"

struct scanreport_options {
	bool pages;    // a line or object per page
	bool doubtful; // each doubtful word with its disassembly
};

// What was found in the image's regions, regions[i] being that of image->region[i].
void scanreport_text(const struct scanimage *image, const struct scan_region *regions,
		     const struct scanreport_options *o);
void scanreport_json(const struct scanimage *image, const struct scan_region *regions,
		     const struct scanreport_options *o);

#endif
