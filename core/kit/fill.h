/* SPDX-License-Identifier: Apache-2.0 */
/* fill.h - options for a block of the plugin: what the author gave, what is required and
 * was not given, and every address that of the kit's own peer. */
#ifndef TCN_KIT_FILL_H
#define TCN_KIT_FILL_H

#include <jansson.h>

#include "core/kit/kit_int.h"

/* Stands in secrets that the kit makes up. */
#define TCN_KIT_CANARY "tocsin-kit-canary"

typedef struct tcn_fill {
    const char *base; /* "http://127.0.0.1:PORT" */
    const char *path; /* of URLs that are made up: "/kit" */
    int port;
    bool is_secret; /* secrets that are optional, too, and all of them canaries */
} tcn_fill;

/* A new reference; NULL: no memory. */
json_t *tcn_fill_options(const tcn_kit *kit, const tcn_fill *fill);
/* The parameters that an action needs, of its description. A new reference; NULL: no
 * memory. */
json_t *tcn_fill_params(const json_t *action, const tcn_fill *fill);
/* A value that the option takes. A new reference. */
json_t *tcn_fill_sample(const json_t *option, const tcn_fill *fill);
/* Does the plugin have an option that holds a URL? Then its key, else NULL. */
const char *tcn_fill_url_key(const tcn_kit *kit);
/* Does it send mail: no URL, but a host? */
bool tcn_fill_is_mail(const tcn_kit *kit);
/* Changes options so that mark stands in what is sent: in the URL, or in the recipient of
 * a mail. False: the plugin has neither. */
bool tcn_fill_mark(const tcn_kit *kit, json_t *options, const char *base,
                   const char *mark);

#endif
