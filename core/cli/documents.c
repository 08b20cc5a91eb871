/* SPDX-License-Identifier: Apache-2.0 */
/* documents.c - JSON or YAML files for commands. */
#include "core/cli/documents.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/cli/cli.h"
#include "core/value/yaml.h"

#define FILE_MAX ((size_t)256 << 20)

struct tcn_documents {
    const char *path;
    tcn_yaml *yaml; /* NULL: JSON */
    json_t *json;
};

static bool is_yaml(const char *path)
{
    tcn_str name = tcn_str_c(path);
    return tcn_str_ends(name, TCN_STR(".yaml")) || tcn_str_ends(name, TCN_STR(".yml"));
}

static int load_json(tcn_str text, tcn_documents *documents, tcn_err *reterr)
{
    json_error_t error;
    const char *bytes = text.len != 0 ? text.ptr : "";
    documents->json = json_loadb(bytes, text.len, 0, &error);
    if (documents->json != NULL)
        return 0;
    return tcn_err_at(reterr, TCN_E_SYNTAX, error.line > 0 ? (uint32_t)error.line : 0,
                      error.column > 0 ? (uint32_t)error.column : 0, "%s", error.text);
}

static int load(tcn_documents *documents, tcn_buf *text, tcn_err *reterr)
{
    int rc = tcn_cli_read_file(documents->path, text, reterr);
    if (rc < 0)
        return rc;
    if (is_yaml(documents->path))
        return tcn_yaml_load(tcn_buf_str(text), documents->path, &documents->yaml,
                             reterr);
    return load_json(tcn_buf_str(text), documents, reterr);
}

int tcn_documents_load(const char *path, tcn_documents **ret, tcn_err *reterr)
{
    tcn_documents *documents = tcn_alloc_zero(sizeof *documents);
    if (documents == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
    documents->path = path;
    tcn_buf text;
    tcn_buf_init(&text, FILE_MAX);
    int rc = load(documents, &text, reterr);
    tcn_buf_deinit(&text);
    if (rc < 0) {
        tcn_err_source(reterr, path);
        tcn_documents_free(documents);
        return rc;
    }
    *ret = documents;
    return 0;
}

void tcn_documents_free(tcn_documents *documents)
{
    if (documents == NULL)
        return;
    tcn_yaml_free(documents->yaml);
    json_decref(documents->json);
    tcn_free(documents);
}

json_t *tcn_documents_root(const tcn_documents *documents)
{
    return documents->yaml != NULL ? tcn_yaml_root(documents->yaml) : documents->json;
}

void tcn_documents_tell(const tcn_documents *documents, tcn_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        tcn_err *err = &problems->items[i].err;
        char text[sizeof(tcn_err)];
        if (documents->yaml != NULL && err->line == 0)
            (void)tcn_yaml_place(documents->yaml, err->field, &err->line, &err->column);
        tcn_err_source(err, documents->path);
        fprintf(stderr, "%s%s\n", tcn_err_format(err, text, sizeof text),
                problems->items[i].is_warning ? " (warning)" : "");
    }
}
