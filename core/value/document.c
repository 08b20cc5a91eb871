/* SPDX-License-Identifier: Apache-2.0 */
/* document.c - jansson with our limits. It refuses nesting that would endanger the stack
 * by itself; ours is what other code may count on. Writing is our own: jansson asks for
 * room byte by byte, and takes five times as long. */
#include "core/value/document.h"

#include "core/value/number.h"

static void write_value(const json_t *value, tcn_buf *out);

static void write_object(const json_t *object, tcn_buf *out)
{
    json_t *own = (json_t *)(uintptr_t)object; /* jansson wants it, and changes nothing */
    char before = '{';
    for (void *at = json_object_iter(own); at != NULL;
         at = json_object_iter_next(own, at)) {
        (void)tcn_buf_add_char(out, before);
        (void)tcn_buf_add_json(
            out, tcn_str_of(json_object_iter_key(at), json_object_iter_key_len(at)));
        (void)tcn_buf_add_char(out, ':');
        write_value(json_object_iter_value(at), out);
        before = ',';
    }
    (void)tcn_buf_add_c(out, json_object_size(object) == 0 ? "{}" : "}");
}

static void write_array(const json_t *array, tcn_buf *out)
{
    char before = '[';
    for (size_t i = 0; i < json_array_size(array); i++) {
        (void)tcn_buf_add_char(out, before);
        write_value(json_array_get(array, i), out);
        before = ',';
    }
    (void)tcn_buf_add_c(out, json_array_size(array) == 0 ? "[]" : "]");
}

/* As short as it may be to become the same number again. */
static void write_real(double number, tcn_buf *out)
{
    char text[TCN_REAL_TEXT];
    size_t len = tcn_real_repr(number, text);
    (void)tcn_buf_add(out, text, len);
}

static void write_value(const json_t *value, tcn_buf *out)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(value, out);
        break;
    case JSON_ARRAY:
        write_array(value, out);
        break;
    case JSON_STRING:
        (void)tcn_buf_add_json(
            out, tcn_str_of(json_string_value(value), json_string_length(value)));
        break;
    case JSON_INTEGER:
        (void)tcn_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(json_real_value(value), out);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        (void)tcn_buf_add_c(out, json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        (void)tcn_buf_add_c(out, "null");
        break;
    }
}

int tcn_document_write(const json_t *document, tcn_buf *out)
{
    if (document == NULL) /* for want of memory it was not made */
        return TCN_E_NOMEM;
    write_value(document, out);
    return tcn_buf_status(out);
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

static int complain(const json_error_t *error, tcn_err *reterr)
{
    enum json_error_code code = json_error_code(error);
    const char *text = error->text;
    if (code == json_error_out_of_memory)
        return tcn_err_no_memory(reterr);
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        text = "a text holds a NUL character (\\u0000)";
    return tcn_err_at(reterr, TCN_E_SYNTAX, error->line > 0 ? (uint32_t)error->line : 0,
                      error->column > 0 ? (uint32_t)error->column : 0, "%s", text);
}

static int load(tcn_str text, size_t flags, json_t **ret, tcn_err *reterr)
{
    json_error_t error;
    flags |= JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    *ret = json_loadb(text.ptr != NULL ? text.ptr : "", text.len, flags, &error);
    return *ret == NULL ? complain(&error, reterr) : 0;
}

int tcn_document_read(tcn_str text, json_t **ret, tcn_err *reterr)
{
    json_t *json = NULL;
    int rc = load(text, 0, &json, reterr);
    if (rc < 0)
        return rc;
    if (!is_within(json, TCN_DOCUMENT_DEPTH)) {
        json_decref(json);
        return tcn_err_set(reterr, TCN_E_LIMIT, "nested deeper than %d levels",
                           TCN_DOCUMENT_DEPTH);
    }
    *ret = json;
    return 0;
}

int tcn_document_read_own(tcn_str text, json_t **ret, tcn_err *reterr)
{
    json_t *json = NULL;
    int rc = load(text, JSON_ALLOW_NUL, &json, reterr);
    if (rc == 0)
        *ret = json;
    return rc;
}
