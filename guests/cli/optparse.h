// SPDX-License-Identifier: MIT
//
// Tables of options: what a row says is parsed, printed by --help, and checked. Long options
// begin with one dash or two and may be abbreviated, as QEMU's. What isn't known is answered with
// what is nearest to it, and QEMU's options that have one value here with why it is the only one.
#ifndef GUESTS_CLI_OPTPARSE_H
#define GUESTS_CLI_OPTPARSE_H

#include <stddef.h>

struct option_row {
	const char *name, *arg; // arg NULL: takes none
	unsigned commands;      // bit n: command n has it
	const char *help;       // of OPTION_FIXED: why there is no other value
	enum option_kind {
		OPTION_FLAG,   // sets the bool at member
		OPTION_STRING, // sets the const char * at member
		OPTION_CALL,   // call looks at the value
		OPTION_FIXED,  // one of QEMU's: changes nothing
	} kind;
	size_t member;
	void (*call)(void *options, const char *arg);
	const char *values; // of OPTION_FIXED: those that are taken, with | between; NULL: none
};

#define OPTPARSE_ROWS 64u // at most, of a table

struct option_table {
	const struct option_row *rows;
	size_t n;
	const char *const *commands; // their names, in the order of the bits
	unsigned command;            // which of them is parsed
};

// Parses argv, from [1] on, into options. Ends the command where something is wrong; what is no option
// stands from argv[optind] on.
void optparse(const struct option_table *t, void *options, int argc, char **argv);

// For a row's call: prints the version and ends the command.
_Noreturn void optparse_version(void *options, const char *arg);

// Prints the command's options.
void optparse_help(const struct option_table *t);

// The one of n names that text was likely meant to be, or NULL.
const char *optparse_nearest(const char *text, const char *const *names, size_t n);

#endif
