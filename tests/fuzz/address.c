/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - any bytes as a mailbox: what is taken for one is safe in a command and in a
 * header, and means the same when it is read again. */
#include <stdlib.h>

#include "mime.h"

static void check_spec(const address *a)
{
    size_t len = strlen(a->spec);
    if (len == 0 || len > ADDRESS_MAX || a->domain < 2 || a->domain >= len ||
        a->spec[a->domain - 1] != '@')
        abort();
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)a->spec[i];
        if (c <= ' ' || c == 0x7f || c == '<' || c == '>' || (c >= 0x80 && a->is_ascii) ||
            (c >= 0x80 && i >= a->domain))
            abort();
    }
    address again;
    if (address_parse(tocsin_str_of(a->spec), &again) != NULL ||
        strcmp(again.spec, a->spec) != 0)
        abort();
}

static void check_header(const address *a)
{
    tocsin_text out = {0};
    header h;
    header_begin(&h, &out, "To");
    header_address(&h, a, true);
    header_end(&h);
    if (out.failed)
        abort();
    for (size_t i = 0; i + 2 < out.len; i++)
        if (out.ptr[i] == '\r' && (out.ptr[i + 1] != '\n' || out.ptr[i + 2] != ' '))
            abort();
        else if (out.ptr[i] == '\0' || (out.ptr[i] == '\n' && out.ptr[i - 1] != '\r'))
            abort();
    tocsin_text_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    address a;
    if (address_parse(tocsin_str_part((const char *)data, size), &a) == NULL) {
        check_spec(&a);
        check_header(&a);
    }
    return 0;
}
