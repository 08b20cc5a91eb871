/* SPDX-License-Identifier: Apache-2.0 */
/* slack_fixture.h - blocks of the plugin slack and a receiver in place of Slack. */
#ifndef TCN_TESTS_PLUGIN_SLACK_FIXTURE_H
#define TCN_TESTS_PLUGIN_SLACK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <tocsin/text.h>

#include "payload.h"

#define HOOK "\"url\": \"URL/services/T0/B0/canary-hook\""
#define BOT                                                     \
    "\"token\": \"xoxb-canary-token\", \"channel\": \"#ops\", " \
    "\"api_url\": \"URL/api\""

static inline int set_up(void **state)
{
    int rc = receiver_set_up(state, "slack");
    fixture *f = *state;
    f->in.body = "ok";
    return rc;
}

static inline tcn_block *block(fixture *f, const char *options)
{
    return receiver_block(f, "slack", options);
}

static inline outcome send_with(fixture *f, const char *options)
{
    return receiver_send(f, "slack", options);
}

/* The text of a block of what was sent. */
static inline const char *text_of_block(const char *json, unsigned place)
{
    char path[64];
    (void)snprintf(path, sizeof path, "blocks/%u/text/text", place);
    return payload_text(json, path);
}

static inline size_t units(const char *text)
{
    return tocsin_str_units(tocsin_str_of(text));
}

#endif
