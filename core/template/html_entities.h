/* SPDX-License-Identifier: Apache-2.0 */
/* html_entities.h - names of HTML 5 character references, some without the ';'. Private.
 */
#ifndef TCN_TEMPLATE_HTML_ENTITIES_H
#define TCN_TEMPLATE_HTML_ENTITIES_H

#include <stddef.h>

typedef struct tcn_entity {
    const char *name, *text;
} tcn_entity;

extern const tcn_entity tcn_entities[];
extern const size_t tcn_entity_count;

#endif
