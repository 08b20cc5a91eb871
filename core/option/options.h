/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the options of one block, validated against the plugin's table: what the
 * public header calls tocsin_config. Complete after tcn_options_new and not changed
 * afterwards, but for secrets, which follow their files. */
#ifndef TCN_OPTION_OPTIONS_H
#define TCN_OPTION_OPTIONS_H

#include <jansson.h>
#include <tocsin/plugin.h>

#include "core/base/err.h"
#include "core/option/option_template.h"
#include "core/option/secret.h"

typedef struct tcn_options_env {
    tcn_secret_source secrets;
    tcn_tpl_env templates;
} tcn_options_env;

typedef struct tcn_options_table {
    const char *plugin_id;
    const tocsin_option *options;
    size_t count;
} tcn_options_table;

/* A key that every block has besides its plugin's options ("timeout"). */
bool tcn_is_host_key(const char *key);
/* NULL: the plugin has no such option. */
const tocsin_option *tcn_options_find(const tcn_options_table *table, const char *key);

/* document: an object, or NULL for none. Every problem goes to problems as "options.KEY";
 * *ret is set only when none of them was an error. table and env are borrowed and must
 * outlive the config. */
int tcn_options_new(const tcn_options_table *table, const tcn_options_env *env,
                    const json_t *document, tocsin_config **ret, tcn_problems *problems);
void tcn_options_free(tocsin_config *config);
/* Key under which limits are shared: plugin and the values of its DESTINATION options. */
uint64_t tcn_options_destination(const tocsin_config *config);
/* Appends text to out with every secret masked, also where JSON or a URL wrote it with
 * escapes. */
int tcn_options_mask(const tocsin_config *config, tcn_str text, tcn_buf *out);
/* Is a URL among the options that is a secret? */
bool tcn_options_has_secret_url(const tocsin_config *config);
/* Does a MAP of secret values have an entry of that name, in any case of letters? */
bool tcn_options_is_secret_entry(const tocsin_config *config, tcn_str name);

/* The services opt_str ... secret of the public header. [any] */
int32_t tcn_options_str(const tocsin_config *config, const char *key, tocsin_str *ret);
int32_t tcn_options_int(const tocsin_config *config, const char *key, int64_t *ret);
int32_t tcn_options_num(const tocsin_config *config, const char *key, double *ret);
int32_t tcn_options_list(const tocsin_config *config, const char *key,
                         const tocsin_str **ret, uint64_t *ret_count);
int32_t tcn_options_map(const tocsin_config *config, const char *key,
                        const tocsin_pair **ret, uint64_t *ret_count);
int32_t tcn_options_secret(const tocsin_config *config, const char *key, const char *sub,
                           char *buf, size_t cap, size_t *ret_len);

/* What renders an option, or one value of a MAP: exactly one of the two is set. Borrowed.
 */
typedef struct tcn_option_source {
    const tcn_option_template *tpl;
    tcn_secret *secret; /* taken as it is */
} tcn_option_source;
/* TOCSIN_E_NOT_FOUND: unset; TOCSIN_E_INVALID: no TEMPLATE. */
int32_t tcn_options_template(const tocsin_config *config, const char *key,
                             const char *sub, tcn_option_source *ret);

#endif
