/* SPDX-License-Identifier: Apache-2.0 */
/* retry_after.c - the header Retry-After out of any bytes: never a wait in the past,
 * never one beyond a year. */
#include <stdlib.h>

#include "core/net/retry_after.h"

#define YEAR_MS (INT64_C(366) * 86400 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t times[] = {0, INT64_C(1795338358000000),
                                    INT64_C(253402300799000000)};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        int64_t wait_ms =
            tcn_retry_after_ms(tcn_str_of((const char *)data, size), times[i]);
        if (wait_ms < -1 || wait_ms > YEAR_MS)
            abort();
    }
    return 0;
}
