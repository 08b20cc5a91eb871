/* SPDX-License-Identifier: Apache-2.0 */
/* puppet.h - what the files of the plugin puppet share: puppet.c has its table, its life
 * and its crashes, puppet_send.c what it does with messages. */
#ifndef TCN_TESTS_PLUGINS_PUPPET_H
#define TCN_TESTS_PLUGINS_PUPPET_H

#include <tocsin/plugin.h>

#include <pthread.h>
#include <string.h>

#ifndef PUPPET_VERSION
#define PUPPET_VERSION "1.0"
#endif

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    tocsin_str send, life;
    pthread_t thread;
    int has_thread, has_workers;
    tocsin_delivery *delivery;
};

static inline int is(tocsin_str s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

static inline tocsin_str str_of(const char *text)
{
    tocsin_str s = {text, strlen(text)};
    return s;
}

static inline void put(char *to, const char *text)
{
    memcpy(to, text, strlen(text) + 1);
}

/* Crashes if the options say so of that slot. */
void puppet_crash_in(tocsin_instance *puppet, const char *slot);

/* Slots of the plugin's table; prepare is there in builds with PREPARE only. */
int32_t puppet_prepare(tocsin_instance *puppet, const tocsin_message *message,
                       tocsin_delivery *delivery, tocsin_error *reterr);
int32_t puppet_send(tocsin_instance *puppet, const tocsin_message *message,
                    tocsin_delivery *delivery);
void puppet_cancel(tocsin_instance *puppet, tocsin_delivery *delivery);

#endif
