/* SPDX-License-Identifier: Apache-2.0 */
/* event_file.h - recorded events, one a line (NDJSON), on their way to the daemon. */
#ifndef TCN_CLI_EVENT_FILE_H
#define TCN_CLI_EVENT_FILE_H

#include "core/cli/remote.h"

/* Posts the events of the file ("-": standard input) in batches, in their order, and adds
 * to *count how many were acknowledged. Every line is checked before anything is sent;
 * errors name file and line. is_live: as if they happened now. The first event occurs
 * now, each is sent when it is due and is printed; ids are new ones, "follows" goes with
 * them. */
int tcn_event_file_send(tcn_remote *remote, const char *path, bool is_live, size_t *count,
                        tcn_err *reterr);

#endif
