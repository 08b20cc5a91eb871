/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_message.h - a message in the form in which plugins get it, with texts of its
 * own. */
#ifndef TCN_PLUGIN_DELIVERY_MESSAGE_H
#define TCN_PLUGIN_DELIVERY_MESSAGE_H

#include <tocsin/plugin.h>

#include "core/plugin/plugins.h"

/* Bytes of all its texts. */
size_t tcn_delivery_message_size(const tcn_message *message);
/* The plugin's form; its texts are copied to place, which has room for all of them. */
tocsin_message tcn_delivery_message_copy(const tcn_message *message, char *place);

#endif
