/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2047.c - any bytes as subject, as a header's value and as text: lines keep to their
 * lengths and ends, and what was encoded is read back. */
#include <stdlib.h>

#include "message.h"

static void check_lines(const tocsin_text *out, size_t most)
{
    size_t column = 0;
    for (size_t i = 0; i < out->len; i++) {
        if (out->ptr[i] == '\r' && (i + 1 == out->len || out->ptr[i + 1] != '\n'))
            abort();
        if (out->ptr[i] == '\n' && (i == 0 || out->ptr[i - 1] != '\r'))
            abort();
        if (out->ptr[i] == '\0')
            abort();
        column = out->ptr[i] == '\n' ? 0 : column + 1;
        if (column > most + 1)
            abort();
    }
    if (out->len > 0 && column != 0)
        abort();
}

/* Decodes " =?UTF-8?B?...?=" and line ends; anything else is wrong. */
static void decode(const tocsin_text *coded, tocsin_text *out)
{
    static const char mark[] = " =?UTF-8?B?";
    const char *at = strchr(coded->ptr, ':') + 1;
    while (strcmp(at, "\r\n") != 0) {
        unsigned char bytes[64];
        at += strncmp(at, "\r\n", 2) == 0 ? 2 : 0;
        const char *end = strstr(at, "?=");
        if (strncmp(at, mark, sizeof mark - 1) != 0 || end == NULL || end - at > 76)
            abort();
        at += sizeof mark - 1;
        long len = tocsin_base64_decode(tocsin_str_part(at, (size_t)(end - at)), bytes,
                                        sizeof bytes);
        if (len <= 0)
            abort();
        tocsin_text_add(out, (const char *)bytes, (size_t)len);
        at = end + 2;
    }
}

static void check_words(tocsin_str text)
{
    tocsin_text coded = {0}, decoded = {0};
    header h;
    if (text.len == 0)
        return;
    header_begin(&h, &coded, "Subject");
    header_encoded(&h, text);
    header_end(&h);
    check_lines(&coded, HEADER_LINE);
    decode(&coded, &decoded);
    if (decoded.len != text.len || memcmp(decoded.ptr, text.ptr, text.len) != 0)
        abort();
    tocsin_text_free(&coded);
    tocsin_text_free(&decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static address from;
    tocsin_text out = {0};
    tocsin_str text = {(const char *)data, size};
    tocsin_pair note = {tocsin_str_of("X-Note"), text};
    (void)address_parse(tocsin_str_of("a@x.example"), &from);
    mail m = {
        .from = &from,
        .to = {&from, 1},
        .subject = text,
        .message_id = tocsin_str_of("1"),
        .domain = tocsin_str_of("x.example"),
        .headers = &note,
        .header_count = size > 0 ? data[0] & 1 : 0,
        .text = text,
        .html = size % 2 == 0 ? text : tocsin_str_of(""),
        .boundary = "=_b",
    };
    const char *wrong_one;
    if (message_write(&m, &out, &wrong_one) == NULL && !out.failed)
        check_lines(&out, LINE_LIMIT);
    tocsin_text_free(&out);
    check_words(text);
    return 0;
}
