/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - a locked queue with threads behind it. A thread copies what it needs before
 * it calls send: the delivery may be gone as soon as done was called. */
#include "core/plugin/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/plugin/instance.h"

#define THREADS_MAX 16
#define QUEUE_MAX   1024
#define STACK_BYTES ((size_t)512 << 10)
#define ALT_BYTES   ((size_t)16 << 10)

typedef struct worker {
    tcn_workers *workers;
    uv_thread_t thread;
    tcn_note *note;                /* NULL: there was none left */
    const tocsin_delivery *handle; /* of the call under way; NULL: none */
    bool is_stuck;
    char *signal_stack; /* NULL: none */
} worker;

struct tcn_workers {
    tocsin_self *self;
    uv_mutex_t lock;
    uv_cond_t wake;
    tcn_list queue;
    uint32_t capacity, queued, busy, thread_count;
    bool is_ending, is_watched;
    worker threads[THREADS_MAX];
};

/* ---- on the threads ---- */

static void call_send(const worker *own_thread, const tcn_work *work)
{
    tocsin_self *self = own_thread->workers->self;
    int64_t left = work->deadline_mono_ms - tcn_clock_mono_ms();
    work->message->timeout_ms = left > 0 ? (uint32_t)left : 0;
    tcn_note before = tcn_note_enter(own_thread->note, self, "send", work->depth);
    int32_t rc = self->table->send(self->instance, work->message, work->handle);
    tcn_note_leave(own_thread->note, &before);
    if (rc < 0)
        tcn_posts_refused(&self->plugins->posts, work->handle, rc);
}

static void work_off(tcn_workers *workers, worker *own_thread)
{
    tcn_work *work = tcn_container_of(workers->queue.next, tcn_work, link);
    tcn_work own = *work;
    tcn_list_remove(&work->link);
    workers->queued--;
    workers->busy++;
    own_thread->handle = own.handle;
    uv_mutex_unlock(&workers->lock);
    call_send(own_thread, &own);
    uv_mutex_lock(&workers->lock);
    workers->busy--;
    own_thread->handle = NULL;
    own_thread->is_stuck = false;
    if (workers->is_watched && workers->busy + workers->queued == 0)
        tcn_posts_idle(&workers->self->plugins->posts, workers->self);
}

static void name_set(const tcn_workers *workers)
{
    char name[16]; /* what the kernel keeps */
    (void)snprintf(name, sizeof name, "sink:%s", workers->self->name);
    (void)pthread_setname_np(pthread_self(), name);
}

/* The handler of fatal signals runs there when the thread's own stack is full. */
static void signal_stack_set(const worker *own_thread)
{
    const stack_t stack = {.ss_sp = own_thread->signal_stack, .ss_size = ALT_BYTES};
    if (own_thread->signal_stack != NULL)
        (void)sigaltstack(&stack, NULL);
}

static void signal_stack_drop(const worker *own_thread)
{
    const stack_t none = {.ss_flags = SS_DISABLE};
    (void)sigaltstack(&none, NULL);
    tcn_free(own_thread->signal_stack);
}

static void run(void *ud)
{
    worker *own_thread = ud;
    tcn_workers *workers = own_thread->workers;
    tcn_notes *notes = &workers->self->plugins->notes;
    name_set(workers);
    own_thread->note = tcn_notes_claim(notes);
    signal_stack_set(own_thread);
    uv_mutex_lock(&workers->lock);
    while (!workers->is_ending) {
        if (tcn_list_is_empty(&workers->queue))
            uv_cond_wait(&workers->wake, &workers->lock);
        else
            work_off(workers, own_thread);
    }
    uv_mutex_unlock(&workers->lock);
    tcn_notes_give_back(notes, own_thread->note);
    signal_stack_drop(own_thread);
}

/* ---- making and ending ---- */

/* Signals are for the loop, but those that name a fault of the thread itself. */
static void signals_of_thread(sigset_t *ret)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    (void)sigfillset(ret);
    for (size_t i = 0; i < TCN_COUNT(faults); i++)
        (void)sigdelset(ret, faults[i]);
}

