/* SPDX-License-Identifier: Apache-2.0 */
/* found.h - the objects of a folder of definitions as they stand in its files, each
 * with its place: the parsers name a field path, the file knows where that stands.
 * Blocking. [any] */
#ifndef TCN_DAEMON_FOUND_H
#define TCN_DAEMON_FOUND_H

#include "core/base/map.h"
#include "core/daemon/kept.h"
#include "core/daemon/listed.h"
#include "core/value/yaml.h"

typedef struct tcn_found_file {
    char *path;
    tcn_file_mark mark;
    tcn_yaml *yaml;    /* NULL: it was not read */
    tcn_listed listed; /* what was read of a JSON list; yaml has the places then */
} tcn_found_file;

typedef struct tcn_definition {
    const json_t *document; /* borrowed from the file; NULL: it was not read */
    const tcn_yaml *yaml;
    tcn_defined *kept; /* when it was not read; borrowed */
    tcn_digest digest; /* of its text */
    bool is_digested;  /* it has one, and was not kept if it was read */
    size_t file;       /* among the files */
    const char *path;  /* of the file */
    char prefix[64];   /* "automations[3]", "[3]" or "" */
} tcn_definition;

typedef struct tcn_found {
    tcn_definition *items; /* in the order of the files' names and places in them */
    size_t count, capacity;
    tcn_found_file *files;
    size_t file_count, file_capacity;
    size_t read;   /* files that were */
    bool is_full;  /* there were more objects than the limit */
    tcn_map names; /* of the objects, to their index + 1 */
} tcn_found;

typedef struct tcn_found_options {
    const char *list_key; /* "automations" or "blocks": what the list stands under */
    size_t limit;
    const tcn_kept *kept; /* of automations: files that need not be read; or NULL */
} tcn_found_options;

/* found is zeroed. A name is used once: a second object that has it is a problem and
 * left out. */
void tcn_found_read_dir(tcn_found *found, const char *dir,
                        const tcn_found_options *options, tcn_problems *problems);
void tcn_found_read_file(tcn_found *found, const char *path,
                         const tcn_found_options *options, tcn_problems *problems);
void tcn_found_deinit(tcn_found *found);

/* Problems from index first on are about the object: gives them its file and place. */
void tcn_definition_place(const tcn_definition *object, tcn_problems *problems,
                          size_t first);

#endif
