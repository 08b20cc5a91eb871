/* SPDX-License-Identifier: Apache-2.0 */
/* event_line.h - an event as people read it in a list. */
#ifndef TCN_CLI_EVENT_LINE_H
#define TCN_CLI_EVENT_LINE_H

#include "core/event/event.h"

/* Prints "2026-01-02T03:04:05.678Z  name  resource id" to standard output and flushes it.
 */
void tcn_event_line_print(const tcn_event *event);

#endif
