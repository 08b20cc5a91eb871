/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_result.h - what a plugin says of a delivery: checked, within its limits,
 * without secrets. [loop] */
#ifndef TCN_PLUGIN_DELIVERY_RESULT_H
#define TCN_PLUGIN_DELIVERY_RESULT_H

#include "core/plugin/plugins_int.h"

#define TCN_REFUSAL_TEXT 500

/* A result that is not valid becomes one that says so, to be tried again. A receipt or
 * progress that is too long is dropped, with a warning in the log. */
void tcn_delivery_result_check(const tocsin_self *self, tocsin_result *result);
/* Appends reason to out: one line, cut, without the instance's secrets. */
void tcn_delivery_result_reason(const tocsin_self *self, tocsin_str reason, tcn_buf *out);
/* What it comes to when the plugin did not take the message. why: in its own words,
 * borrowed by the result, or empty: then text is filled and borrowed. */
tocsin_result tcn_delivery_result_refusal(const tocsin_self *self, int32_t code,
                                          const char *why, char text[TCN_REFUSAL_TEXT]);

#endif
