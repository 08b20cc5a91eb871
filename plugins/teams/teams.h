/* SPDX-License-Identifier: Apache-2.0 */
/* teams.h - one configured block of the plugin "teams". */
#ifndef TEAMS_TEAMS_H
#define TEAMS_TEAMS_H

#include <tocsin/delivery.h>

enum teams_kind {
    KIND_AUTO,
    KIND_WORKFLOW,
    KIND_CONNECTOR
};

/* What is known before any message comes; not changed after create. */
struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    enum teams_kind kind;             /* never AUTO after create */
    bool is_prefect;                  /* format: prefect */
    bool has_card;                    /* an own one */
    bool has_workflow_url, needs_tls; /* of Prefect's block */
    bool wraps, has_image, is_wide, has_footer;
    const tocsin_pair *facts; /* names */
    uint64_t fact_count;
    tocsin_str image_base;
};

/* block_type.c: the table of the extension, or NULL; is it a URL that a block of
 * Prefect's type takes; and is it one without TLS, which that block calls with TLS all
 * the same? */
const void *teams_extension(const char *id);
bool teams_is_workflow_url(tocsin_str url);
bool teams_needs_tls(const tocsin_instance *teams, tocsin_str url);

#endif
