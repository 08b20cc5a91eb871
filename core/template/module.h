/* SPDX-License-Identifier: Apache-2.0 */
/* module.h - templates that bring in others: include, import, extends. Each works in the
 * unit that is current. Private to the room. */
#ifndef TCN_TEMPLATE_MODULE_H
#define TCN_TEMPLATE_MODULE_H

#include "core/template/vm.h"

/* how: enum tcn_load. locals: a dict; MISSING: without context. Writes to vm->out. */
int tcn_include(tcn_vm *vm, tcn_value name, uint32_t how, tcn_value locals);
int tcn_import(tcn_vm *vm, tcn_value name, tcn_value locals, tcn_value *ret);
/* What the module has under the name; undefined with a message that tells the line. */
int tcn_imported(tcn_vm *vm, tcn_value module, tcn_value name, uint32_t pos,
                 tcn_value *ret);
/* The current unit gets a parent. */
int tcn_extends(tcn_vm *vm, tcn_value name);
/* What an imported template wrote, in its place; any other value as it is. */
tcn_value tcn_module_text(tcn_value v);

#endif
