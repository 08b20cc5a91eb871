/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c - texts that are put together byte by byte: what formats elsewhere may lock or
 * allocate. */
#include "core/plugin/crash.h"

#include "core/gate/copy.h"

#define FIELD_MAX 64 /* of one text: ids and names are shorter */

typedef struct writer {
    char *out;
    size_t len;
} writer;

static void put_char(writer *w, char c)
{
    if (w->len < TCN_CRASH_TEXT)
        w->out[w->len++] = c;
}

static void put(writer *w, const char *text)
{
    for (size_t i = 0; text[i] != '\0' && i < FIELD_MAX; i++)
        put_char(w, text[i]);
}

static void put_number(writer *w, int64_t number)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest = number < 0 ? 0 : (uint64_t)number;
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    while (count > 0)
        put_char(w, digits[--count]);
}

static void put_hex(writer *w, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        put_char(w, digits[bytes[i] >> 4]);
        put_char(w, digits[bytes[i] & 15]);
    }
}

size_t tcn_crash_words(const char *prefix, const tcn_note *note, int signal,
                       char out[TCN_CRASH_TEXT])
{
    writer w = {.out = out};
    put(&w, prefix);
    put(&w, signal == 0 ? "exit called" : "fatal signal ");
    if (signal != 0)
        put_number(&w, signal);
    if (note == NULL || note->slot == NULL) {
        put(&w, " in the daemon\n");
        return w.len;
    }
    const char *const parts[] = {" in plugin ", note->plugin,  " ",
                                 note->version, ", instance ", note->instance,
                                 ", ",          note->slot,    "\n"};
    for (size_t i = 0; i < TCN_COUNT(parts); i++)
        put(&w, parts[i]);
    return w.len;
}

size_t tcn_crash_record(const tcn_note *note, int signal, int64_t at_us,
                        char out[TCN_CRASH_TEXT])
{
    writer w = {.out = out};
    put_number(&w, at_us);
    put(&w, " ");
    put_number(&w, signal);
    const char *const parts[] = {
        " ", note->plugin, " ", note->version, " ", note->instance, " ", note->slot, " "};
    for (size_t i = 0; i < TCN_COUNT(parts); i++)
        put(&w, parts[i]);
    put_hex(&w, note->sha256, TCN_SHA256);
    put(&w, "\n");
    return w.len;
}

bool tcn_crash_read(tcn_str line, tcn_crash *ret)
{
    tcn_crash crash = {0};
    tcn_str at, signal;
    bool is_good = tcn_str_split(&line, ' ', &at) && tcn_str_split(&line, ' ', &signal) &&
                   tcn_str_split(&line, ' ', &crash.plugin) &&
                   tcn_str_split(&line, ' ', &crash.version) &&
                   tcn_str_split(&line, ' ', &crash.instance) &&
                   tcn_str_split(&line, ' ', &crash.slot) &&
                   line.len == (size_t)TCN_SHA256 * 2 &&
                   tcn_str_int(at, 0, INT64_MAX, &crash.at_us) &&
                   tcn_str_int(signal, 0, 128, &crash.signal);
    crash.sha256 = line;
    if (is_good)
        *ret = crash;
    return is_good;
}
