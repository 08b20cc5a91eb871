/* SPDX-License-Identifier: Apache-2.0 */
/* mail.h - host->smtp: mail of plugins through the shared client. [loop] */
#ifndef TCN_PLUGIN_MAIL_H
#define TCN_PLUGIN_MAIL_H

#include "core/plugin/plugins_int.h"

int32_t tcn_mail_smtp(tocsin_self *self, tocsin_delivery *handle,
                      const tocsin_smtp_request *request, tocsin_reply_cb cb, void *ud,
                      tocsin_call **ret);

#endif
