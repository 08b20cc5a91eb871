/* SPDX-License-Identifier: Apache-2.0 */
/* rig.h - a server on a loop in a thread of its own, for tests that speak to it over
 * sockets. Its handler knows the paths /now      204 at once /echo     200: "METHOD PATH
 * x=QUERY-X h=HEADER-X-TEST body=BODY" /hold     answered 200 "held" by rig_release /big
 * 200 with 4 MiB */
#ifndef TCN_TESTS_NET_RIG_H
#define TCN_TESTS_NET_RIG_H

#include "core/net/server.h"

typedef struct rig rig;

/* second: a further address or NULL. */
rig *rig_start(const tcn_server_limits *limits, const char *address, const char *second);
const char *rig_address(const rig *r, size_t i);
/* These run on the loop and return when done. */
void rig_release(rig *r);
void rig_quiesce(rig *r);
/* Begins the close; pending requests stay. */
void rig_close(rig *r);
tcn_server_counts rig_counts(rig *r);
size_t rig_pending(rig *r);
/* Waits, at most ten seconds, until so many requests are held, or connections open. */
void rig_wait_held(rig *r, size_t count);
void rig_wait_connections(rig *r, size_t count);
/* Releases, closes, joins; fails when the server left something on the loop. */
void rig_stop(rig *r);

#endif
