/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - takes in what a server sends, within limits: heads of 64 KiB in all and 256
 * headers, the bytes of the body that are kept, and 1 MiB more that is read and dropped.
 */
#include "core/base/alloc.h"
#include "core/net/client_int.h"

#define HEAD_MAX    ((size_t)64 << 10)
#define HEADERS_MAX 256
#define DROPPED_MAX ((size_t)1 << 20)
#define BODY_KEPT   ((size_t)256 << 10) /* memory that a spare exchange keeps */

void tcn_answer_init(tcn_answer *answer, size_t body_limit)
{
    *answer = (tcn_answer){0};
    tcn_buf_init(&answer->head, HEAD_MAX + 1);
    tcn_buf_init(&answer->body, body_limit);
}

void tcn_answer_reset(tcn_answer *answer, size_t body_limit)
{
    tcn_buf_reset(&answer->head);
    tcn_buf_reset(&answer->body);
    if (answer->body.capacity > BODY_KEPT)
        tcn_buf_deinit(&answer->body);
    answer->body.limit = body_limit;
    answer->span_count = 0;
    answer->head_bytes = 0;
    answer->dropped = 0;
    answer->has_body_begun = false;
    answer->is_head_over = false;
    answer->is_body_over = false;
}

void tcn_answer_deinit(tcn_answer *answer)
{
    tcn_buf_deinit(&answer->head);
    tcn_buf_deinit(&answer->body);
    tcn_free(answer->spans);
    *answer = (tcn_answer){0};
}

static int header_add(tcn_answer *answer, tcn_str name, tcn_str value)
{
    void *array = answer->spans;
    int rc = tcn_grow(&array, &answer->span_capacity, answer->span_count + 1,
                      sizeof *answer->spans);
    if (rc < 0)
        return rc;
    answer->spans = array;
    size_t at = answer->head.len;
    rc = tcn_buf_add_str(&answer->head, name);
    if (rc == 0)
        rc = tcn_buf_add_str(&answer->head, value);
    if (rc < 0)
        return rc;
    for (size_t i = at; i < at + name.len; i++) {
        char c = answer->head.ptr[i];
        answer->head.ptr[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    answer->spans[answer->span_count++] =
        (tcn_span){at, name.len, at + name.len, value.len};
    return 0;
}

/* A status line begins a new head: interim answers are forgotten. */
static void head_restart(tcn_answer *answer)
{
    tcn_buf_reset(&answer->head);
    answer->span_count = 0;
}

size_t tcn_answer_on_head(char *data, size_t size, size_t count, void *ud)
{
    tcn_answer *answer = ud;
    size_t len = size * count;
    tcn_str line = tcn_str_trim(tcn_str_of(data, len));
    answer->head_bytes += len;
    if (answer->head_bytes > HEAD_MAX || answer->span_count >= HEADERS_MAX) {
        answer->is_head_over = true;
        return 0;
    }
    if (answer->has_body_begun) /* trailers say nothing that we ask for */
        return len;
    if (tcn_str_starts(line, TCN_STR("HTTP/"))) {
        head_restart(answer);
        return len;
    }
    tcn_str value = line;
    tcn_str name;
    if (!tcn_str_split(&value, ':', &name) || name.len == line.len)
        return len;
    return header_add(answer, tcn_str_trim(name), tcn_str_trim(value)) == 0 ? len : 0;
}

size_t tcn_answer_on_body(char *data, size_t size, size_t count, void *ud)
{
    tcn_answer *answer = ud;
    size_t len = size * count;
    answer->has_body_begun = true;
    size_t room = answer->body.limit - answer->body.len;
    size_t kept = len < room ? len : room;
    if (tcn_buf_add(&answer->body, data, kept) < 0)
        return 0;
    answer->dropped += len - kept;
    answer->is_body_over = answer->dropped > DROPPED_MAX;
    return answer->is_body_over ? 0 : len;
}

tcn_str tcn_answer_header(const tcn_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->span_count; i++) {
        const tcn_span *span = &answer->spans[i];
        if (tcn_str_eq_c(tcn_str_of(answer->head.ptr + span->name, span->name_len), name))
            return tcn_str_of(answer->head.ptr + span->value, span->value_len);
    }
    return (tcn_str){0};
}
