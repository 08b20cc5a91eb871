/* SPDX-License-Identifier: Apache-2.0 */
/* received.h - how much came in on a connection. */
#ifndef TCN_NET_RECEIVED_H
#define TCN_NET_RECEIVED_H

#include <stdint.h>

/* Bytes since the connection was made, as the kernel counts them, with those of TLS.
 * UINT64_MAX: it does not tell. */
uint64_t tcn_received(int fd);

#endif
