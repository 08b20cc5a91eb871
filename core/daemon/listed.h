/* SPDX-License-Identifier: Apache-2.0 */
/* listed.h - the objects of a file that is a JSON list, read one by one: what is kept
 * (kept.h) is known by its text and not read at all, the rest is read on two threads.
 * [any] */
#ifndef TCN_DAEMON_LISTED_H
#define TCN_DAEMON_LISTED_H

#include "core/daemon/kept.h"

typedef struct tcn_listed_item {
    tcn_digest digest; /* of its text */
    tcn_defined *kept; /* borrowed; NULL: it was read */
    json_t *document;  /* NULL: it was not */
} tcn_listed_item;

typedef struct tcn_listed {
    tcn_listed_item *items;
    size_t count;
    bool has_key;
} tcn_listed;

/* text is a list, or an object with nothing but a list under key. kept may be NULL. 1: it
 * is read; 0: it is not such a text; TCN_E_NOMEM. ret is zeroed. */
int tcn_listed_read(tcn_listed *ret, tcn_str text, const char *key, const tcn_kept *kept);
void tcn_listed_deinit(tcn_listed *listed);

#endif
