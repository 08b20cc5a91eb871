/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_number.h - the extent of number literals. Private to the room. */
#ifndef TCN_TEMPLATE_LEXER_NUMBER_H
#define TCN_TEMPLATE_LEXER_NUMBER_H

#include "core/base/str.h"

/* Where the number that begins at pos ends; 0: there is none. A float has a fraction or
 * an exponent. */
size_t tcn_match_float(tcn_str s, size_t pos);
size_t tcn_match_integer(tcn_str s, size_t pos);

#endif
