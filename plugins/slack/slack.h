/* SPDX-License-Identifier: Apache-2.0 */
/* slack.h - one configured block of the plugin "slack", and the requests that it makes of
 * a message. */
#ifndef SLACK_SLACK_H
#define SLACK_SLACK_H

#include <tocsin/delivery.h>

enum slack_format {
    FORMAT_TEXT,
    FORMAT_BLOCKS,
    FORMAT_PREFECT
};

/* What is known before any message comes; not changed after create. */
struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    enum slack_format format;
    bool is_bot;     /* token and channel; else the URL of an incoming webhook */
    bool is_plain;   /* markup: plain */
    bool has_blocks; /* own blocks */
    bool splits;     /* overflow: split */
    bool unfurls, has_footer;
    tocsin_str api_url, image_base;
    const char *footer_name; /* in Prefect's form */
};

/* block_type.c: the table of the extension, or NULL; and what is wrong with the URL of a
 * block of Prefect's type (NULL: nothing), which also says whose footer it gets. */
const void *slack_extension(const char *id);
const char *slack_read_url(tocsin_instance *slack);

#define SLACK_PARTS 5 /* messages that one notification may become */

/* The bodies of the requests, in the order in which they are sent. */
typedef struct slack_parts {
    tocsin_text bodies[SLACK_PARTS];
    unsigned count;
} slack_parts;

/* Fills *parts. False: *end says why. */
bool slack_message(const tocsin_instance *slack, const tocsin_message *message,
                   tocsin_delivery *delivery, slack_parts *parts, tocsin_ending *end);
void slack_parts_free(slack_parts *parts);

#endif
