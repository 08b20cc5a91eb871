/* SPDX-License-Identifier: Apache-2.0 */
/* severity.c - one table; blocks may overrule it with an option of theirs. */
#include "core/action/severity.h"

#include <tocsin/plugin.h>

#include "core/base/compiler.h"

typedef struct grade {
    const char *word;
    bool is_prefix;
    uint32_t severity;
} grade;

static const grade grades[] = {
    {"Failed", false, TOCSIN_FAILURE},    {"Crashed", false, TOCSIN_FAILURE},
    {"TimedOut", false, TOCSIN_FAILURE},  {"Late", false, TOCSIN_WARNING},
    {"not-ready", false, TOCSIN_WARNING}, {"Cancel", true, TOCSIN_WARNING},
    {"Completed", false, TOCSIN_SUCCESS}, {"ready", false, TOCSIN_SUCCESS},
};

static tcn_str last_part(tcn_str name)
{
    size_t start = name.len;
    while (start > 0 && name.ptr[start - 1] != '.')
        start--;
    return tcn_str_of(name.ptr + start, name.len - start);
}

uint32_t tcn_severity(tcn_str event_name)
{
    if (event_name.len == 0)
        return TOCSIN_INFO;
    tcn_str part = last_part(event_name);
    for (size_t i = 0; i < TCN_COUNT(grades); i++) {
        tcn_str word = tcn_str_c(grades[i].word);
        if (grades[i].is_prefix ? tcn_str_starts(part, word) : tcn_str_eq(part, word))
            return grades[i].severity;
    }
    return TOCSIN_INFO;
}
