/* SPDX-License-Identifier: Apache-2.0 */
/* note.c - entering and leaving the code of plugins. */
#include "core/plugin/note.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/plugin/plugins_int.h"

static int32_t thread_id(void)
{
    return (int32_t)syscall(SYS_gettid);
}

/* ---- notes ---- */

int tcn_notes_init(tcn_notes *notes)
{
    notes->items = tcn_alloc_array(TCN_NOTES_MAX, sizeof *notes->items);
    if (notes->items == NULL)
        return TCN_E_NOMEM;
    notes->items[0].thread = thread_id();
    int rc = uv_mutex_init(&notes->lock);
    if (rc < 0)
        tcn_free(notes->items);
    return rc;
}

void tcn_notes_deinit(tcn_notes *notes)
{
    uv_mutex_destroy(&notes->lock);
    tcn_free(notes->items);
}

tcn_note *tcn_notes_claim(tcn_notes *notes)
{
    tcn_note *found = NULL;
    uv_mutex_lock(&notes->lock);
    for (size_t i = 1; found == NULL && i < TCN_NOTES_MAX; i++)
        if (notes->items[i].thread == 0)
            found = &notes->items[i];
    if (found != NULL)
        found->thread = thread_id();
    uv_mutex_unlock(&notes->lock);
    return found;
}

void tcn_notes_give_back(tcn_notes *notes, tcn_note *note)
{
    if (note == NULL)
        return;
    uv_mutex_lock(&notes->lock);
    *note = (tcn_note){0};
    uv_mutex_unlock(&notes->lock);
}

uint16_t tcn_notes_depth(tcn_notes *notes)
{
    int32_t thread = thread_id();
    uint16_t depth = 0;
    uv_mutex_lock(&notes->lock);
    for (size_t i = 0; i < TCN_NOTES_MAX; i++) {
        if (notes->items[i].thread == thread) {
            depth = notes->items[i].depth;
            break;
        }
    }
    uv_mutex_unlock(&notes->lock);
    return depth;
}

tcn_note tcn_note_enter(tcn_note *note, const tocsin_self *self, const char *slot,
                        uint16_t depth)
{
    if (note == NULL)
        return (tcn_note){0};
    tcn_note before = *note;
    note->plugin = self->table->id;
    note->version = self->table->version;
    note->instance = self->name;
    note->sha256 = self->file->copy.sha256;
    note->depth = depth;
    note->slot = slot;
    return before;
}

void tcn_note_leave(tcn_note *note, const tcn_note *before)
{
    if (note != NULL)
        *note = *before;
}

/* ---- visits ---- */

uint16_t tcn_note_depth(const tocsin_self *self)
{
    return self->plugins->notes.items[0].depth;
}

tcn_visit tcn_visit_begin(tocsin_self *self, const char *slot, uint16_t depth)
{
    return (tcn_visit){
        .self = self,
        .slot = slot,
        .before = tcn_note_enter(&self->plugins->notes.items[0], self, slot, depth),
        .began_us = tcn_clock_mono_us(),
    };
}

void tcn_visit_end(const tcn_visit *visit)
{
    tocsin_self *self = visit->self;
    const tcn_plugins *plugins = self->plugins;
    int64_t took_us = tcn_clock_mono_us() - visit->began_us;
    tcn_note_leave(&plugins->notes.items[0], &visit->before);
    bool is_create = strcmp(visit->slot, "create") == 0;
    if (took_us <= (is_create ? plugins->times.create_us : plugins->times.send_us))
        return;
    self->stalls++;
    if (took_us > self->longest_stall_us)
        self->longest_stall_us = took_us;
    tcn_log_write(plugins->log, TCN_LOG_WARNING, "plugin",
                  "block %s: %s of plugin %s held the loop for %lld ms", self->name,
                  visit->slot, self->table->id, (long long)(took_us / 1000));
}
