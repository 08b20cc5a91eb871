/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h - host->use_workers: threads of one instance's own on which its send runs,
 * behind a bounded queue. A thread that never comes back is counted as busy for ever:
 * nobody waits for it. [loop] unless said otherwise. */
#ifndef TCN_PLUGIN_WORKER_H
#define TCN_PLUGIN_WORKER_H

#include <jansson.h>

#include "core/plugin/plugins_int.h"

/* One call of send that is to be made; part of a delivery. */
typedef struct tcn_work {
    tcn_list link; /* in the queue, or alone */
    tocsin_delivery *handle;
    tocsin_message *message; /* timeout_ms is what is left when send is called */
    int64_t deadline_mono_ms;
    uint16_t depth; /* of the firing */
} tcn_work;

/* The service of the public header. */
int32_t tcn_workers_use(tocsin_self *self, uint32_t threads, uint32_t queue);
/* They are not full. work stays where it is until it was withdrawn or its send has called
 * done. A negative answer of send comes back as a post. */
void tcn_workers_submit(tcn_workers *workers, tcn_work *work);
/* Takes it out of the queue. false: a thread has it, or had it. */
bool tcn_workers_withdraw(tcn_workers *workers, tcn_work *work);
/* Is the queue full? */
bool tcn_workers_are_full(tcn_workers *workers);
bool tcn_workers_is_queued(tcn_workers *workers, const tcn_work *work);
/* The caller has given up on the call of send for that delivery: until it returns, the
 * thread counts as stuck. NULL: nothing. */
void tcn_workers_give_up(tcn_workers *workers, const tocsin_delivery *handle);
/* Is every thread stuck? NULL: no. */
bool tcn_workers_are_stuck(tcn_workers *workers);
/* Is no call under way and none waiting? NULL: yes. */
bool tcn_workers_are_idle(tcn_workers *workers);
/* Calls tcn_instance_progress whenever they become idle. NULL: nothing. */
void tcn_workers_watch(tcn_workers *workers);
/* They are idle: ends the threads. NULL: nothing. */
void tcn_workers_free(tcn_workers *workers);
/* {"threads", "busy", "stuck", "queued"}; a new reference. */
json_t *tcn_workers_status(tcn_workers *workers);

#endif