static int threads_start(tcn_workers *workers, uint32_t count)
{
    uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                   .stack_size = STACK_BYTES};
    sigset_t masked, before;
    signals_of_thread(&masked);
    (void)pthread_sigmask(SIG_SETMASK, &masked, &before);
    int rc = 0;
    while (rc == 0 && workers->thread_count < count) {
        worker *next = &workers->threads[workers->thread_count];
        next->workers = workers;
        next->signal_stack = tcn_alloc(ALT_BYTES);
        rc = uv_thread_create_ex(&next->thread, &options, run, next);
        if (rc == 0)
            workers->thread_count++;
        else
            tcn_free(next->signal_stack);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static int workers_new(tocsin_self *self, uint32_t queue, tcn_workers **ret)
{
    tcn_workers *workers = tcn_alloc_zero(sizeof *workers);
    if (workers == NULL)
        return TCN_E_NOMEM;
    workers->self = self;
    workers->capacity = queue;
    tcn_list_init(&workers->queue);
    int rc = uv_mutex_init(&workers->lock);
    if (rc < 0)
        goto fail_lock;
    rc = uv_cond_init(&workers->wake);
    if (rc < 0)
        goto fail_wake;
    *ret = workers;
    return 0;

fail_wake:
    uv_mutex_destroy(&workers->lock);
fail_lock:
    tcn_free(workers);
    return rc;
}

int32_t tcn_workers_use(tocsin_self *self, uint32_t threads, uint32_t queue)
{
    if (!tcn_plugins_on_loop(self->plugins) || !self->is_creating ||
        self->workers != NULL)
        return TOCSIN_E_STATE;
    if (threads < 1 || threads > THREADS_MAX || queue < 1 || queue > QUEUE_MAX)
        return TOCSIN_E_INVALID;
    tcn_workers *workers = NULL;
    if (workers_new(self, queue, &workers) < 0)
        return TOCSIN_E_NOMEM;
    if (threads_start(workers, threads) < 0) {
        tcn_workers_free(workers);
        return TOCSIN_E_LIMIT;
    }
    self->workers = workers;
    return TOCSIN_OK;
}

void tcn_workers_free(tcn_workers *workers)
{
    if (workers == NULL)
        return;
    uv_mutex_lock(&workers->lock);
    workers->is_ending = true;
    uv_cond_broadcast(&workers->wake);
    uv_mutex_unlock(&workers->lock);
    for (uint32_t i = 0; i < workers->thread_count; i++)
        (void)uv_thread_join(&workers->threads[i].thread);
    uv_cond_destroy(&workers->wake);
    uv_mutex_destroy(&workers->lock);
    tcn_free(workers);
}

/* ---- the queue ---- */

void tcn_workers_submit(tcn_workers *workers, tcn_work *work)
{
    uv_mutex_lock(&workers->lock);
    tcn_list_append(&workers->queue, &work->link);
    workers->queued++;
    uv_cond_signal(&workers->wake);
    uv_mutex_unlock(&workers->lock);
}

bool tcn_workers_are_full(tcn_workers *workers)
{
    uv_mutex_lock(&workers->lock);
    bool are_full = workers->queued >= workers->capacity;
    uv_mutex_unlock(&workers->lock);
    return are_full;
}

bool tcn_workers_withdraw(tcn_workers *workers, tcn_work *work)
{
    uv_mutex_lock(&workers->lock);
    bool is_queued = !tcn_list_is_empty(&work->link);
    if (is_queued) {
        tcn_list_remove(&work->link);
        workers->queued--;
    }
    uv_mutex_unlock(&workers->lock);
    return is_queued;
}

bool tcn_workers_is_queued(tcn_workers *workers, const tcn_work *work)
{
    uv_mutex_lock(&workers->lock);
    bool is_queued = !tcn_list_is_empty(&work->link);
    uv_mutex_unlock(&workers->lock);
    return is_queued;
}

void tcn_workers_give_up(tcn_workers *workers, const tocsin_delivery *handle)
{
    if (workers == NULL)
        return;
    uv_mutex_lock(&workers->lock);
    for (uint32_t i = 0; i < workers->thread_count; i++)
        if (workers->threads[i].handle == handle)
            workers->threads[i].is_stuck = true;
    uv_mutex_unlock(&workers->lock);
}

/* Called with the lock. */
static uint32_t count_stuck(const tcn_workers *workers)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < workers->thread_count; i++)
        count += workers->threads[i].is_stuck;
    return count;
}

bool tcn_workers_are_stuck(tcn_workers *workers)
{
    if (workers == NULL)
        return false;
    uv_mutex_lock(&workers->lock);
    bool are_stuck = count_stuck(workers) == workers->thread_count;
    uv_mutex_unlock(&workers->lock);
    return are_stuck;
}

bool tcn_workers_are_idle(tcn_workers *workers)
{
    if (workers == NULL)
        return true;
    uv_mutex_lock(&workers->lock);
    bool are_idle = workers->busy + workers->queued == 0;
    uv_mutex_unlock(&workers->lock);
    return are_idle;
}

void tcn_workers_watch(tcn_workers *workers)
{
    if (workers == NULL)
        return;
    uv_mutex_lock(&workers->lock);
    workers->is_watched = true;
    uv_mutex_unlock(&workers->lock);
}

json_t *tcn_workers_status(tcn_workers *workers)
{
    uv_mutex_lock(&workers->lock);
    json_t *status =
        json_pack("{s:i, s:i, s:i, s:i}", "threads", (int)workers->thread_count, "busy",
                  (int)workers->busy, "stuck", (int)count_stuck(workers), "queued",
                  (int)workers->queued);
    uv_mutex_unlock(&workers->lock);
    return status;
}
