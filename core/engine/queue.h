/* SPDX-License-Identifier: Apache-2.0 */
/* queue.h - events that the engine emitted and has not evaluated yet, first in, first
 * out. They borrow from the step that emitted them; what is left at its end is copied. */
#ifndef TCN_ENGINE_QUEUE_H
#define TCN_ENGINE_QUEUE_H

#include "core/event/event.h"

typedef struct tcn_queued {
    const tcn_event *event;
    tcn_event *own; /* to be freed; NULL: borrowed from the step */
} tcn_queued;

typedef struct tcn_queue {
    tcn_queued *items;
    size_t first, count, capacity; /* items first to first + count - 1 */
} tcn_queue;

void tcn_queue_deinit(tcn_queue *queue);
/* own: event is taken over, also on failure. 0 or TCN_E_NOMEM. */
int tcn_queue_add(tcn_queue *queue, const tcn_event *event, tcn_event *own);
/* The queue is not empty. What was own moves to the caller. */
tcn_queued tcn_queue_take(tcn_queue *queue);
/* Copies what is borrowed. */
int tcn_queue_keep(tcn_queue *queue);

#endif
