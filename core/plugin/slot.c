/* SPDX-License-Identifier: Apache-2.0 */
/* slot.c - slots stand on multiples of 64 bytes, so a handle is a slot's address plus its
 * use number modulo 64. The order of reuse keeps a slot from coming back before 64 others
 * were used, so a handle must be some 4,000 deliveries old to be taken for a new one. */
#include "core/plugin/slot.h"

#include "core/base/alloc.h"

#define ALIGN ((uintptr_t)64)
#define CHUNK 65

typedef struct slot {
    tcn_list link; /* in free */
    tcn_slots *slots;
    tcn_delivery *delivery; /* NULL: free */
    const char *plugin;
    void *data;
    uint32_t use;
    bool is_canceled;
} slot;
_Static_assert(sizeof(slot) <= ALIGN, "a slot fits its place");

int tcn_slots_init(tcn_slots *slots, tcn_plugins *plugins)
{
    slots->plugins = plugins;
    tcn_list_init(&slots->free);
    tcn_list_init(&slots->chunks);
    return uv_mutex_init(&slots->lock);
}

void tcn_slots_deinit(tcn_slots *slots)
{
    tcn_list_foreach (chunk, &slots->chunks)
        tcn_free(chunk);
    uv_mutex_destroy(&slots->lock);
}

static int grow(tcn_slots *slots)
{
    tcn_list *chunk = tcn_alloc_zero(sizeof *chunk + (CHUNK + 1) * ALIGN);
    if (chunk == NULL)
        return TCN_E_NOMEM;
    tcn_list_append(&slots->chunks, chunk);
    char *first = (char *)(chunk + 1);
    first += (ALIGN - (uintptr_t)first % ALIGN) % ALIGN;
    for (size_t i = 0; i < CHUNK; i++) {
        slot *s = (void *)(first + i * ALIGN);
        s->slots = slots;
        tcn_list_append(&slots->free, &s->link);
    }
    return 0;
}

static slot *slot_of(tocsin_delivery *handle)
{
    return (void *)((char *)handle - (uintptr_t)handle % ALIGN);
}

static bool is_current(const slot *s, tocsin_delivery *handle)
{
    return s->delivery != NULL && s->use % ALIGN == (uintptr_t)handle % ALIGN;
}

tocsin_delivery *tcn_slot_take(tcn_slots *slots, tcn_delivery *delivery,
                               const char *plugin)
{
    uv_mutex_lock(&slots->lock);
    slot *s = NULL;
    if (!tcn_list_is_empty(&slots->free) || grow(slots) == 0) {
        s = tcn_container_of(slots->free.next, slot, link);
        tcn_list_remove(&s->link);
        s->delivery = delivery;
        s->plugin = plugin;
        s->data = NULL;
        s->is_canceled = false;
        s->use++;
    }
    uv_mutex_unlock(&slots->lock);
    return s == NULL ? NULL : (void *)((char *)s + s->use % ALIGN);
}

void tcn_slot_release(tocsin_delivery *handle)
{
    slot *s = slot_of(handle);
    uv_mutex_lock(&s->slots->lock);
    s->delivery = NULL;
    tcn_list_append(&s->slots->free, &s->link);
    uv_mutex_unlock(&s->slots->lock);
}

tcn_plugins *tcn_slot_plugins(tocsin_delivery *handle)
{
    return slot_of(handle)->slots->plugins;
}

const char *tcn_slot_plugin(tocsin_delivery *handle)
{
    slot *s = slot_of(handle);
    uv_mutex_lock(&s->slots->lock);
    const char *plugin = s->plugin;
    uv_mutex_unlock(&s->slots->lock);
    return plugin;
}

tcn_delivery *tcn_slot_delivery(tocsin_delivery *handle)
{
    slot *s = slot_of(handle);
    uv_mutex_lock(&s->slots->lock);
    tcn_delivery *delivery = is_current(s, handle) ? s->delivery : NULL;
    uv_mutex_unlock(&s->slots->lock);
    return delivery;
}

void tcn_slot_data_set(tocsin_delivery *handle, void *data)
{
    slot *s = slot_of(handle);
    uv_mutex_lock(&s->slots->lock);
    if (is_current(s, handle))
        s->data = data;
    uv_mutex_unlock(&s->slots->lock);
}

void *tcn_slot_data_get(tocsin_delivery *handle)
{
    slot *s = slot_of(handle);
    uv_mutex_lock(&s->slots->lock);
    void *data = is_current(s, handle) ? s->data : NULL;
    uv_mutex_unlock(&s->slots->lock);
    return data;
}

int32_t tcn_slot_is_canceled(tocsin_delivery *handle)
{
    slot *s = slot_of(handle);
    uv_mutex_lock(&s->slots->lock);
    int32_t is_canceled = !is_current(s, handle) || s->is_canceled;
    uv_mutex_unlock(&s->slots->lock);
    return is_canceled;
}

void tcn_slot_cancel(tocsin_delivery *handle)
{
    slot *s = slot_of(handle);
    uv_mutex_lock(&s->slots->lock);
    if (is_current(s, handle))
        s->is_canceled = true;
    uv_mutex_unlock(&s->slots->lock);
}
