/* SPDX-License-Identifier: Apache-2.0 */
/* strings.h - Python's text operations, used by methods and filters alike. Results are
 * plain str values. Private to the room. */
#ifndef TCN_TEMPLATE_STRINGS_H
#define TCN_TEMPLATE_STRINGS_H

#include "core/value/ops.h"
#include "core/value/unicode.h"

/* Whole text in one case; a final sigma is found. */
int tcn_case_text(tcn_rt *rt, tcn_str text, enum tcn_case to, tcn_value *ret);
int tcn_case_put(tcn_rt *rt, tcn_str text, enum tcn_case to, tcn_buf *out);
int tcn_capitalize(tcn_rt *rt, tcn_str text, tcn_value *ret);
/* chars NULL: whitespace. Sides: 1 left, 2 right. */
tcn_str tcn_strip(tcn_str text, const tcn_text *chars, unsigned sides);
/* count < 0: all. */
int tcn_replace(tcn_rt *rt, tcn_str text, tcn_str from, tcn_str to, int64_t count,
                tcn_value *ret);
/* separator NULL: runs of whitespace. max < 0: no limit. */
int tcn_split(tcn_rt *rt, tcn_str text, const tcn_text *separator, int64_t max,
              bool from_right, tcn_value *ret);
int tcn_splitlines(tcn_rt *rt, tcn_str text, bool keeps_ends, tcn_value *ret);
/* Positions of the last occurrence, or SIZE_MAX. */
size_t tcn_rfind(tcn_str text, tcn_str needle);
/* left and right fill. */
int tcn_pad(tcn_rt *rt, const tcn_text *text, size_t left, size_t right, uint32_t fill,
            tcn_value *ret);
int tcn_center(tcn_rt *rt, const tcn_text *text, int64_t width, uint32_t fill,
               tcn_value *ret);
/* A width or similar under the limit, negative ones as 0. */
int tcn_check_width(tcn_rt *rt, int64_t width, size_t *ret);

#endif
