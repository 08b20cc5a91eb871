/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - what a queued action's row says, read from its JSON once for an attempt.
 * Everything is borrowed from the row and from the arena that it was read into. */
#ifndef TCN_ACTION_FACTS_H
#define TCN_ACTION_FACTS_H

#include "core/action/action_type.h"
#include "core/base/err.h"
#include "core/event/event.h"
#include "core/store/outbox.h"
#include "core/value/json.h"

typedef struct tcn_facts {
    const tcn_outbox_entry *entry;
    const tcn_action_type *type;
    tcn_value action, automation, firing; /* dicts */
    tcn_str automation_id, automation_name;
    tcn_str trigger_type, posture; /* of the automation's trigger; posture may be empty */
    bool has_event;
    tcn_event event; /* the triggering event of this action */
    tcn_str event_id;
    tcn_str emitted_id; /* of the firing's prefect.automation.triggered; empty: none */
    tcn_str invocation;
    int64_t triggered_at_us;
    uint16_t depth; /* of the firing */
} tcn_facts;

/* For what stands in a row: the engine made it, so it may be larger and deeper than what
 * comes from outside. */
extern const tcn_json_limits tcn_stored_json;

/* TCN_E_CORRUPT with a text when the row does not hold what the store wrote; TCN_E_NOMEM.
 */
int tcn_facts_read(const tcn_outbox_entry *entry, tcn_arena *arena, tcn_facts *ret,
                   tcn_err *reterr);

/* The text under key, or an empty one when there is none. */
tcn_str tcn_dict_text(tcn_value dict, const char *key);
/* The value under key; MISSING when there is none or dict is no dict. */
tcn_value tcn_dict_value(tcn_value dict, const char *key);

#endif
