/* SPDX-License-Identifier: Apache-2.0 */
/* trigger.h - the tree of triggers of one automation, as the engine reads it. Immutable;
 * strings are borrowed from the automation's document. */
#ifndef TCN_ENGINE_TRIGGER_H
#define TCN_ENGINE_TRIGGER_H

#include "core/engine/automation.h"
#include "core/engine/field.h"
#include "core/engine/match.h"

typedef enum tcn_trigger_type {
    TCN_TRIGGER_EVENT = 1,
    TCN_TRIGGER_COMPOUND,
    TCN_TRIGGER_SEQUENCE,
} tcn_trigger_type;

typedef enum tcn_posture {
    TCN_REACTIVE = 1, /* fires on presence */
    TCN_PROACTIVE,    /* fires on absence */
} tcn_posture;

struct tcn_trigger {
    tcn_trigger_type type;
    tcn_uuid id;
    uint32_t index;         /* among the children of the parent */
    uint32_t ordinal;       /* in the automation, depth first as declared */
    const json_t *document; /* its part of the automation's document */
    int64_t within_us;
    bool has_within; /* false: a composite without horizon */

    /* event */
    tcn_posture posture;
    int32_t threshold;
    tcn_match match;
    tcn_match *related; /* all of them must be met */
    uint32_t related_count;
    tcn_globs after, expect; /* both empty: every event counts */
    tcn_key_label *for_each; /* sorted */
    uint32_t for_each_count;

    /* compound, sequence */
    tcn_trigger **children;
    uint32_t child_count;
    uint32_t require; /* child firings that make it fire */
};

/* What parsing a tree of triggers shares. */
typedef struct tcn_trigger_parser {
    tcn_uuid automation_id;
    const tcn_automation_limits *limits;
    uint32_t count; /* triggers so far */
    int status;     /* TCN_E_NOMEM as soon as it happened */
} tcn_trigger_parser;

/* The canonical form is returned as a new reference in *ret_document, which the tree
 * borrows from. False: problems were noted, or parser->status is set; then nothing is
 * returned. */
bool tcn_trigger_parse(tcn_trigger_parser *parser, const tcn_field *field, uint32_t depth,
                       tcn_trigger **ret, json_t **ret_document);
void tcn_trigger_free(tcn_trigger *trigger);

static inline bool tcn_trigger_is_immediate(const tcn_trigger *trigger)
{
    return trigger->posture == TCN_REACTIVE && trigger->within_us == 0;
}
/* An automation that would start flow runs which trigger it again, for ever: refused with
 * Prefect's texts. document is the canonical one. */
void tcn_loop_guard(const json_t *document, const tcn_trigger *trigger,
                    tcn_problems *problems);

#endif
