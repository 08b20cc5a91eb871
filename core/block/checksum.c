/* SPDX-License-Identifier: Apache-2.0 */
/* checksum.c - the SHA-256 of [[fields], {}] as Python's json.dumps writes it with sorted
 * keys: ", " and ": " between, ASCII only. Left out are every "secret_fields" and the
 * definitions of other blocks. */
#include "core/block/checksum.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/value/number.h"

#define TEXT_MAX ((size_t)64 << 20)
#define PREFIX   "#/definitions/"

/* ---- as Python writes it ---- */

static void write_escape(uint32_t unit, tcn_buf *out)
{
    (void)tcn_buf_printf(out, "\\u%04x", unit);
}

static void write_codepoint(uint32_t c, tcn_buf *out)
{
    static const char *const names[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r"};
    if (c == '"' || c == '\\')
        (void)tcn_buf_printf(out, "\\%c", (int)c);
    else if (c >= 0x20 && c < 0x7f)
        (void)tcn_buf_add_char(out, (char)c);
    else if (c < TCN_COUNT(names) && names[c] != NULL)
        (void)tcn_buf_add_c(out, names[c]);
    else if (c < 0x10000)
        write_escape(c, out);
    else {
        write_escape(0xd800 + ((c - 0x10000) >> 10), out);
        write_escape(0xdc00 + ((c - 0x10000) & 0x3ff), out);
    }
}

static void write_string(const char *text, size_t len, tcn_buf *out)
{
    tcn_str s = {text, len};
    (void)tcn_buf_add_char(out, '"');
    for (size_t pos = 0; pos < len;)
        write_codepoint(tcn_utf8_decode(s, &pos), out);
    (void)tcn_buf_add_char(out, '"');
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_value(const json_t *value, tcn_buf *out);

static void write_object(const json_t *object, tcn_buf *out)
{
    size_t count = 0;
    const char **keys = tcn_alloc_array(json_object_size(object) + 1, sizeof *keys);
    const char *key;
    json_t *value;
    if (keys == NULL) {
        out->status = TCN_E_NOMEM;
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value) keys[count++] = key;
    qsort(keys, count, sizeof *keys, compare_keys);
    (void)tcn_buf_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        (void)tcn_buf_add_c(out, i > 0 ? ", " : "");
        write_string(keys[i], strlen(keys[i]), out);
        (void)tcn_buf_add_c(out, ": ");
        write_value(json_object_get(object, keys[i]), out);
    }
    (void)tcn_buf_add_char(out, '}');
    tcn_free(keys);
}

static void write_array(const json_t *array, tcn_buf *out)
{
    (void)tcn_buf_add_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        (void)tcn_buf_add_c(out, i > 0 ? ", " : "");
        write_value(json_array_get(array, i), out);
    }
    (void)tcn_buf_add_char(out, ']');
}

static void write_value(const json_t *value, tcn_buf *out)
{
    char real[TCN_REAL_TEXT];
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(value, out);
        break;
    case JSON_ARRAY:
        write_array(value, out);
        break;
    case JSON_STRING:
        write_string(json_string_value(value), json_string_length(value), out);
        break;
    case JSON_INTEGER:
        (void)tcn_buf_printf(out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        (void)tcn_buf_add(out, real, tcn_real_repr(json_real_value(value), real));
        break;
    case JSON_TRUE:
        (void)tcn_buf_add_c(out, "true");
        break;
    case JSON_FALSE:
        (void)tcn_buf_add_c(out, "false");
        break;
    case JSON_NULL:
        (void)tcn_buf_add_c(out, "null");
        break;
    }
}

/* ---- what counts ---- */

/* Through objects, not through lists, as Prefect does it. A new reference. */
static json_t *without_secret_fields(json_t *value)
{
    if (!json_is_object(value))
        return json_incref(value);
    json_t *copy = json_object();
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member)
    {
        if (strcmp(key, "secret_fields") != 0 &&
            json_object_set_new(copy, key, without_secret_fields(member)) < 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

/* Copies the definition that a reference names, unless it is a block's. */
static int keep_definition(const json_t *definitions, const char *reference, json_t *kept)
{
    size_t len = strlen(PREFIX);
    if (strncmp(reference, PREFIX, len) != 0)
        return 0;
    json_t *definition = json_object_get(definitions, reference + len);
    const json_t *slug = json_object_get(definition, "block_type_slug");
    if (json_object_size(definition) == 0 || (slug != NULL && !json_is_null(slug)))
        return 0;
    return json_object_set(kept, reference + len, definition);
}

static int keep_referenced(json_t *value, const json_t *definitions, json_t *kept)
{
    const char *reference = json_string_value(json_object_get(value, "$ref"));
    int rc = reference == NULL ? 0 : keep_definition(definitions, reference, kept);
    for (size_t i = 0; rc == 0 && i < json_array_size(value); i++)
        rc = keep_referenced(json_array_get(value, i), definitions, kept);
    for (void *it = json_object_iter(value); rc == 0 && it != NULL;
         it = json_object_iter_next(value, it))
        rc = keep_referenced(json_object_iter_value(it), definitions, kept);
    return rc;
}

static int reduce_definitions(json_t *fields)
{
    json_t *definitions = json_object_get(fields, "definitions");
    json_t *kept = json_object();
    if (json_object_size(definitions) == 0) {
        json_decref(kept);
        return 0;
    }
    int rc = keep_referenced(fields, definitions, kept);
    if (rc == 0 && json_object_size(kept) > 0)
        rc = json_object_set(fields, "definitions", kept);
    else if (rc == 0)
        rc = json_object_del(fields, "definitions");
    json_decref(kept);
    return rc;
}

static int hash(tcn_str text, char ret[TCN_CHECKSUM_TEXT])
{
    unsigned char digest[32];
    unsigned size = sizeof digest;
    if (EVP_Digest(text.ptr, text.len, digest, &size, EVP_sha256(), NULL) != 1)
        return TCN_E_NOMEM;
    size_t used = (size_t)snprintf(ret, TCN_CHECKSUM_TEXT, "sha256:");
    for (size_t i = 0; i < sizeof digest; i++)
        used += (size_t)snprintf(ret + used, TCN_CHECKSUM_TEXT - used, "%02x", digest[i]);
    return 0;
}

int tcn_block_checksum(const json_t *fields, char ret[TCN_CHECKSUM_TEXT])
{
    json_t *counted = without_secret_fields((json_t *)(uintptr_t)fields);
    int rc = counted == NULL || reduce_definitions(counted) < 0 ? TCN_E_NOMEM : 0;
    tcn_buf text;
    tcn_buf_init(&text, TEXT_MAX);
    if (rc == 0) {
        (void)tcn_buf_add_c(&text, "[[");
        write_value(counted, &text);
        rc = tcn_buf_add_c(&text, "], {}]");
    }
    if (rc == 0)
        rc = tcn_buf_status(&text);
    if (rc == 0)
        rc = hash(tcn_buf_str(&text), ret);
    tcn_buf_deinit(&text);
    json_decref(counted);
    return rc;
}
