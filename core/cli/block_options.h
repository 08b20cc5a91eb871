/* SPDX-License-Identifier: Apache-2.0 */
/* block_options.h - the options of a block as a command line gives them. */
#ifndef TCN_CLI_BLOCK_OPTIONS_H
#define TCN_CLI_BLOCK_OPTIONS_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/cli/options.h"

/* file: a document of YAML or JSON, "-" standard input, NULL none; list: "KEY=VALUE",
 * where VALUE is YAML, or "-" for standard input. *ret is a new reference. */
int tcn_block_options_read(const char *file, const tcn_option_list *list, json_t **ret,
                           tcn_err *reterr);

#endif
