/* SPDX-License-Identifier: Apache-2.0 */
/* methods_text.h - the methods of str that search it, ask about every character, or
 * change every one, for the table of all methods. Private to the room. */
#ifndef TCN_TEMPLATE_METHODS_TEXT_H
#define TCN_TEMPLATE_METHODS_TEXT_H

#include "core/template/natives.h"

static inline tcn_str tcn_self_text(const tcn_value *a)
{
    return tcn_text_str(tcn_text_of(&a[0]));
}

/* part may be of no text at all: {0}. */
static inline int tcn_part_make(tcn_rt *rt, tcn_str part, tcn_value *ret)
{
    return tcn_text_make(rt, part.len > 0 ? part.ptr : "", part.len, ret);
}

int tcn_search_find(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_rfind(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_index(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_rindex(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_count(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_startswith(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_endswith(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_partition(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_rpartition(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_removeprefix(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_search_removesuffix(tcn_rt *rt, tcn_value *a, tcn_value *ret);

int tcn_str_isdigit(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isdecimal(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isnumeric(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isalpha(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isalnum(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isspace(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isprintable(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isascii(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_islower(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isupper(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_istitle(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_isidentifier(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_encode(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_str_translate(tcn_rt *rt, tcn_value *a, tcn_value *ret);

/* Those that only bytes have. */
int tcn_bytes_hex(tcn_rt *rt, tcn_value *a, tcn_value *ret);
int tcn_bytes_decode(tcn_rt *rt, tcn_value *a, tcn_value *ret);

#endif
