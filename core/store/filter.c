/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c - matching, first by summary, then by event. The glob goes back at most to its
 * last '*', so its cost is bounded by the product of the two lengths. */
#include "core/store/filter.h"

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Behind the character that begins at pos. */
static size_t next_character(tcn_str text, size_t pos)
{
    pos++;
    while (pos < text.len && is_continuation(text.ptr[pos]))
        pos++;
    return pos;
}

bool tcn_glob_match(tcn_str pattern, tcn_str text)
{
    size_t p = 0, t = 0;
    size_t star = SIZE_MAX,
           retry = 0; /* behind the last '*', and where its run ends now */
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = ++p;
            retry = t;
        } else if (p < pattern.len && pattern.ptr[p] == '?') {
            p++;
            t = next_character(text, t);
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            retry = next_character(text, retry);
            t = retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool is_glob(tcn_str pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '*' || pattern.ptr[i] == '?')
            return true;
    }
    return false;
}

bool tcn_filter_may_match(const tcn_store_filter *filter, tcn_str keys)
{
    if (filter->resource.len > 0 &&
        !tcn_keys_may_hold(keys, tcn_summary_hash(TCN_KEY_RESOURCE, filter->resource)))
        return false;
    return filter->name.len == 0 || is_glob(filter->name) ||
           tcn_keys_may_hold(keys, tcn_summary_hash(TCN_KEY_NAME, filter->name));
}

bool tcn_filter_matches(const tcn_store_filter *filter, const tcn_event *event)
{
    if (event->position <= filter->after)
        return false;
    bool has_since = filter->since_us != 0;
    if (has_since && event->occurred_at_us < filter->since_us)
        return false;
    if (event->occurred_at_us > filter->until_us)
        return false;
    if (filter->resource.len > 0 && !tcn_str_eq(filter->resource, event->resource.id))
        return false;
    if (filter->has_id && !tcn_uuid_eq(&filter->id, &event->id))
        return false;
    return filter->name.len == 0 || tcn_glob_match(filter->name, event->name);
}
