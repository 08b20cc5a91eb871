/* SPDX-License-Identifier: Apache-2.0 */
/* glob.c - a pattern, a zero byte, a value. Whatever they are, a pattern and its negation
 * disagree. */
#include <assert.h>
#include <stddef.h>

#include "core/base/alloc.h"
#include "core/engine/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool matches(tcn_str pattern, tcn_str value, int (*init)(tcn_glob *, tcn_str))
{
    tcn_glob glob;
    if (init(&glob, pattern) < 0)
        return false;
    bool is_match = tcn_glob_matches(&glob, value);
    (void)tcn_glob_begins(&glob, value);
    tcn_glob_deinit(&glob);
    return is_match;
}

static void check(tcn_str pattern, tcn_str value)
{
    char *longer = tcn_alloc(pattern.len + 1);
    if (longer == NULL)
        return;
    if (pattern.len > 0)
        memcpy(longer + 1, pattern.ptr, pattern.len);
    longer[0] = '!';
    bool is_match = matches(pattern, value, tcn_glob_init_label);
    if (pattern.len == 0 || pattern.ptr[0] != '!')
        assert(is_match !=
               matches(tcn_str_of(longer, pattern.len + 1), value, tcn_glob_init_label));
    (void)matches(pattern, value, tcn_glob_init_name);
    tcn_free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
    size_t len = zero != NULL ? (size_t)(zero - data) : size;
    tcn_str pattern = tcn_str_of((const char *)data, len);
    tcn_str value = tcn_str_of((const char *)data + len, size - len);
    if (zero != NULL)
        value = tcn_str_of(value.ptr + 1, value.len - 1);
    size_t bad = 0;
    if (len <= TCN_GLOB_MAX && tcn_utf8_valid(pattern, &bad) &&
        tcn_utf8_valid(value, &bad))
        check(pattern, value);
    return 0;
}
