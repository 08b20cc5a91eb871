/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_int.h - what the files of a document share: yaml.c reads it and finds places in
 * it, yaml_build.c makes it of libyaml's events. */
#ifndef TCN_VALUE_YAML_INT_H
#define TCN_VALUE_YAML_INT_H

#include "core/base/arena.h"
#include "core/value/yaml.h"

#define TCN_YAML_DEPTH_LIMIT 64

/* A value's place. Children stand next to each other in the document's nodes. */
typedef struct tcn_yaml_node {
    uint32_t line, column, key_line, key_column;
    uint32_t first, count;
    const char *key; /* NULL in a list */
} tcn_yaml_node;

struct tcn_yaml {
    json_t *root;
    tcn_yaml_node place;
    tcn_yaml_node *nodes;
    size_t count, capacity;
    tcn_arena text;   /* keys and the source's name */
    tcn_str unplaced; /* the text, as long as nobody asked for a place in it */
    const char *source;
};

/* Fills doc from text, of which libyaml reads the events. Its root stays NULL when there
 * was no document. What was read before a failure has its places. */
int tcn_yaml_build(tcn_yaml *doc, tcn_str text, tcn_err *reterr);

#endif
