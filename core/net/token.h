/* SPDX-License-Identifier: Apache-2.0 */
/* token.h - what HTTP calls a token: method and header names (RFC 9110, 5.6.2). */
#ifndef TCN_NET_TOKEN_H
#define TCN_NET_TOKEN_H

#include "core/base/str.h"

bool tcn_http_is_token(tcn_str s);

#endif
