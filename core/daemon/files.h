/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - files of definitions on disk. Blocking: used at start and by checks. */
#ifndef TCN_DAEMON_FILES_H
#define TCN_DAEMON_FILES_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/file_mark.h"

/* The whole file, at most out->limit bytes. */
int tcn_file_read(const char *path, tcn_buf *out, tcn_err *reterr);
/* In two parts: opened and marked as it is before anybody reads it, then read and closed,
 * also on failure; path is for errors. */
int tcn_file_open(const char *path, int *ret_fd, tcn_file_mark *ret_mark,
                  tcn_err *reterr);
int tcn_file_read_own(int fd, const char *path, tcn_buf *out, tcn_err *reterr);
/* Nothing is there. */
bool tcn_file_is_missing(const char *path);
/* True for a pipe, a device or a socket: reading one may never end. */
bool tcn_file_is_special(const char *path);
/* Writes beside path and renames, so that a reader never sees half of it. Mode 0644. */
int tcn_file_replace(const char *path, tcn_str text, tcn_err *reterr);

typedef struct tcn_file_list {
    char **paths; /* byte order of the names */
    size_t count, capacity;
} tcn_file_list;
/* Files of dir whose names end in .yaml, .yml or .json and do not begin with a dot. A
 * folder that does not exist holds none. */
int tcn_file_list_read(const char *dir, tcn_file_list *ret, tcn_err *reterr);
void tcn_file_list_deinit(tcn_file_list *list);

#endif
