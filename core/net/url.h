/* SPDX-License-Identifier: Apache-2.0 */
/* url.h - what may be asked of an absolute http or https URL before it is used. */
#ifndef TCN_NET_URL_H
#define TCN_NET_URL_H

#include "core/base/err.h"
#include "core/base/str.h"

#define TCN_URL_MAX  16384
#define TCN_HOST_MAX 255

typedef struct tcn_url {
    bool is_https;
    uint16_t port;
    char host[TCN_HOST_MAX + 1]; /* without brackets */
    char shown[TCN_HOST_MAX +
               40]; /* "https://host/" and stars: no path, query or user info */
} tcn_url;

/* Refuses other schemes, user info, control characters and what is too long. */
int tcn_url_parse(const char *url, tcn_url *ret, tcn_err *reterr);
bool tcn_url_is_same_origin(const tcn_url *a, const tcn_url *b);
/* location as it is meant on the page base, without its fragment; tcn_free. NULL:
 * unusable. */
char *tcn_url_join(const char *base, const char *location);

#endif
