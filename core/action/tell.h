/* SPDX-License-Identifier: Apache-2.0 */
/* tell.h - one line of the log for each result of a delivery: success at info, retry at
 * notice, dead letter at warning. Failures of one block that are alike become one line a
 * minute with a count. */
#ifndef TCN_ACTION_TELL_H
#define TCN_ACTION_TELL_H

#include "core/action/facts.h"
#include "core/action/lane.h"

/* facts may be NULL. */
void tcn_tell(tcn_log *log, tcn_lane *lane, const tcn_facts *facts,
              const tcn_outbox_result *result, int64_t now_mono_us);

#endif
