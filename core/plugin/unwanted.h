/* SPDX-License-Identifier: Apache-2.0 */
/* unwanted.h - plugin files that are in order, but not among those to be loaded. Their
 * code is not kept, so each reload would read and try them again: the mark of the file
 * and the id that it turned out to have say that this is not needed. */
#ifndef TCN_PLUGIN_UNWANTED_H
#define TCN_PLUGIN_UNWANTED_H

#include "core/base/file_mark.h"
#include "core/plugin/settings.h"

typedef struct tcn_unwanted_file {
    char *id;
    tcn_file_mark mark;
} tcn_unwanted_file;

/* Zeroed: none. */
typedef struct tcn_unwanted {
    tcn_unwanted_file *items;
    size_t count, capacity;
} tcn_unwanted;

/* Also for want of memory nothing breaks: it is read again. */
void tcn_unwanted_note(tcn_unwanted *unwanted, const char *id, const tcn_file_mark *mark);
/* Is the file that has this mark known to be unwanted with these settings? Never while
 * sums are configured, which are of the content. */
bool tcn_unwanted_is(const tcn_unwanted *unwanted, const tcn_plugin_settings *settings,
                     const tcn_file_mark *mark);
void tcn_unwanted_deinit(tcn_unwanted *unwanted);

#endif
