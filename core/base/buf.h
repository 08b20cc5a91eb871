/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a growing byte buffer that knows its limit. Always NUL-terminated once it holds
 * anything, so that ptr can be handed to C functions. A failed append leaves it as it was
 * and marks it: chains of appends may check once, with tcn_buf_status. */
#ifndef TCN_BASE_BUF_H
#define TCN_BASE_BUF_H

#include <stdarg.h>

#include "core/base/compiler.h"
#include "core/base/str.h"

typedef struct tcn_buf {
    char *ptr;
    size_t len, capacity;
    size_t limit; /* most bytes it may hold */
    int status;   /* 0, TCN_E_NOMEM or TCN_E_LIMIT: the first append that failed */
    struct tcn_arena *arena; /* where the bytes lie; NULL: on the heap */
} tcn_buf;

void tcn_buf_init(tcn_buf *buf, size_t limit);
/* The bytes lie in arena, and those of each smaller size that it had stay behind there.
 */
void tcn_buf_init_in(tcn_buf *buf, struct tcn_arena *arena, size_t limit);
void tcn_buf_deinit(tcn_buf *buf);
/* Empties it and keeps the memory; clears status. */
void tcn_buf_reset(tcn_buf *buf);
/* After a pass from *now to *next: what was made is the new *now, *next is empty. */
void tcn_buf_turn(tcn_buf *now, tcn_buf *next);
int tcn_buf_reserve(tcn_buf *buf, size_t more);
int tcn_buf_add(tcn_buf *buf, const void *ptr, size_t len);
int tcn_buf_add_str(tcn_buf *buf, tcn_str s);
int tcn_buf_add_c(tcn_buf *buf, const char *text);
int tcn_buf_add_char(tcn_buf *buf, char c);
int tcn_buf_printf(tcn_buf *buf, const char *fmt, ...) TCN_PRINTF(2, 3);
/* s as a JSON string with its quotes; control characters escaped, the rest as it is. */
int tcn_buf_add_json(tcn_buf *buf, tcn_str s);
/* s with control characters as \xNN: safe on one line of a log or terminal. */
int tcn_buf_add_printable(tcn_buf *buf, tcn_str s);
/* Little-endian, for our own records. */
int tcn_buf_add_u8(tcn_buf *buf, uint8_t v);
int tcn_buf_add_u32(tcn_buf *buf, uint32_t v);
int tcn_buf_add_u64(tcn_buf *buf, uint64_t v);
/* Length as u32, then the bytes. */
int tcn_buf_add_field(tcn_buf *buf, tcn_str s);
static inline tcn_str tcn_buf_str(const tcn_buf *buf)
{
    return (tcn_str){buf->ptr, buf->len};
}
static inline int tcn_buf_status(const tcn_buf *buf)
{
    return buf->status;
}
/* The bytes, which lie on the heap, move to the caller (tcn_free); the buffer is empty
 * afterwards. */
char *tcn_buf_take(tcn_buf *buf, size_t *ret_len);

/* Reads what the functions above wrote. A read past the end sets failed and gives zeros.
 */
typedef struct tcn_reader {
    const char *ptr;
    size_t len, pos;
    bool failed;
} tcn_reader;
tcn_reader tcn_reader_of(tcn_str s);
uint8_t tcn_reader_u8(tcn_reader *r);
uint32_t tcn_reader_u32(tcn_reader *r);
uint64_t tcn_reader_u64(tcn_reader *r);
void tcn_reader_bytes(tcn_reader *r, void *out, size_t len);
/* Borrowed from the reader's bytes. */
tcn_str tcn_reader_field(tcn_reader *r);
static inline bool tcn_reader_at_end(const tcn_reader *r)
{
    return r->pos >= r->len;
}

#endif
