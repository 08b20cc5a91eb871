/* SPDX-License-Identifier: Apache-2.0 */
/* event_args.h - an event from the words of a command line, in the manner of Prefect's.
 */
#ifndef TCN_CLI_EVENT_ARGS_H
#define TCN_CLI_EVENT_ARGS_H

#include "core/cli/options.h"
#include "core/event/event.h"

/* NULL and empty lists: not given. */
typedef struct tcn_event_args {
    const char *name;
    const char *id, *follows; /* UUIDs */
    const char *occurred;     /* RFC 3339; not given: now */
    const char *payload;      /* a JSON object */
    const char *resource_id;  /* short for prefect.resource.id=... */
    tcn_option_list
        resource; /* each KEY=VALUE[,KEY=VALUE...] or a JSON object, all of one */
    tcn_option_list
        related; /* each one resource in these forms, or a JSON list of objects */
} tcn_event_args;

/* Builds *ret in arena; it borrows from args. TCN_E_INVALID with reterr for what is
 * malformed or missing; TCN_E_NOMEM. */
int tcn_event_args_build(const tcn_event_args *args, tcn_arena *arena, tcn_event *ret,
                         tcn_err *reterr);

#endif
