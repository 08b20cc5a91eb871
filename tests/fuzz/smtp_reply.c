/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_reply.c - what a mail server says, in any bytes: the same answers come out however
 * the bytes arrive, each within its limits and on one line. */
#include <stdlib.h>

#include "core/net/smtp_lines.h"

#define ANSWERS_MAX 64

typedef struct answers {
    int codes[ANSWERS_MAX];
    char texts[ANSWERS_MAX][TCN_SMTP_TEXT_MAX + 1];
    size_t count;
    bool is_broken;
} answers;

static void check(const tcn_smtp_lines *lines)
{
    if (lines->code < 200 || lines->code > 599 || lines->text_len > TCN_SMTP_TEXT_MAX ||
        strlen(lines->text) > lines->text_len)
        abort();
    for (size_t i = 0; i < lines->text_len; i++)
        if ((unsigned char)lines->text[i] < 0x20 || lines->text[i] == 0x7f)
            abort();
}

/* step: bytes at a time. */
static void read_all(tcn_str bytes, size_t step, answers *ret)
{
    static tcn_smtp_lines lines;
    tcn_smtp_lines_init(&lines);
    memset(ret, 0, sizeof *ret);
    while (bytes.len > 0 && ret->count < ANSWERS_MAX) {
        size_t len = bytes.len < step ? bytes.len : step;
        size_t taken = tcn_smtp_lines_take(&lines, tcn_str_of(bytes.ptr, len));
        if (taken == SIZE_MAX) {
            ret->is_broken = true;
            return;
        }
        if (taken == 0 || taken > len)
            abort();
        bytes = tcn_str_of(bytes.ptr + taken, bytes.len - taken);
        if (!lines.is_whole)
            continue;
        check(&lines);
        ret->codes[ret->count] = lines.code;
        memcpy(ret->texts[ret->count++], lines.text, sizeof lines.text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static answers whole, bytewise;
    tcn_str bytes = {(const char *)data, size};
    read_all(bytes, SIZE_MAX, &whole);
    read_all(bytes, 1, &bytewise);
    if (whole.count != bytewise.count || whole.is_broken != bytewise.is_broken)
        abort();
    for (size_t i = 0; i < whole.count; i++)
        if (whole.codes[i] != bytewise.codes[i] ||
            strcmp(whole.texts[i], bytewise.texts[i]) != 0)
            abort();
    return 0;
}
