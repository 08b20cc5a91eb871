/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.c - the child loads the file through the gate and writes one JSON object:
 * {"plugin": ...} or {"error": ...}. */
#include "core/kit/inspect.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/str.h"
#include "core/kit/child.h"
#include "core/kit/load.h"
#include "core/plugin/describe.h"

#define OUTPUT_MAX ((size_t)8 << 20)
#define LIMIT_MS   20000

static json_t *describe(const char *path)
{
    tcn_plugins *plugins = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    tcn_err err = {0};
    json_t *plugin = NULL;
    if (tcn_kit_load(path, NULL, &plugins, &problems, &err) == 0) {
        plugin = tcn_plugins_describe(plugins);
        (void)tcn_err_no_memory(&err);
    }
    json_t *told = plugin != NULL ? json_pack("{s:o}", "plugin", plugin)
                                  : json_pack("{s:s}", "error", err.text);
    tcn_problems_deinit(&problems);
    return told;
}

static int run(int out, void *ud)
{
    json_t *told = describe(ud);
    int rc = json_dumpfd(told, out, JSON_COMPACT);
    json_decref(told);
    return rc == 0 ? 0 : 1;
}

static int read_told(const tcn_child *child, const char *path, json_t **ret,
                     tcn_err *reterr)
{
    json_t *told = json_loadb(child->output.len > 0 ? child->output.ptr : "",
                              child->output.len, JSON_REJECT_DUPLICATES, NULL);
    const char *error = json_string_value(json_object_get(told, "error"));
    json_t *plugin = json_object_get(told, "plugin");
    int rc = 0;
    if (error != NULL) {
        rc = tcn_err_set(reterr, TCN_E_INVALID, "%s", error);
    } else if (!json_is_object(plugin)) {
        rc = tcn_err_set(reterr, TCN_E_INVALID, "plugin %s: wrote into the kit's pipe",
                         path);
    } else {
        json_t *file = json_pack("{s:s}", "file", path);
        (void)json_object_update(file, plugin);
        *ret = file;
    }
    json_decref(told);
    return rc;
}

int tcn_kit_inspect(const char *path, json_t **ret, tcn_err *reterr)
{
    tcn_child child = {.limit_ms = LIMIT_MS, .output_max = OUTPUT_MAX};
    char end[160];
    int rc = tcn_child_run(&child, run, (void *)(uintptr_t)path, reterr);
    if (rc == 0 && tcn_child_end(&child, end) != NULL)
        rc = tcn_err_set(reterr, TCN_E_INVALID, "plugin %s: %s", path, end);
    if (rc == 0)
        rc = read_told(&child, path, ret, reterr);
    tcn_child_deinit(&child);
    return rc;
}
