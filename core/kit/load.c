/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - the plugin directory is the one that the file stands in. */
#include "core/kit/load.h"

#include <stdio.h>
#include <string.h>

#define GENERATIONS_MAX 64

static int folder_of(const char *path, char *out, size_t size, tcn_err *reterr)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len + 2 > size)
        return tcn_err_set(reterr, TCN_E_LIMIT,
                           "plugin %.200s: has a path that is too long", path);
    (void)snprintf(out, size, "%.*s%s", (int)len, path,
                   slash == NULL ? "."
                   : len == 0    ? "/"
                                 : "");
    return 0;
}

static int first_error(const tcn_problems *problems, int rc, tcn_err *reterr)
{
    for (size_t i = 0; i < problems->count; i++)
        if (!problems->items[i].is_warning)
            return tcn_err_set(reterr, problems->items[i].err.code, "%s",
                               problems->items[i].err.text);
    return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
}

int tcn_kit_load(const char *path, const tcn_plugins_options *base, tcn_plugins **ret,
                 tcn_problems *problems, tcn_err *reterr)
{
    char folder[4096];
    int rc = folder_of(path, folder, sizeof folder, reterr);
    if (rc < 0)
        return rc;
    const char *dirs[] = {folder};
    tcn_plugins_options options = base != NULL ? *base : (tcn_plugins_options){0};
    options.dirs = dirs;
    options.dir_count = 1;
    options.max_generations = GENERATIONS_MAX;
    rc = tcn_plugins_new(&options, ret, reterr);
    if (rc < 0)
        return rc;
    rc = tcn_plugins_load_file(*ret, path, problems);
    return rc < 0 ? first_error(problems, rc, reterr) : 0;
}
