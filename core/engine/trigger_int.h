/* SPDX-License-Identifier: Apache-2.0 */
/* trigger_int.h - what the files that parse triggers share. All of it is false when
 * problems were noted, or with parser->status set. */
#ifndef TCN_ENGINE_TRIGGER_INT_H
#define TCN_ENGINE_TRIGGER_INT_H

#include "core/engine/trigger.h"

/* Always false. */
bool tcn_trigger_no_memory(tcn_trigger_parser *parser);
/* value is consumed. */
bool tcn_trigger_set_field(tcn_trigger_parser *parser, json_t *document, const char *name,
                           json_t *value);
/* trigger_event.c: fills trigger and document, the canonical form, from field. */
bool tcn_trigger_parse_event(tcn_trigger_parser *parser, const tcn_field *field,
                             json_t *document, tcn_trigger *trigger);

#endif
