/* SPDX-License-Identifier: Apache-2.0 */
/* block_options.c - a value that is no YAML is what it is: a text. */
#include "core/cli/block_options.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/cli/cli.h"
#include "core/value/yaml.h"

#define FILE_MAX  ((size_t)4 << 20)
#define VALUE_MAX ((size_t)64 << 10)
#define KEY_MAX   64

static int read_file(const char *file, json_t **ret, tcn_err *reterr)
{
    tcn_buf text;
    tcn_yaml *yaml = NULL;
    tcn_buf_init(&text, FILE_MAX);
    int rc = tcn_cli_read_file(file, &text, reterr);
    if (rc >= 0)
        rc = tcn_yaml_load(tcn_buf_str(&text), file, &yaml, reterr);
    if (rc >= 0 && json_is_object(tcn_yaml_root(yaml)))
        *ret = json_deep_copy(tcn_yaml_root(yaml));
    else if (rc >= 0)
        rc = tcn_err_set(reterr, TCN_E_INVALID, "must be a map of options");
    if (rc < 0)
        tcn_err_source(reterr, file);
    tcn_yaml_free(yaml);
    tcn_buf_deinit(&text);
    return rc;
}

/* One trailing newline is not part of a secret. */
static int read_text(const char *path, json_t **ret, tcn_err *reterr)
{
    tcn_buf text;
    tcn_buf_init(&text, VALUE_MAX);
    int rc = tcn_cli_read_file(path, &text, reterr);
    size_t len = text.len > 0 && text.ptr[text.len - 1] == '\n' ? text.len - 1 : text.len;
    if (rc >= 0) {
        *ret = json_stringn(text.ptr != NULL ? text.ptr : "", len);
        if (*ret == NULL)
            rc = tcn_err_set(reterr, TCN_E_INVALID, "%s is not UTF-8", path);
    }
    tcn_buf_deinit(&text);
    return rc;
}

/* {file: PATH} and {env: NAME} are this side's: the daemon follows only credentials of
 * its own. *ret stays NULL for anything else. */
static int read_reference(const json_t *value, json_t **ret, tcn_err *reterr)
{
    const char *path = json_string_value(json_object_get(value, "file"));
    const char *name = json_string_value(json_object_get(value, "env"));
    if (json_object_size(value) != 1 || (path == NULL && name == NULL))
        return 0;
    if (path != NULL)
        return read_text(path, ret, reterr);
    const char *text = getenv(name);
    *ret = text == NULL ? NULL : json_string(text);
    return *ret != NULL ? 0
                        : tcn_err_set(reterr, TCN_E_NOT_FOUND,
                                      "the environment has no variable %.60s", name);
}

static int read_value(const char *text, json_t **ret, tcn_err *reterr)
{
    if (strcmp(text, "-") == 0)
        return read_text(text, ret, reterr);
    tcn_yaml *yaml = NULL;
    bool is_yaml = tcn_yaml_load(tcn_str_c(text), "--option", &yaml, NULL) >= 0;
    json_t *root = is_yaml ? tcn_yaml_root(yaml) : NULL;
    /* "a: b" is more likely a text than a map, and a date stays one. */
    bool is_text = !is_yaml || json_is_string(root) ||
                   (json_is_object(root) && text[strspn(text, " ")] != '{') ||
                   (json_is_array(root) && text[strspn(text, " ")] != '[');
    int rc = is_text ? 0 : read_reference(root, ret, reterr);
    if (rc == 0 && *ret == NULL)
        *ret = is_text ? json_string(text) : json_deep_copy(root);
    tcn_yaml_free(yaml);
    if (rc < 0)
        return rc;
    return *ret == NULL
               ? tcn_err_set(reterr, TCN_E_INVALID, "the value is not valid UTF-8")
               : 0;
}

static int add(json_t *options, const char *pair, tcn_err *reterr)
{
    const char *sign = strchr(pair, '=');
    char key[KEY_MAX + 1];
    json_t *value = NULL;
    if (sign == NULL || sign == pair || (size_t)(sign - pair) > KEY_MAX)
        return tcn_err_set(reterr, TCN_E_INVALID, "--option %.60s: must be KEY=VALUE",
                           pair);
    memcpy(key, pair, (size_t)(sign - pair));
    key[sign - pair] = '\0';
    int rc = read_value(sign + 1, &value, reterr);
    if (rc >= 0 && json_object_set_new(options, key, value) < 0)
        rc = tcn_err_set(reterr, TCN_E_INVALID, "--option %.60s: not valid UTF-8", key);
    return rc;
}

/* Those of a file: values, and values of maps. */
static int resolve_all(json_t *options, tcn_err *reterr)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(options, next, key, value)
    {
        json_t *read = NULL;
        int rc = read_reference(value, &read, reterr);
        if (rc == 0 && read != NULL)
            (void)json_object_set_new(options, key, read);
        else if (rc == 0 && json_is_object(value))
            rc = resolve_all(value, reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int tcn_block_options_read(const char *file, const tcn_option_list *list, json_t **ret,
                           tcn_err *reterr)
{
    json_t *options = NULL;
    int rc = file != NULL ? read_file(file, &options, reterr) : 0;
    if (rc >= 0 && options == NULL)
        options = json_object();
    if (rc >= 0)
        rc = resolve_all(options, reterr);
    for (size_t i = 0; rc >= 0 && i < list->count; i++)
        rc = add(options, list->items[i], reterr);
    if (rc < 0)
        json_decref(options);
    else
        *ret = options;
    return rc;
}
