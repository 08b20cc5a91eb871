/* SPDX-License-Identifier: Apache-2.0 */
/* call.h - one exchange of a plugin, whatever it speaks: who may begin one and when, how
 * long it may take, and its end. [loop] */
#ifndef TCN_PLUGIN_CALL_H
#define TCN_PLUGIN_CALL_H

#include <jansson.h>

#include "core/plugin/plugins_int.h"
#include "core/plugin/record.h"

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

/* What the exchanges of one service of the host do not have in common. request: the
 * service's own, checked. All return 0 or a code of ours. */
typedef struct tcn_call_service {
    const char *name; /* of the host's table */
    /* Where the delivery is recorded; *ret as in record.h. */
    int (*record)(tcn_recorder *recorder, const tocsin_config *config,
                  const void *request, json_t **ret);
    /* Sets call->exchange, whose end calls tcn_call_end. */
    int (*start)(tocsin_call *call, const void *request, tcn_err *reterr);
} tcn_call_service;

/* TOCSIN_OK: *ret waits for tcn_call_start. Else why not, in the words of the ABI. net:
 * what the request says, or NULL. */
int32_t tcn_call_new(tocsin_self *self, tocsin_delivery *handle, const tocsin_net *net,
                     tocsin_reply_cb cb, void *ud, tocsin_call **ret);
/* Notes the request where its delivery is recorded, and sends it unless that is a dry
 * run: then the call ends with E_CANCELED. TOCSIN_OK, or why not in the words of the ABI:
 * then the call is gone. ret: of the host's service, may be NULL. */
int32_t tcn_call_start(tocsin_call *call, const tcn_call_service *service,
                       const void *request, uint32_t request_flags, tocsin_call **ret);
#define TCN_CALL_NO_SIZE "its struct_size is not set"
/* The host's service does not take a request. Where the author made a mistake the log
 * tells what it is, and so does the end of the delivery if send hands the code on.
 * Returns the code in the words of the ABI. */
int32_t tcn_call_refuse(tocsin_self *self, const char *service, int code,
                        const char *text);
/* Those of the request's flags that are in known, and what its block says of private
 * addresses. */
uint32_t tcn_call_flags(const tocsin_call *call, uint32_t request_flags, uint32_t known);
/* The plugin gets its reply, and the call is gone. */
void tcn_call_end(tocsin_call *call, const tocsin_reply *reply);
/* The client's error codes in the words of the ABI. */
int32_t tcn_call_code(int error);

#endif
