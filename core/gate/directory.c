/* SPDX-License-Identifier: Apache-2.0 */
/* directory.c - lists directories; what the files are worth is for the gate. */
#include "core/gate/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/base/buf.h"
#include "core/base/str.h"

#define PATH_LIMIT 4096

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Does an earlier directory hold a file of that name? */
static bool is_shadowed(const tcn_plugin_paths *paths, size_t earlier, const char *name)
{
    for (size_t i = 0; i < earlier; i++)
        if (strcmp(name_of(paths->items[i]), name) == 0)
            return true;
    return false;
}

static int add(tcn_plugin_paths *paths, const char *dir, const char *name)
{
    tcn_buf path;
    tcn_buf_init(&path, PATH_LIMIT);
    int rc = tcn_buf_printf(&path, "%s/%s", dir, name);
    if (rc >= 0)
        rc = tcn_grow((void **)&paths->items, &paths->capacity, paths->count + 1,
                      sizeof *paths->items);
    if (rc >= 0)
        paths->items[paths->count++] = tcn_buf_take(&path, NULL);
    tcn_buf_deinit(&path);
    return rc;
}

static int read_entries(DIR *dir, const char *path, tcn_plugin_paths *paths)
{
    size_t first = paths->count;
    int rc = 0;
    for (struct dirent *entry; rc >= 0 && (entry = readdir(dir)) != NULL;) {
        if (tcn_str_ends(tcn_str_c(entry->d_name), TCN_STR(".so")) &&
            !is_shadowed(paths, first, entry->d_name))
            rc = add(paths, path, entry->d_name);
    }
    if (paths->count > first)
        qsort(paths->items + first, paths->count - first, sizeof *paths->items,
              compare_paths);
    return rc;
}

static bool complain(tcn_problems *problems, int rc, const char *path, const char *why)
{
    tcn_err err = {0};
    (void)tcn_err_set(&err, rc, "plugin directory %.250s cannot be read: %s", path, why);
    tcn_problems_add(problems, &err);
    return false;
}

bool tcn_plugin_paths_read(const char *path, tcn_plugin_paths *paths,
                           tcn_problems *problems)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno != ENOENT && complain(problems, TCN_E_IO, path, strerror(errno));
    int rc = read_entries(dir, path, paths);
    (void)closedir(dir);
    return rc >= 0 || complain(problems, rc, path, tcn_err_text(rc));
}

void tcn_plugin_paths_deinit(tcn_plugin_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        tcn_free(paths->items[i]);
    tcn_free(paths->items);
    *paths = (tcn_plugin_paths){0};
}
