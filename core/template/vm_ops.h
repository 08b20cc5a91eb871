/* SPDX-License-Identifier: Apache-2.0 */
/* vm_ops.h - the instructions that are more than a few lines. Private to the room. */
#ifndef TCN_TEMPLATE_VM_OPS_H
#define TCN_TEMPLATE_VM_OPS_H

#include "core/template/vm.h"

/* 1 or 0, or a failure. */
int tcn_op_compare(tcn_vm *vm, enum tcn_cmp op, tcn_value a, tcn_value b);
/* Operators on texts. */
int tcn_op_text_arith(tcn_vm *vm, enum tcn_arith op, tcn_value a, tcn_value b,
                      tcn_value *ret);
/* Each leaves what it makes in *ret. */
int tcn_op_concat(tcn_vm *vm, const tcn_value *items, uint32_t count,
                  enum tcn_emission how, tcn_value *ret);
int tcn_op_list(tcn_vm *vm, enum tcn_value_type type, const tcn_value *items,
                uint32_t count, tcn_value *ret);
int tcn_op_dict(tcn_vm *vm, const tcn_value *items, uint32_t count, tcn_value *ret);
/* Pairs whose value is MISSING are left out. */
int tcn_op_locals(tcn_vm *vm, const tcn_value *items, uint32_t count, tcn_value *ret);
/* count values into out, the first one last. */
int tcn_op_unpack(tcn_vm *vm, tcn_value v, uint32_t count, tcn_value *out);
/* The rest adds to what there is, or changes it in place. */
int tcn_op_splat_list(tcn_vm *vm, tcn_value list, tcn_value more);
int tcn_op_splat_dict(tcn_vm *vm, tcn_value dict, tcn_value more);
int tcn_op_namespace_set(tcn_vm *vm, tcn_value target, tcn_value name, tcn_value v);
int tcn_op_macro(tcn_vm *vm, const tcn_func *func, tcn_frame *frame, tcn_value *ret);
int tcn_op_param(tcn_vm *vm, const tcn_func *func, uint32_t slot, tcn_value *ret);
int tcn_op_slice(tcn_vm *vm, tcn_value *sp, bool is_soft);

#endif
