/* SPDX-License-Identifier: Apache-2.0 */
/* crash.h - how a crash is put in words, for people and for the next start. Writing needs
 * nothing but memory of the caller's, so that it can be done in a handler of signals. */
#ifndef TCN_PLUGIN_CRASH_H
#define TCN_PLUGIN_CRASH_H

#include "core/base/str.h"
#include "core/plugin/note.h"

#define TCN_CRASH_TEXT 400 /* bytes that are always enough */

/* prefix, "fatal signal 11 in plugin slack 1.4.0, instance ops-alerts, send" and a line
 * end; signal 0: "exit called in ...". note NULL, or no plugin in it: "... in the
 * daemon". The length. */
size_t tcn_crash_words(const char *prefix, const tcn_note *note, int signal,
                       char out[TCN_CRASH_TEXT]);
/* One line of the file of crashes, of a note with a plugin in it. */
size_t tcn_crash_record(const tcn_note *note, int signal, int64_t at_us,
                        char out[TCN_CRASH_TEXT]);

/* A record as it is read again; texts borrow from the line. */
typedef struct tcn_crash {
    int64_t at_us, signal;
    tcn_str plugin, version, instance, slot;
    tcn_str sha256; /* hexadecimal */
} tcn_crash;
/* line without its end. false: it is none. */
bool tcn_crash_read(tcn_str line, tcn_crash *ret);

#endif
