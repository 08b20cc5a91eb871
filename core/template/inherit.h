/* SPDX-License-Identifier: Apache-2.0 */
/* inherit.h - blocks at work: the one of the outermost child is written where the block
 * stands, those of its parents through super. Private to the room. */
#ifndef TCN_TEMPLATE_INHERIT_H
#define TCN_TEMPLATE_INHERIT_H

#include "core/template/vm.h"

/* Writes the block that stands here. locals: what it sees besides, or MISSING. A required
 * one fails when no child has it. */
int tcn_block_run(tcn_vm *vm, tcn_value name, bool is_required, tcn_value locals);
/* "self" of the current unit. */
int tcn_self_make(tcn_vm *vm, tcn_value *ret);
/* "super" in the current unit's block of that name. */
int tcn_super_make(tcn_vm *vm, tcn_value name, tcn_value *ret);
/* Whether this is self.name() or super(), which can write instead of returning. */
bool tcn_block_is_called(tcn_value callee, const tcn_args *args);
int tcn_block_write(tcn_vm *vm, tcn_value callee);

#endif
