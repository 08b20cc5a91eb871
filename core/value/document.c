/* SPDX-License-Identifier: Apache-2.0 */
/* document.c - jansson with our limits. It refuses nesting that would endanger the stack
 * by itself; ours is what other code may count on. */
#include "core/value/document.h"

static int append(const char *bytes, size_t len, void *ud)
{
    return tcn_buf_add(ud, bytes, len) < 0 ? -1 : 0;
}

int tcn_document_write(const json_t *document, tcn_buf *out)
{
    int rc = json_dump_callback(document, append, out, JSON_COMPACT | JSON_ENCODE_ANY);
    if (rc == 0)
        return 0;
    return tcn_buf_status(out) < 0 ? tcn_buf_status(out) : TCN_E_NOMEM;
}

static bool is_within(const json_t *value, int depth)
{
    json_t *all = (json_t *)(uintptr_t)value;
    bool is_ok = depth > 0 || !(json_is_object(value) || json_is_array(value));
    for (size_t i = 0; is_ok && i < json_array_size(value); i++)
        is_ok = is_within(json_array_get(value, i), depth - 1);
    for (void *it = json_object_iter(all); is_ok && it != NULL;
         it = json_object_iter_next(all, it))
        is_ok = is_within(json_object_iter_value(it), depth - 1);
    return is_ok;
}

int tcn_document_read(tcn_str text, json_t **ret, tcn_err *reterr)
{
    json_error_t error;
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_t *json = json_loadb(text.ptr != NULL ? text.ptr : "", text.len, flags, &error);
    if (json == NULL && json_error_code(&error) == json_error_out_of_memory)
        return tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
    if (json == NULL)
        return tcn_err_at(reterr, TCN_E_SYNTAX, error.line > 0 ? (uint32_t)error.line : 0,
                          error.column > 0 ? (uint32_t)error.column : 0, "%s",
                          error.text);
    if (!is_within(json, TCN_DOCUMENT_DEPTH)) {
        json_decref(json);
        return tcn_err_set(reterr, TCN_E_LIMIT, "nested deeper than %d levels",
                           TCN_DOCUMENT_DEPTH);
    }
    *ret = json;
    return 0;
}
