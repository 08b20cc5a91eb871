/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - which addresses tocsin may connect to. The check is made on the very address
 * that is about to be connected, after the name was resolved. */
#ifndef TCN_NET_GUARD_H
#define TCN_NET_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/base/err.h"
#include "core/base/str.h"

typedef struct tcn_guard tcn_guard;

/* allow: CIDR networks ("127.0.0.0/8", "fd00::/8"), addresses or host names that may be
 * reached although they are private. Link-local, metadata, multicast and reserved
 * addresses need the very address here: a wide network or a name, whose DNS others
 * control, does not open them. private_allowed: loopback and private ranges may be
 * reached. */
int tcn_guard_new(const char *const *allow, size_t count, bool private_allowed,
                  tcn_guard **ret, tcn_err *reterr);
void tcn_guard_free(tcn_guard *guard);

/* host: the name that was asked for, or empty. no_private: refuse private and loopback
 * addresses in any case. NULL: allowed; else why not, for people ("private network"),
 * static. */
const char *tcn_guard_check(const tcn_guard *guard, const struct sockaddr *address,
                            socklen_t len, tcn_str host, bool no_private);

#endif
