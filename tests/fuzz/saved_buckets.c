/* SPDX-License-Identifier: Apache-2.0 */
/* saved_buckets.c - any bytes as a saved state: refused, or restored to an engine that
 * goes on and whose next layer can be saved. The sums are put right, so that what is
 * behind them is reached. */
#include <assert.h>
#include <stddef.h>

#include "core/base/alloc.h"
#include "core/engine/engine.h"
#include "tests/unit/engine/state_sums.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void go_on(tcn_engine *engine)
{
    tcn_buf state;
    tcn_buf_init(&state, (size_t)64 << 20);
    tcn_engine_begin(engine, 1);
    (void)tcn_engine_advance(engine, tcn_engine_clock_us(engine) + 1000000, true);
    tcn_engine_end(engine);
    bool is_whole = false;
    (void)tcn_engine_save(engine, false, &state, &is_whole);
    tcn_buf_deinit(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = tcn_alloc(size + 1);
    tcn_engine *engine = tcn_engine_new(&tcn_engine_limits_default);
    if (copy != NULL && engine != NULL && size > 0) {
        memcpy(copy, data, size);
        state_sums_put(copy, size);
        tcn_err err = {0};
        int rc = tcn_engine_restore(engine, tcn_str_of(copy, size), &err);
        assert(rc == 0 || err.code == rc);
        if (rc == 0)
            go_on(engine);
    }
    tcn_engine_free(engine);
    tcn_free(copy);
    return 0;
}
