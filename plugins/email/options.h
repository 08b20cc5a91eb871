/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the options of a block, and the block types of Prefect that become them. */
#ifndef EMAIL_OPTIONS_H
#define EMAIL_OPTIONS_H

#include "email.h"

#define EMAIL_OPTIONS 22

extern const tocsin_option email_options[EMAIL_OPTIONS];

/* Fills what is known before any message comes. */
int32_t email_options_read(tocsin_instance *email, tocsin_error *reterr);
/* The table of an extension, or NULL. */
const void *email_extension(const char *id);

#endif
