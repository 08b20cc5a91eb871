/* SPDX-License-Identifier: Apache-2.0 */
/* message_tool.c - writes the mails that run_messages.py describes: lines "FIELD BASE64",
 * an empty line ends a mail. Answers "ok LENGTH" and the bytes, or "no REASON". */
#include <stdio.h>
#include <string.h>

#include "message.h"

#define FIELD_MAX 262144

static char fields[5][FIELD_MAX]; /* subject, text, html, header, address */
static size_t lengths[5];
static const char *const names[] = {"subject", "text", "html", "header", "address"};

static tocsin_str field(int i)
{
    return tocsin_str_part(fields[i], lengths[i]);
}

static void read_field(char *line)
{
    char *space = strchr(line, ' ');
    for (int i = 0; space != NULL && i < 5; i++) {
        if (strncmp(line, names[i], (size_t)(space - line)) != 0)
            continue;
        tocsin_str coded = tocsin_str_trim(tocsin_str_of(space + 1));
        long len = tocsin_base64_decode(coded, (unsigned char *)fields[i], FIELD_MAX);
        lengths[i] = len > 0 ? (size_t)len : 0;
    }
}

static void answer(const char *wrong, const tocsin_text *out)
{
    if (wrong != NULL || out->failed) {
        printf("no %s\n", wrong != NULL ? wrong : "failed");
    } else {
        printf("ok %zu\n", out->len);
        (void)fwrite(out->ptr, 1, out->len, stdout);
    }
    (void)fflush(stdout);
}

static void write_one(void)
{
    address to;
    tocsin_pair note = {tocsin_str_of("X-Note"), field(3)};
    tocsin_text out = {0};
    const char *wrong = address_parse(field(4), &to);
    mail m = {
        .date_ms = INT64_C(1767323045678),
        .from = &to,
        .to = {&to, 1},
        .subject = field(0),
        .message_id = tocsin_str_of("3f0a1c9e-1111-5222-8333-444455556666"),
        .domain = tocsin_str_of("x.example"),
        .priority = 3,
        .headers = &note,
        .header_count = lengths[3] > 0 ? 1 : 0,
        .text = field(1),
        .html = field(2),
        .boundary = "=_0123456789abcdef0123456789abcdef",
    };
    const char *wrong_one;
    if (wrong == NULL)
        wrong = message_write(&m, &out, &wrong_one);
    answer(wrong, &out);
    tocsin_text_free(&out);
}

int main(void)
{
    static char line[FIELD_MAX * 2];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (line[0] != '\n') {
            read_field(line);
            continue;
        }
        write_one();
        memset(lengths, 0, sizeof lengths);
    }
    return 0;
}
