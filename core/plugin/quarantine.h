/* SPDX-License-Identifier: Apache-2.0 */
/* quarantine.h - instances that are not started, because the daemon crashed in them three
 * times within ten minutes. Their actions wait; the others run. */
#ifndef TCN_PLUGIN_QUARANTINE_H
#define TCN_PLUGIN_QUARANTINE_H

#include "core/plugin/plugins_int.h"

void tcn_quarantine_deinit(tcn_quarantine *quarantine);
/* Is this code of this instance in quarantine? Then reterr says why. */
bool tcn_quarantine_holds(const tocsin_self *self, tcn_err *reterr);

#endif
