/* SPDX-License-Identifier: Apache-2.0 */
/* call.h - one exchange of a plugin, whatever it speaks: who may begin one and when, how
 * long it may take, and its end. [loop] */
#ifndef TCN_PLUGIN_CALL_H
#define TCN_PLUGIN_CALL_H

#include <jansson.h>

#include "core/plugin/plugins_int.h"

struct tocsin_call {
    tcn_list link;          /* in self's calls */
    tcn_list delivery_link; /* in its delivery's calls, or alone */
    tocsin_self *self;
    tcn_delivery *delivery; /* of its beginning; NULL: none */
    tcn_exchange *exchange;
    uv_timer_t *held; /* of a dry run: in place of the exchange */
    json_t *record;   /* where the reply is noted; NULL: nowhere */
    uint32_t timeout_ms;
    uint16_t depth; /* of what began it */
    tocsin_reply_cb cb;
    void *ud;
};

/* TOCSIN_OK: *ret may start its exchange now, then tcn_call_begin or tcn_call_drop. Else
 * why not, in the words of the ABI. net: what the request says, or NULL. */
int32_t tcn_call_new(tocsin_self *self, tocsin_delivery *handle, const tocsin_net *net,
                     tocsin_reply_cb cb, void *ud, tocsin_call **ret);
void tcn_call_drop(tocsin_call *call);
#define TCN_CALL_NO_SIZE "its struct_size is not set"
/* The host's service does not take a request. Where the author made a mistake the log
 * tells what it is, and so does the end of the delivery if send hands the code on.
 * Returns the code in the words of the ABI. */
int32_t tcn_call_refuse(tocsin_self *self, const char *service, int code,
                        const char *text);
/* Where what the call sends is recorded; NULL: nowhere. */
struct tcn_recorder *tcn_call_recorder(const tocsin_call *call);
/* In place of an exchange: nothing is sent, and the call ends with E_CANCELED. 0 or
 * TCN_E_NOMEM. */
int tcn_call_hold(tocsin_call *call);
/* The exchange is under way. */
void tcn_call_begin(tocsin_call *call, uint32_t request_flags, tocsin_call **ret);
/* The plugin gets its reply, and the call is gone. */
void tcn_call_end(tocsin_call *call, const tocsin_reply *reply);
/* The client's error codes in the words of the ABI. */
int32_t tcn_call_code(int error);

#endif
