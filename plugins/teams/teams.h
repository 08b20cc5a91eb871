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
    enum teams_kind kind; /* never AUTO after create */
    bool is_prefect;      /* format: prefect */
    bool has_card;        /* an own one */
    bool wraps, has_image, is_wide, has_footer;
    const tocsin_pair *facts; /* names */
    uint64_t fact_count;
    tocsin_str image_base;
};

#endif
