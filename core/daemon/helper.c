/* SPDX-License-Identifier: Apache-2.0 */
/* helper.c - a thread and an async handle that tells the loop of its end. */
#include "core/daemon/helper.h"

#include <sched.h>
#include <stdatomic.h>

#include "core/base/alloc.h"
#include "core/base/compiler.h"
#include "core/base/err.h"

struct tcn_helper {
    uv_async_t async;
    uv_thread_t thread;
    bool is_busy;
    void (*work)(void *ud);
    void (*done)(void *ud);
    void *ud;
};

static void run(void *arg)
{
    tcn_helper *helper = arg;
    helper->work(helper->ud);
    (void)uv_async_send(&helper->async);
}

static void on_async(uv_async_t *async)
{
    tcn_helper *helper = tcn_container_of(async, tcn_helper, async);
    (void)uv_thread_join(&helper->thread);
    helper->is_busy = false;
    uv_unref((uv_handle_t *)async);
    helper->done(helper->ud);
}

int tcn_helper_new(uv_loop_t *loop, tcn_helper **ret)
{
    tcn_helper *helper = tcn_alloc_zero(sizeof *helper);
    if (helper == NULL)
        return TCN_E_NOMEM;
    int rc = uv_async_init(loop, &helper->async, on_async);
    if (rc < 0) {
        tcn_free(helper);
        return rc;
    }
    uv_unref((uv_handle_t *)&helper->async);
    *ret = helper;
    return 0;
}

int tcn_helper_run(tcn_helper *helper, void (*work)(void *ud), void (*done)(void *ud),
                   void *ud)
{
    helper->work = work;
    helper->done = done;
    helper->ud = ud;
    int rc = uv_thread_create(&helper->thread, run, helper);
    if (rc < 0)
        return rc;
    helper->is_busy = true;
    uv_ref((uv_handle_t *)&helper->async);
    return 0;
}

/* ---- work that is shared ---- */

typedef struct sharing {
    atomic_size_t next;
    size_t count;
    void (*work)(size_t i, void *ud);
    void *ud;
} sharing;

/* Whoever is free takes the next one: one of the processors may have other work. Between
 * two, whoever waits for a processor comes first: the loop would else wait for as long as
 * the kernel lets a busy thread run, some 4 ms. */
static void take_turns(void *arg)
{
    sharing *s = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&s->next, 1);
        if (i >= s->count)
            return;
        s->work(i, s->ud);
        (void)sched_yield();
    }
}

void tcn_helper_share(size_t count, void (*work)(size_t i, void *ud), void *ud)
{
    sharing s = {.count = count, .work = work, .ud = ud};
    uv_thread_t thread;
    bool is_shared = count > 1 && uv_thread_create(&thread, take_turns, &s) == 0;
    take_turns(&s);
    if (is_shared)
        (void)uv_thread_join(&thread);
}

/* ---- life ---- */

bool tcn_helper_is_busy(const tcn_helper *helper)
{
    return helper->is_busy;
}

static void on_closed(uv_handle_t *handle)
{
    tcn_free(tcn_container_of((uv_async_t *)(void *)handle, tcn_helper, async));
}

void tcn_helper_close(tcn_helper *helper)
{
    uv_close((uv_handle_t *)&helper->async, on_closed);
}
