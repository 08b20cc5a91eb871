/* SPDX-License-Identifier: Apache-2.0 */
/* spans.c - neighbours are one span, so a loop over characters stays small. */
#include "core/action/spans.h"

#include "core/base/compiler.h"
#include "core/base/err.h"

#define ITEMS_LIMIT ((size_t)16 << 20)

void tcn_spans_buf_init(tcn_spans_buf *buf, size_t limit)
{
    tcn_buf_init(&buf->text, limit);
    tcn_buf_init(&buf->items, ITEMS_LIMIT);
}

void tcn_spans_buf_deinit(tcn_spans_buf *buf)
{
    tcn_buf_deinit(&buf->text);
    tcn_buf_deinit(&buf->items);
}

static tcn_span *last_of(tcn_buf *items)
{
    return items->len == 0
               ? NULL
               : (tcn_span *)(void *)(items->ptr + items->len - sizeof(tcn_span));
}

int tcn_spans_note(tcn_str text, tcn_buf *out)
{
    tcn_spans_buf *buf = tcn_container_of(out, tcn_spans_buf, text);
    tcn_span span = {out->len, text.len};
    int rc = tcn_buf_add_str(out, text);
    if (rc < 0 || text.len == 0)
        return rc;
    tcn_span *last = last_of(&buf->items);
    if (last != NULL && last->from + last->len == span.from) {
        last->len += span.len;
        return 0;
    }
    return tcn_buf_add(&buf->items, &span, sizeof span);
}

int tcn_spans_copy(const tcn_spans_buf *buf, tcn_arena *arena, tcn_spans *ret)
{
    tcn_span *items = tcn_arena_alloc(arena, buf->items.len + 1);
    if (items == NULL)
        return TCN_E_NOMEM;
    if (buf->items.len > 0)
        memcpy(items, buf->items.ptr, buf->items.len);
    *ret = (tcn_spans){items, buf->items.len / sizeof *items, true};
    return 0;
}

int tcn_spans_write(const tcn_spans *spans, tcn_buf *out)
{
    for (size_t i = 0; i < spans->count; i++)
        (void)tcn_buf_printf(out, "%s%zu+%zu", i > 0 ? " " : "", spans->items[i].from,
                             spans->items[i].len);
    return tcn_buf_status(out);
}

static bool read_number(tcn_str *s, char end, size_t *ret)
{
    size_t digits = 0;
    while (digits < s->len && s->ptr[digits] != end)
        digits++;
    int64_t value = 0;
    if (!tcn_str_int(tcn_str_of(s->ptr, digits), 0, INT32_MAX, &value))
        return false;
    size_t used = digits < s->len ? digits + 1 : digits;
    *s = tcn_str_of(s->ptr + used, s->len - used);
    *ret = (size_t)value;
    return true;
}

int tcn_spans_read(tcn_str kept, size_t text_len, tcn_arena *arena, tcn_spans *ret)
{
    /* "0+1 " is the shortest. */
    tcn_span *items = tcn_arena_alloc(arena, (kept.len / 4 + 1) * sizeof *items);
    size_t count = 0, end = 0;
    *ret = (tcn_spans){0};
    if (items == NULL)
        return TCN_E_NOMEM;
    while (kept.len > 0) {
        tcn_span span;
        if (!read_number(&kept, '+', &span.from) || !read_number(&kept, ' ', &span.len) ||
            span.from < end || span.from > text_len || span.len > text_len - span.from)
            return 0;
        end = span.from + span.len;
        items[count++] = span;
    }
    *ret = (tcn_spans){items, count, true};
    return 0;
}
