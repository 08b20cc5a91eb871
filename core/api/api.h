/* SPDX-License-Identifier: Apache-2.0 */
/* api.h - the HTTP API: one table of routes, one file per resource. Handlers answer now,
 * or later from a callback; they never wait. [loop] */
#ifndef TCN_API_API_H
#define TCN_API_API_H

#include "core/action/dispatcher.h"
#include "core/api/auth.h"
#include "core/block/catalog.h"
#include "core/event/decode.h"
#include "core/ingest/ingest.h"
#include "core/net/server.h"
#include "core/store/store.h"

typedef struct tcn_api tcn_api;

/* What POST /api/reload asks for. */
typedef struct tcn_api_reload {
    bool is_plan, waits_for_drain;
    bool clears_quarantine; /* of instances that crashed the daemon; not with is_plan */
    void (*answer)(int status, json_t *document, void *ud); /* document is borrowed */
    void *ud;
} tcn_api_reload;

typedef struct tcn_api_options {
    tcn_log *log;
    tcn_ingest *ingest;
    tcn_store *store;
    tcn_plugins *plugins;
    tcn_dispatcher *dispatcher;
    tcn_catalog *catalog;
    tcn_event_limits events;
    const tcn_auth *auth; /* borrowed; may be exchanged with tcn_api_auth_set */
    /* Why the daemon is not ready, for people; NULL: it is. */
    const char *(*not_ready)(void *ud);
    /* Ready, but something should be known; NULL: nothing. */
    const char *(*ready_note)(void *ud);
    /* Negative: answer does not run. */
    int (*reload)(const tcn_api_reload *asked, void *ud);
    /* What GET /api/status answers; a new reference. */
    json_t *(*status)(void *ud);
    void *ud;
} tcn_api_options;

int tcn_api_new(const tcn_api_options *options, tcn_api **ret);
void tcn_api_free(tcn_api *api);
void tcn_api_auth_set(tcn_api *api, const tcn_auth *auth);
void tcn_api_events_set(tcn_api *api, const tcn_event_limits *events);
/* Forgets the names and origins below. */
void tcn_api_hosts_reset(tcn_api *api);
/* Names by which this daemon may be asked for besides loopback ones: the hosts it listens
 * on. A request for another Host is refused, so that a web page cannot reach it under a
 * name of its own. */
int tcn_api_host_allow(tcn_api *api, const char *host);
/* Web pages of that origin ("https://ops.example.com") may send requests. */
int tcn_api_origin_allow(tcn_api *api, const char *origin);
/* A tcn_request_fn; ud is the tcn_api. */
void tcn_api_handle(tcn_request *request, void *ud);

#endif
