/* SPDX-License-Identifier: Apache-2.0 */
/* note.h - which instance runs on which thread, noted before a plugin's function is
 * called and taken back afterwards. Who looks when a thread crashes can call nothing and
 * trust little, so the notes lie in one piece of memory that is there from the start. */
#ifndef TCN_PLUGIN_NOTE_H
#define TCN_PLUGIN_NOTE_H

#include <tocsin/plugin.h>
#include <uv.h>

#include "core/plugin/plugins.h"

#define TCN_NOTES_MAX 1024

/* What a thread does. Texts live as long as the instance. */
typedef struct tcn_note {
    int32_t thread;   /* of the kernel; 0: nobody's */
    const char *slot; /* "send", "timer", ...; NULL: no plugin runs */
    const char *plugin, *version, *instance;
    const uint8_t *sha256; /* of the plugin's file */
    uint16_t depth;        /* of the firing that led here; 0: none is known */
} tcn_note;

typedef struct tcn_notes {
    tcn_note *items; /* TCN_NOTES_MAX; the first is the loop's */
    uv_mutex_t lock; /* for the threads of the others */
} tcn_notes;

int tcn_notes_init(tcn_notes *notes);
void tcn_notes_deinit(tcn_notes *notes);
/* [any] The calling thread's note until it is given back; NULL: there is none left. */
tcn_note *tcn_notes_claim(tcn_notes *notes);
void tcn_notes_give_back(tcn_notes *notes, tcn_note *note);
/* [any] The depth that the calling thread's note holds. */
uint16_t tcn_notes_depth(tcn_notes *notes);

/* [any] What stood in it before, to be given to leave. note NULL: nothing happens. */
tcn_note tcn_note_enter(tcn_note *note, const tocsin_self *self, const char *slot,
                        uint16_t depth);
void tcn_note_leave(tcn_note *note, const tcn_note *before);

/* [loop] The depth that the loop's note holds. */
uint16_t tcn_note_depth(const tocsin_self *self);

/* A call of a plugin's function on the loop: noted and timed. */
typedef struct tcn_visit {
    tocsin_self *self;
    const char *slot;
    tcn_note before;
    int64_t began_us;
} tcn_visit;
tcn_visit tcn_visit_begin(tocsin_self *self, const char *slot, uint16_t depth);
/* One that held the loop for too long is counted and logged. */
void tcn_visit_end(const tcn_visit *visit);

#endif
