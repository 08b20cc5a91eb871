/* SPDX-License-Identifier: Apache-2.0 */
/* webhook_fixture.h - blocks of the plugin webhook and a receiver of what they send. */
#ifndef TCN_TESTS_PLUGIN_WEBHOOK_FIXTURE_H
#define TCN_TESTS_PLUGIN_WEBHOOK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "receiver.h"

static inline int set_up(void **state)
{
    return receiver_set_up(state, "webhook");
}

/* options: members after "url", such as "\"method\": \"PUT\"". path may hold templates.
 */
static inline tcn_block *block(fixture *f, const char *path, const char *options)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "\"url\": \"URL%s\"%s%s", path,
                   options[0] != '\0' ? ", " : "", options);
    return receiver_block(f, "webhook", text);
}

static inline outcome send_with(fixture *f, const char *path, const char *options)
{
    tcn_message message = rig_message();
    return rig_send(&f->r, block(f, path, options), &message);
}

#endif
