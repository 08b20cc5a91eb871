/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_string.h - the escapes of string literals. Private to the room. */
#ifndef TCN_TEMPLATE_LEXER_STRING_H
#define TCN_TEMPLATE_LEXER_STRING_H

#include "core/base/arena.h"

/* raw is what stands between the quotes. false: *ret_wrong says what is wrong with it, or
 * is NULL when there was no memory. */
bool tcn_tpl_unescape(tcn_str raw, tcn_arena *arena, tcn_str *ret,
                      const char **ret_wrong);

#endif
