/* SPDX-License-Identifier: Apache-2.0 */
/* retry_after.h - the header Retry-After (RFC 9110, 10.2.3). */
#ifndef TCN_NET_RETRY_AFTER_H
#define TCN_NET_RETRY_AFTER_H

#include "core/base/str.h"

/* Milliseconds to wait from now_us on: seconds, or an HTTP-date in any of its three
 * forms. -1: past or unreadable. More than a year counts as a year. */
int64_t tcn_retry_after_ms(tcn_str value, int64_t now_us);

#endif
