/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c - the queue of emitted events. */
#include "core/engine/queue.h"

#include "core/base/alloc.h"

void tcn_queue_deinit(tcn_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        tcn_event_free(queue->items[queue->first + i].own);
    tcn_free(queue->items);
    *queue = (tcn_queue){0};
}

int tcn_queue_add(tcn_queue *queue, const tcn_event *event, tcn_event *own)
{
    if (queue->first > queue->count) {
        memmove(queue->items, queue->items + queue->first,
                queue->count * sizeof *queue->items);
        queue->first = 0;
    }
    int rc = tcn_grow((void **)&queue->items, &queue->capacity,
                      queue->first + queue->count + 1, sizeof *queue->items);
    if (rc < 0) {
        tcn_event_free(own);
        return rc;
    }
    queue->items[queue->first + queue->count] = (tcn_queued){event, own};
    queue->count++;
    return 0;
}

tcn_queued tcn_queue_take(tcn_queue *queue)
{
    tcn_queued item = queue->items[queue->first];
    queue->first++;
    queue->count--;
    if (queue->count == 0)
        queue->first = 0;
    return item;
}

int tcn_queue_keep(tcn_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++) {
        tcn_queued *item = &queue->items[queue->first + i];
        if (item->own != NULL)
            continue;
        tcn_event *copy = tcn_event_copy(item->event);
        if (copy == NULL)
            return TCN_E_NOMEM;
        *item = (tcn_queued){copy, copy};
    }
    return 0;
}
