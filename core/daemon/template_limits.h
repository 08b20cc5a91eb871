/* SPDX-License-Identifier: Apache-2.0 */
/* template_limits.h - what the keys templates.* say, as limits of templates. */
#ifndef TCN_DAEMON_TEMPLATE_LIMITS_H
#define TCN_DAEMON_TEMPLATE_LIMITS_H

#include "core/daemon/config.h"
#include "core/template/template.h"

tcn_tpl_limits tcn_config_template_limits(const tcn_config *config);

#endif
