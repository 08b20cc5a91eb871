/* SPDX-License-Identifier: Apache-2.0 */
/* elf.h - what a plugin file must be before the dynamic linker sees it: checks 4 and 5 of
 * the gate. Reads bytes only, runs nothing, and trusts no number in the file. */
#ifndef TCN_GATE_ELF_H
#define TCN_GATE_ELF_H

#include "core/base/err.h"
#include "core/base/str.h"

/* image: the whole file. 0, or TCN_E_INVALID with what is wrong and what its author
 * should do. */
int tcn_elf_check(tcn_str image, tcn_err *reterr);

/* Calls fn for each symbol that the object exports. Names are borrowed from image. The
 * errors are those of tcn_elf_check. */
int tcn_elf_exports(tcn_str image, void (*fn)(tcn_str name, void *ud), void *ud,
                    tcn_err *reterr);

#endif
