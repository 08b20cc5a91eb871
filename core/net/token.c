/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - the characters of a token. It is asked for every header of every request. */
#include "core/net/token.h"

static bool is_token_char(char c)
{
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '-';
    return is_plain || (c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL);
}

bool tcn_http_is_token(tcn_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_token_char(s.ptr[i]))
            return false;
    return s.len > 0;
}
