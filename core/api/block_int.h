/* SPDX-License-Identifier: Apache-2.0 */
/* block_int.h - what the routes of blocks share. */
#ifndef TCN_API_BLOCK_INT_H
#define TCN_API_BLOCK_INT_H

#include "core/api/api_int.h"
#include "core/block/catalog.h"

/* block_answer.c */

/* An answer that waits for the store: 201 with the object, or 204. */
enum tcn_block_kind {
    TCN_BLOCK_NOTHING, /* 204 */
    TCN_BLOCK_A_TYPE,
    TCN_BLOCK_A_SCHEMA,
    TCN_BLOCK_A_DOCUMENT,
    TCN_BLOCK_A_BLOCK, /* as our own routes show it */
};
/* What to give to the catalog. ud NULL: out of memory. */
tcn_catalog_done tcn_block_later(tcn_api *api, tcn_request *request,
                                 enum tcn_block_kind kind);
/* later is of no use: nobody calls it. */
void tcn_block_unused(tcn_catalog_done later);
/* The catalog did not take the change: the answer, and later is of no use. */
void tcn_block_refused(tcn_request *request, tcn_catalog_done later, int rc,
                       const tcn_err *err);
/* 200 with the object, or 404 with the text; takes object over. */
void tcn_block_answer_found(tcn_request *request, json_t *object, const char *missing);
/* 404: there is no block of that name or id. */
void tcn_block_answer_lack(const tcn_api *api, tcn_request *request, tcn_str name);
/* The id in the path; false: 404 was answered. */
bool tcn_block_id_read(tcn_api *api, tcn_request *request, tcn_uuid *ret);

/* Credentials of the daemon, and blocks that name some, are for those who may do
 * everything: else a client could have them sent to itself. false: 403 was answered. */
bool tcn_block_may_refer(const tcn_api *api, tcn_request *request, const json_t *data);

/* block_filter.c: what of list (taken over) meets the filter of the body, within its
 * limit and offset; answers, also when the body is wrong. matches NULL: everything. */
typedef bool (*tcn_block_match_fn)(const json_t *item, const json_t *body);
void tcn_block_filter(tcn_request *request, json_t *list, tcn_block_match_fn matches);
/* How many; takes list over. */
void tcn_block_count(tcn_request *request, json_t *list, tcn_block_match_fn matches);
/* Is the text among body[group][field]["any_"]? True when that is not given. */
bool tcn_block_is_any(const json_t *body, const char *group, const char *field,
                      const char *text);
/* Does the text hold body[group][field]["like_"], in any case of letters? The same. */
bool tcn_block_is_like(const json_t *body, const char *group, const char *field,
                       const char *text);
/* Are all of body["block_schemas"]["block_capabilities"]["all_"] in the list? */
bool tcn_block_has_all(const json_t *body, const json_t *capabilities);

#endif
