/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - who may do what: keys with scopes (Authorization: Bearer), one name and
 * password (Basic), and the kernel's word for callers on a Unix socket: root, the
 * daemon's user and its group may do everything. [loop] */
#ifndef TCN_API_AUTH_H
#define TCN_API_AUTH_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/net/server.h"
#include "core/option/secret.h"

enum tcn_scope {
    TCN_SCOPE_OPEN = 0, /* needs no key */
    TCN_SCOPE_READ = 1,
    TCN_SCOPE_EMIT = 2,  /* send events */
    TCN_SCOPE_WRITE = 4, /* change automations and blocks */
    TCN_SCOPE_ADMIN = 8, /* reload and the like */
    TCN_SCOPE_ALL = 15,
};

typedef struct tcn_auth tcn_auth;

typedef struct tcn_auth_options {
    bool is_off;                 /* auth.mode none: everybody may do everything */
    const json_t *keys;          /* auth.keys: [{name, key, scopes}]; NULL: none */
    const json_t *basic;         /* auth.basic: a secret "user:password"; NULL: none */
    bool is_public;              /* others can read the file that they stand in */
    tcn_log *log;                /* learns to mask the secrets */
    const char *credentials_dir; /* copied */
} tcn_auth_options;

/* Every problem goes to problems with its path ("auth.keys[0].key"); *ret is set when
 * none of them was an error. */
int tcn_auth_new(const tcn_auth_options *options, tcn_auth **ret, tcn_problems *problems);
void tcn_auth_free(tcn_auth *auth);
/* 0: the caller has that scope; 401: nobody is known by what the request shows; 403: that
 * key has other scopes. */
int tcn_auth_check(const tcn_auth *auth, const tcn_request *request,
                   enum tcn_scope scope);

#endif
