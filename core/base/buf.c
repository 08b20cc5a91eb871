/* SPDX-License-Identifier: Apache-2.0 */
/* buf.c - the growing buffer, and the reader of our own records. Every append goes
 * through tcn_buf_reserve, which knows the limit. */
#include "core/base/buf.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/arena.h"
#include "core/base/err.h"

#define FIRST_CAPACITY 256

void tcn_buf_init(tcn_buf *buf, size_t limit)
{
    *buf = (tcn_buf){.limit = limit};
}

void tcn_buf_init_in(tcn_buf *buf, tcn_arena *arena, size_t limit)
{
    *buf = (tcn_buf){.limit = limit, .arena = arena};
}

void tcn_buf_deinit(tcn_buf *buf)
{
    if (buf->arena == NULL)
        tcn_free(buf->ptr);
    *buf = (tcn_buf){.limit = buf->limit, .arena = buf->arena};
}

void tcn_buf_turn(tcn_buf *now, tcn_buf *next)
{
    tcn_buf made = *next;
    *next = *now;
    *now = made;
    tcn_buf_reset(next);
}

void tcn_buf_reset(tcn_buf *buf)
{
    buf->len = 0;
    buf->status = 0;
    if (buf->ptr != NULL)
        buf->ptr[0] = '\0';
}

static int fail(tcn_buf *buf, int code)
{
    if (buf->status == 0)
        buf->status = code;
    return code;
}

static char *resize(tcn_buf *buf, size_t capacity)
{
    if (buf->arena == NULL)
        return tcn_realloc(buf->ptr, capacity);
    char *ptr = tcn_arena_alloc(buf->arena, capacity);
    if (ptr != NULL && buf->len > 0)
        memcpy(ptr, buf->ptr, buf->len);
    return ptr;
}

int tcn_buf_reserve(tcn_buf *buf, size_t more)
{
    if (more > buf->limit - buf->len)
        return fail(buf, TCN_E_LIMIT);
    size_t need = buf->len + more;
    if (need < buf->capacity)
        return 0;
    if (need == SIZE_MAX)
        return fail(buf, TCN_E_NOMEM);
    size_t capacity = buf->capacity > SIZE_MAX / 2 ? SIZE_MAX : buf->capacity * 2;
    if (capacity < FIRST_CAPACITY)
        capacity = FIRST_CAPACITY;
    if (capacity > buf->limit && buf->limit != SIZE_MAX)
        capacity = buf->limit + 1;
    if (capacity <= need)
        capacity = need + 1;
    char *ptr = resize(buf, capacity);
    if (ptr == NULL)
        return fail(buf, TCN_E_NOMEM);
    buf->ptr = ptr;
    buf->capacity = capacity;
    buf->ptr[buf->len] = '\0';
    return 0;
}

