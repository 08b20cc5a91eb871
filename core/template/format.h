/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - Python's three ways to format: "%" formatting, str.format and format
 * specifications for single values. Private to the room. */
#ifndef TCN_TEMPLATE_FORMAT_H
#define TCN_TEMPLATE_FORMAT_H

#include "core/value/object.h"

/* text % values */
int tcn_format_percent(tcn_rt *rt, tcn_value text, tcn_value values, tcn_value *ret);
/* text.format(...); fields reach attributes and items by the sandbox's rules. */
int tcn_format_text(tcn_rt *rt, tcn_value text, const tcn_args *args, tcn_value *ret);
int tcn_format_map(tcn_rt *rt, tcn_value text, tcn_value mapping, tcn_value *ret);
/* format(v, spec) */
int tcn_format_value(tcn_rt *rt, tcn_value v, tcn_str spec, tcn_buf *out);
/* ValueError: a format that is none. */
int tcn_format_error(tcn_rt *rt, const char *text);

#endif
