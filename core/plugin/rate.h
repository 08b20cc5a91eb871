/* SPDX-License-Identifier: Apache-2.0 */
/* rate.h - how rates are written: "1/s burst 4", "60/30s", several with commas between
 * them or, in a block's document, as a list. */
#ifndef TCN_PLUGIN_RATE_H
#define TCN_PLUGIN_RATE_H

#include "core/plugin/plugins_int.h"

/* All of text. Errors show the part that is wrong. */
int tcn_rates_parse(tcn_str text, tcn_rates *ret, tcn_err *reterr);
/* The key of a block's document: a text or a list of texts. */
int tcn_rates_read(const json_t *value, tcn_rates *ret, tcn_err *reterr);
/* host->set_rate. */
int32_t tcn_rates_use(tocsin_self *self, const char *rate);

#endif
