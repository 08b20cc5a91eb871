/* SPDX-License-Identifier: Apache-2.0 */
/* action_form.h - the canonical form of an action: its type, every default of that type
 * spelled out, durations as float seconds. What the action means is checked by whoever
 * carries it out. */
#ifndef TCN_ENGINE_ACTION_FORM_H
#define TCN_ENGINE_ACTION_FORM_H

#include "core/engine/field.h"

/* *ret is a new reference; untouched when a problem was noted. 0 or TCN_E_NOMEM. */
int tcn_action_form(const tcn_field *action, json_t **ret);

#endif