int tcn_buf_add(tcn_buf *buf, const void *ptr, size_t len)
{
    int rc = tcn_buf_reserve(buf, len);
    if (rc < 0)
        return rc;
    if (len != 0)
        memcpy(buf->ptr + buf->len, ptr, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
    return 0;
}

int tcn_buf_add_str(tcn_buf *buf, tcn_str s)
{
    return tcn_buf_add(buf, s.ptr, s.len);
}

int tcn_buf_add_c(tcn_buf *buf, const char *text)
{
    return tcn_buf_add(buf, text, strlen(text));
}

int tcn_buf_add_char(tcn_buf *buf, char c)
{
    return tcn_buf_add(buf, &c, 1);
}

int tcn_buf_printf(tcn_buf *buf, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    int rc = len < 0 ? fail(buf, TCN_E_INVALID) : tcn_buf_reserve(buf, (size_t)len);
    if (rc == 0) {
        (void)vsnprintf(buf->ptr + buf->len, (size_t)len + 1, fmt, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    return rc;
}

/* How a character below 0x20, a quote or a backslash stands in a JSON string. out has 6
 * bytes. */
static size_t json_escape(char c, char *out)
{
    static const char digits[] = "0123456789abcdef";
    static const char names[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = c;
        return 2;
    }
    uint8_t code = (uint8_t)c;
    if (code < sizeof names && names[code] != 0) {
        out[1] = names[code];
        return 2;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = digits[code >> 4];
    out[5] = digits[code & 15];
    return 6;
}

int tcn_buf_add_json(tcn_buf *buf, tcn_str s)
{
    size_t start = buf->len;
    int rc = tcn_buf_add_char(buf, '"');
    size_t plain = 0;
    for (size_t i = 0; i < s.len && rc == 0; i++) {
        char c = s.ptr[i];
        if ((uint8_t)c >= 0x20 && c != '"' && c != '\\')
            continue;
        char escape[6];
        size_t len = json_escape(c, escape);
        rc = tcn_buf_add(buf, s.ptr + plain, i - plain);
        if (rc == 0)
            rc = tcn_buf_add(buf, escape, len);
        plain = i + 1;
    }
    if (rc == 0 && plain < s.len)
        rc = tcn_buf_add(buf, s.ptr + plain, s.len - plain);
    if (rc == 0)
        rc = tcn_buf_add_char(buf, '"');
    if (rc < 0 && buf->ptr != NULL) {
        buf->len = start;
        buf->ptr[start] = '\0';
    }
    return rc;
}

int tcn_buf_add_printable(tcn_buf *buf, tcn_str s)
{
    size_t start = buf->len, taken = 0;
    int rc = 0;
    for (size_t i = 0; i < s.len && rc == 0; i += taken) {
        char shown[8];
        size_t len = tcn_utf8_printable(tcn_str_of(s.ptr + i, s.len - i), shown, &taken);
        rc = tcn_buf_add(buf, shown, len);
    }
    if (rc < 0 && buf->ptr != NULL) {
        buf->len = start;
        buf->ptr[start] = '\0';
    }
    return rc;
}

int tcn_buf_add_u8(tcn_buf *buf, uint8_t v)
{
    return tcn_buf_add(buf, &v, 1);
}

static void put_le(uint8_t *out, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(v >> 8 * i);
}

int tcn_buf_add_u32(tcn_buf *buf, uint32_t v)
{
    uint8_t bytes[4];
    put_le(bytes, v, sizeof bytes);
    return tcn_buf_add(buf, bytes, sizeof bytes);
}

int tcn_buf_add_u64(tcn_buf *buf, uint64_t v)
{
    uint8_t bytes[8];
    put_le(bytes, v, sizeof bytes);
    return tcn_buf_add(buf, bytes, sizeof bytes);
}

int tcn_buf_add_field(tcn_buf *buf, tcn_str s)
{
    if (s.len > UINT32_MAX)
        return fail(buf, TCN_E_LIMIT);
    /* One reservation, so that a length never stands without its bytes. */
    int rc = tcn_buf_reserve(buf, s.len + 4);
    if (rc < 0)
        return rc;
    (void)tcn_buf_add_u32(buf, (uint32_t)s.len);
    return tcn_buf_add(buf, s.ptr, s.len);
}

char *tcn_buf_take(tcn_buf *buf, size_t *ret_len)
{
    char *ptr = buf->ptr;
    if (ret_len != NULL)
        *ret_len = buf->len;
    *buf = (tcn_buf){.limit = buf->limit};
    return ptr;
}

tcn_reader tcn_reader_of(tcn_str s)
{
    return (tcn_reader){.ptr = s.ptr, .len = s.len};
}

/* The next len bytes, or NULL with failed set. */
static const uint8_t *next(tcn_reader *r, size_t len)
{
    if (r->failed || len > r->len - r->pos) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *ptr = (const uint8_t *)r->ptr + r->pos;
    r->pos += len;
    return ptr;
}

static uint64_t get_le(tcn_reader *r, size_t bytes)
{
    const uint8_t *p = next(r, bytes);
    uint64_t v = 0;
    for (size_t i = 0; p != NULL && i < bytes; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

uint8_t tcn_reader_u8(tcn_reader *r)
{
    return (uint8_t)get_le(r, 1);
}

uint32_t tcn_reader_u32(tcn_reader *r)
{
    return (uint32_t)get_le(r, 4);
}

uint64_t tcn_reader_u64(tcn_reader *r)
{
    return get_le(r, 8);
}

void tcn_reader_bytes(tcn_reader *r, void *out, size_t len)
{
    if (len == 0)
        return;
    const uint8_t *p = next(r, len);
    if (p != NULL)
        memcpy(out, p, len);
    else
        memset(out, 0, len);
}

tcn_str tcn_reader_field(tcn_reader *r)
{
    size_t len = tcn_reader_u32(r);
    if (len == 0)
        return (tcn_str){0};
    const uint8_t *p = next(r, len);
    return p != NULL ? tcn_str_of((const char *)p, len) : (tcn_str){0};
}
