/* SPDX-License-Identifier: Apache-2.0 */
/* automation.h - an automation and its tree of triggers, checked and ready for the
 * engine. Immutable once parsed. Actions are kept as documents: the engine only hands
 * them on. */
#ifndef TCN_ENGINE_AUTOMATION_H
#define TCN_ENGINE_AUTOMATION_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/uuid.h"

typedef struct tcn_trigger tcn_trigger; /* trigger.h */

typedef struct tcn_automation {
    tcn_uuid id;
    char *name;
    bool is_enabled;
    tcn_trigger *trigger;
    /* The whole definition in Prefect's canonical form: every default spelled out, ids of
     * automation and triggers in it, durations as float seconds. With owner_resource
     * where it has an owner: the log has to know. Prefect never shows it, so whoever
     * shows a document to a client leaves it out. */
    json_t *document;
    /* Borrowed from document: what made it and takes it away again when it is made anew,
     * as "prefect.deployment.<uuid>"; NULL: nobody. */
    const char *owner;
    /* Borrowed from document: lists of action objects. */
    json_t *actions, *actions_on_trigger, *actions_on_resolve;
} tcn_automation;

typedef struct tcn_automation_limits {
    uint32_t triggers;      /* in one automation; 2048 */
    uint32_t trigger_depth; /* 16 */
} tcn_automation_limits;
extern const tcn_automation_limits tcn_automation_limits_default;
/* For those that are in force and are read again: what was checked when they were taken
 * is not checked against today's limits. Those that a configuration may set are lower. */
extern const tcn_automation_limits tcn_automation_limits_kept;

/* Parses and checks one definition. Every problem goes to problems with its field path
 * ("trigger.triggers[1].within"); *ret is touched only when there was no error.
 * A document without "id" gets *id (UUIDv5 of its origin, chosen by the caller); with id
 * NULL it must have one. */
int tcn_automation_parse(const json_t *document, const tcn_uuid *id,
                         const tcn_automation_limits *limits, tcn_automation **ret,
                         tcn_problems *problems);
void tcn_automation_free(tcn_automation *automation);

/* The id of an automation that comes from a file: UUIDv5 of ("automation", name). */
tcn_uuid tcn_automation_file_id(tcn_str name);
/* Of one with an owner, wherever it comes from: UUIDv5 of (owner, name). */
tcn_uuid tcn_automation_owned_id(const char *owner, tcn_str name);
/* Which of these the document asks for; whatever is wrong with it is for the parser. */
tcn_uuid tcn_automation_origin_id(const json_t *document);

#endif
