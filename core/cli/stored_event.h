/* SPDX-License-Identifier: Apache-2.0 */
/* stored_event.h - events of a running daemon's log, asked for page by page. */
#ifndef TCN_CLI_STORED_EVENT_H
#define TCN_CLI_STORED_EVENT_H

#include "core/cli/remote.h"
#include "core/event/event.h"

/* The event with that id as one line of JSON, appended to out. TCN_E_NOT_FOUND: the log
 * holds none; TCN_E_INVALID: this is no id. */
int tcn_stored_event_get(tcn_remote *remote, const char *id, tcn_buf *out,
                         tcn_err *reterr);

/* Adds name=value, escaped, to the query of path; NULL adds nothing. */
void tcn_stored_query_add(tcn_buf *path, const char *name, const char *value);
/* Every page of "/tocsin/events?...": fn gets its lines. Stops at the first result of fn
 * that is not 0, and returns it. */
int tcn_stored_pages(tcn_remote *remote, const char *path,
                     int (*fn)(tcn_str lines, void *ud, tcn_err *reterr), void *ud,
                     tcn_err *reterr);
/* Each line of a page as an event, which is valid in fn only. */
int tcn_stored_each(tcn_str lines, void (*fn)(const tcn_event *event, void *ud), void *ud,
                    tcn_err *reterr);

#endif
