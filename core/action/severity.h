/* SPDX-License-Identifier: Apache-2.0 */
/* severity.h - how grave a message is, judged by the name of the event that it is about.
 */
#ifndef TCN_ACTION_SEVERITY_H
#define TCN_ACTION_SEVERITY_H

#include "core/base/str.h"

/* TOCSIN_INFO ... TOCSIN_FAILURE. By the last part of the name: Failed, Crashed, TimedOut
 * are failures; Late, not-ready and what begins with Cancel are warnings; Completed and
 * ready are successes; everything else is information. */
uint32_t tcn_severity(tcn_str event_name);

#endif
