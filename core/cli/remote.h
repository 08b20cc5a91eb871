/* SPDX-License-Identifier: Apache-2.0 */
/* remote.h - the running daemon, as commands ask it: which address and which key, and
 * errors that say what to do. */
#ifndef TCN_CLI_REMOTE_H
#define TCN_CLI_REMOTE_H

#include "core/net/fetch.h"

#define TCN_REMOTE_HELP                                                                       \
    "  --url URL           the daemon (default: TOCSIN_API_URL, else PREFECT_API_URL, else\n" \
    "                      unix:/run/tocsin/api.sock). TOCSIN_API_KEY or PREFECT_API_KEY\n"   \
    "                      holds the key.\n"

typedef struct tcn_remote tcn_remote;

/* url as given with --url, or NULL: "http://127.0.0.1:4200" with or without "/api", or
 * "unix:PATH". Borrowed until tcn_remote_free. */
int tcn_remote_new(const char *url, tcn_remote **ret, tcn_err *reterr);
/* For requests that may take as long as timeout_ms. */
int tcn_remote_new_patient(const char *url, uint32_t timeout_ms, tcn_remote **ret,
                           tcn_err *reterr);
void tcn_remote_free(tcn_remote *remote);
/* What commands name in messages: the URL or socket. */
const char *tcn_remote_name(const tcn_remote *remote);

/* One request. path comes after ".../api" and begins with '/'; json: the body, empty:
 * none; header: as in fetch.h. Any answer that is not 2xx is TCN_E_DENIED with the
 * daemon's own words in reterr; ret is filled all the same. */
int tcn_remote_ask(tcn_remote *remote, const char *method, const char *path, tcn_str json,
                   const char *header, tcn_fetch_reply *ret, tcn_err *reterr);

#endif
