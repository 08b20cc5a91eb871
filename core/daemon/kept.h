/* SPDX-License-Identifier: Apache-2.0 */
/* kept.h - the automations in force as they were found in files, so that a reload parses
 * and compiles only what is different: a file that is the same (core/base/file_mark.h) is
 * not read, an automation that stands in its file as it did is not checked again, and not
 * even read where its text can be told from the others (listed.h). What it
 * was checked against besides (limits, blocks) is one number: with another one all of it
 * is read anew. One thread at a time. [any] */
#ifndef TCN_DAEMON_KEPT_H
#define TCN_DAEMON_KEPT_H

#include <jansson.h>

#include "core/base/file_mark.h"
#include "core/base/map.h"
#include "core/engine/automation.h"

typedef struct tcn_digest {
    uint64_t words[2];
} tcn_digest;

/* One automation. Immutable. */
typedef struct tcn_defined {
    size_t uses;
    tcn_digest digest; /* of the document as it stands in the file, or of its text */
    tcn_uuid id;
    char *name;
    char *text; /* the canonical document */
    size_t len;
    bool has_warnings; /* it is checked again, so that they are told again */
} tcn_defined;

/* Of a document as its author wrote it, with the order of its keys. */
tcn_digest tcn_digest_of(const json_t *document);
tcn_digest tcn_digest_of_text(tcn_str text);
int tcn_defined_new(const tcn_digest *digest, const tcn_automation *automation,
                    bool has_warnings, tcn_defined **ret);
tcn_defined *tcn_defined_ref(tcn_defined *defined);
void tcn_defined_unref(tcn_defined *defined);
bool tcn_defined_is_same(const tcn_defined *a, const tcn_defined *b);
/* Its id as a key of maps. */
tcn_str tcn_defined_key(const tcn_defined *defined);

typedef struct tcn_kept_item {
    tcn_defined *defined;
    char prefix[64]; /* its place in the file, as tcn_definition has it */
} tcn_kept_item;

typedef struct tcn_kept_file {
    char *path;
    tcn_file_mark mark;
    tcn_kept_item *items; /* in their order */
    size_t count, capacity;
    bool has_warnings;
} tcn_kept_file;

/* Zeroed: nothing is kept. */
typedef struct tcn_kept {
    bool is_set;
    uint64_t against;
    tcn_kept_file *files; /* in the order of their paths */
    size_t count, capacity;
    size_t automations;       /* in all of them */
    tcn_map by_digest, by_id; /* of tcn_defined */
} tcn_kept;

/* The file that need not be read, or NULL. kept may be NULL. */
const tcn_kept_file *tcn_kept_file_find(const tcn_kept *kept, const char *path,
                                        const tcn_file_mark *mark);
/* The automation that need not be checked, or NULL. kept may be NULL. */
tcn_defined *tcn_kept_find(const tcn_kept *kept, const tcn_digest *digest);
/* The automation that has the id, or NULL. */
tcn_defined *tcn_kept_get(const tcn_kept *kept, const tcn_uuid *id);
/* Another file, without automations yet, behind the others; NULL when out of memory. */
tcn_kept_file *tcn_kept_add_file(tcn_kept *kept, const char *path,
                                 const tcn_file_mark *mark);
/* One more automation of the file that was added last. */
int tcn_kept_add(tcn_kept *kept, tcn_defined *defined, const char *prefix);
void tcn_kept_deinit(tcn_kept *kept);

#endif
