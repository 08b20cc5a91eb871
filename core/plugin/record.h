/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - what one delivery puts on the wire and what its peer answers, for people:
 * every secret of the block masked, URLs cut behind the host where they are secret. A
 * recorder may also hold requests back: then nothing is sent, and the plugin's callback
 * runs with E_CANCELED (a dry run). [loop] */
#ifndef TCN_PLUGIN_RECORD_H
#define TCN_PLUGIN_RECORD_H

#include <jansson.h>
#include <tocsin/plugin.h>

#include "core/net/client.h"
#include "core/option/options.h"

typedef struct tcn_recorder {
    bool is_dry;
    /* {"protocol", "method", "url", "headers": [[name, value], ...], "body"} and, once
     * there is an answer, "reply": {"status", "error", "elapsed_ms", "body"}. */
    json_t *exchanges;
} tcn_recorder;

/* 0 or TCN_E_NOMEM. */
int tcn_recorder_init(tcn_recorder *recorder, bool is_dry);
void tcn_recorder_deinit(tcn_recorder *recorder);

/* Adds a request; *ret is a new reference to its object, for the reply. config: of the
 * block whose secrets are masked. 0 or TCN_E_NOMEM. */
int tcn_record_http(tcn_recorder *recorder, const tocsin_config *config,
                    const tocsin_http_request *request, json_t **ret);
/* The same of a mail: {"protocol": "smtp", "server", "tls", "username", "from", "to",
 * "body"}, where body is the message; the reply's body is what the server said to each
 * recipient. */
int tcn_record_smtp(tcn_recorder *recorder, const tocsin_config *config,
                    const tocsin_smtp_request *request, json_t **ret);
/* Completes a request's object. Only the first and last 500 bytes of a long body are
 * kept. */
void tcn_record_reply(json_t *exchange, const tocsin_config *config,
                      const tcn_http_reply *reply);
/* Bytes that a plugin with connections of its own says it would send. 0 or
 * TCN_E_NOMEM. */
int tcn_record_bytes(tcn_recorder *recorder, const tocsin_config *config, tcn_str bytes);

#endif
