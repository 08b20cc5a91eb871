/* SPDX-License-Identifier: Apache-2.0 */
/* render_event.h - the context that a template would have in an action that a stored
 * event caused. */
#ifndef TCN_CLI_RENDER_EVENT_H
#define TCN_CLI_RENDER_EVENT_H

#include "core/action/context.h"

typedef struct tcn_render_event {
    tcn_outbox_entry entry;
    tcn_facts facts;
    tcn_context context; /* for tcn_tpl_render: context.tpl */
} tcn_render_event;

/* Asks the daemon at url (NULL: the usual one) for the event with that id. Everything is
 * built in arena, and *ret must not move. The automation and the firing are empty: no
 * action is behind it. */
int tcn_render_event_get(const char *url, const char *id, tcn_arena *arena,
                         tcn_render_event *ret, tcn_err *reterr);

#endif
