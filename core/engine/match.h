/* SPDX-License-Identifier: Apache-2.0 */
/* match.h - which resources and event names a trigger asks for. Label names are borrowed
 * from the definition's document. */
#ifndef TCN_ENGINE_MATCH_H
#define TCN_ENGINE_MATCH_H

#include "core/engine/glob.h"
#include "core/event/event.h"

typedef struct tcn_globs {
    tcn_glob *items;
    uint32_t count;
} tcn_globs;

/* The label has a value that one of the globs matches. */
typedef struct tcn_label_test {
    tcn_str label;
    tcn_globs values;
} tcn_label_test;

/* All tests are met by the same resource; no test: every resource. */
typedef struct tcn_match {
    tcn_label_test *tests;
    uint32_t count;
} tcn_match;

/* A label whose values are counted apart: of the primary resource, or
 * ("related:ROLE:LABEL") of the first related resource in that role. */
typedef struct tcn_key_label {
    tcn_str text;
    tcn_str role, label; /* label.ptr NULL: of the primary resource */
} tcn_key_label;

void tcn_globs_deinit(tcn_globs *globs);
void tcn_match_deinit(tcn_match *match);

/* Empty where the event has none. */
tcn_str tcn_key_label_value(const tcn_key_label *label, const tcn_event *event);
tcn_key_label tcn_key_label_of(tcn_str text);

#endif
