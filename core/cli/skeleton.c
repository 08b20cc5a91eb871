/* SPDX-License-Identifier: Apache-2.0 */
/* skeleton.c - @WORD@ is looked up; one that is not known stays as it is. */
#include "core/cli/skeleton.h"

#include <string.h>

#include "core/base/str.h"

static const char *value_of(tcn_str word, const tcn_skeleton_names *names)
{
    return tcn_str_eq_c(word, "NAME")    ? names->name
           : tcn_str_eq_c(word, "TITLE") ? names->title
           : tcn_str_eq_c(word, "HINTS") ? names->hints
                                         : NULL;
}

int tcn_skeleton_fill(const char *text, const tcn_skeleton_names *names, tcn_buf *out)
{
    const char *at = text, *open, *close;
    while ((open = strchr(at, '@')) != NULL && (close = strchr(open + 1, '@')) != NULL) {
        const char *value =
            value_of(tcn_str_of(open + 1, (size_t)(close - open - 1)), names);
        (void)tcn_buf_add(out, at, (size_t)(open - at));
        if (value != NULL)
            (void)tcn_buf_add_c(out, value);
        else
            (void)tcn_buf_add(out, open, 1);
        at = value != NULL ? close + 1 : open + 1;
    }
    (void)tcn_buf_add_c(out, at);
    return tcn_buf_status(out);
}
