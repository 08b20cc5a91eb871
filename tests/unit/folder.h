/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - a directory of a test's own, and files in it. */
#ifndef TCN_TESTS_FOLDER_H
#define TCN_TESTS_FOLDER_H

#include <sys/types.h>

typedef struct folder {
    char path[256];
} folder;

void folder_make(folder *f);
/* With everything in it. */
void folder_remove(folder *f);
/* "path/name" in a buffer that the next four calls leave alone. */
const char *folder_path(const folder *f, const char *name);
void folder_write(const folder *f, const char *name, const char *bytes, size_t len,
                  mode_t mode);
/* A plugin of tests/plugins as name, mode 0644. Replaced by rename. */
void folder_install(const folder *f, const char *plugin, const char *name);

#endif
