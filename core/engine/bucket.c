/* SPDX-License-Identifier: Apache-2.0 */
/* bucket.c - buckets and their keys. Lengths in keys are written seven bits a byte, least
 * first. */
#include "core/engine/bucket.h"

#include <string.h>

void tcn_bucket_init(tcn_bucket *bucket, struct tcn_node *node, tcn_str key)
{
    *bucket = (tcn_bucket){
        .node = node, .key_len = (uint32_t)key.len, .last.position = TCN_POSITION_NONE};
    if (key.len > 0)
        memcpy(bucket + 1, key.ptr, key.len);
}

int tcn_key_write(const tcn_key_label *labels, uint32_t count, const tcn_event *event,
                  tcn_buf *out)
{
    tcn_buf_reset(out);
    for (uint32_t i = 0; i < count; i++) {
        tcn_str value = tcn_key_label_value(&labels[i], event);
        size_t len = value.len;
        while (len >= 0x80) {
            (void)tcn_buf_add_u8(out, (uint8_t)(len | 0x80));
            len >>= 7;
        }
        (void)tcn_buf_add_u8(out, (uint8_t)len);
        (void)tcn_buf_add_str(out, value);
    }
    return tcn_buf_status(out);
}

bool tcn_key_read(tcn_str *rest, tcn_str *ret_value)
{
    size_t len = 0;
    size_t pos = 0;
    unsigned shift = 0;
    bool has_more = true;
    while (has_more) {
        if (pos == rest->len || shift > 28)
            return false;
        uint8_t byte = (uint8_t)rest->ptr[pos++];
        len |= (size_t)(byte & 0x7f) << shift;
        shift += 7;
        has_more = (byte & 0x80) != 0;
    }
    if (len > rest->len - pos)
        return false;
    *ret_value = tcn_str_of(rest->ptr + pos, len);
    *rest = tcn_str_of(rest->ptr + pos + len, rest->len - pos - len);
    return true;
}

int tcn_key_cmp(tcn_str a, tcn_str b)
{
    tcn_str x, y;
    int order = 0;
    while (order == 0 && tcn_key_read(&a, &x) && tcn_key_read(&b, &y))
        order = tcn_str_cmp(x, y);
    return order;
}
