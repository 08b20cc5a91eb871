/* SPDX-License-Identifier: Apache-2.0 */
/* prefect_options.h - a block document of one of Prefect's types as what the plugin that
 * serves the type understands. */
#ifndef TCN_PLUGIN_PREFECT_OPTIONS_H
#define TCN_PLUGIN_PREFECT_OPTIONS_H

#include "core/gate/file.h"

/* A reference to another document stands in a document as {"$block": {"slug", "name",
 * "data"}}: whoever knows the documents puts it there. Where the same plugin serves that
 * type, the other document's options come before this one's. */
#define TCN_PREFECT_REFERENCE "$block"

typedef struct tcn_prefect_settings { /* of the daemon, for every block */
    const char *image_base;           /* blocks.image_base; NULL: none */
    const char *const *test_hosts;    /* blocks.test_hosts */
    size_t test_host_count;
} tcn_prefect_settings;

typedef struct tcn_prefect_options {
    json_t *options;         /* of the plugin */
    json_t *host;            /* keys of the host, such as timeout */
    uint32_t severity;       /* TOCSIN_INFO ...; 0: as the event says */
    bool is_private_refused; /* allow_private_urls: false */
} tcn_prefect_options;

/* Fields that the type does not have are ignored. Every problem goes to problems as
 * "options.FIELD"; *ret is filled when there was no error. */
int tcn_prefect_options_make(const tcn_plugin_file *file, const tcn_prefect_type *type,
                             const json_t *document, const tcn_options_env *env,
                             const tcn_prefect_settings *settings,
                             tcn_prefect_options *ret, tcn_problems *problems);
/* The document with its secrets masked; a new reference, NULL when out of memory. */
json_t *tcn_prefect_shown(const tcn_prefect_type *type, const json_t *document);
void tcn_prefect_options_deinit(tcn_prefect_options *options);

#endif
