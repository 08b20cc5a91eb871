/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - GET /api/tocsin/events: what the log holds, oldest first, one event a line
 * (NDJSON), in pages: Tocsin-Next names the position to go on after while there is more.
 * Query: since, until (RFC 3339), name (glob), resource, id, after, limit. */
#include "core/api/api_int.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/datetime.h"

#define LIMIT_DEFAULT 1000
#define LIMIT_MAX     10000

static bool read_time(const tcn_request *request, const char *name, int64_t *ret)
{
    tcn_str text = tcn_request_query(request, name);
    return text.len == 0 || tcn_datetime_parse(text, ret, NULL);
}

static bool read_number(const tcn_request *request, const char *name, int64_t min,
                        int64_t max, int64_t *ret)
{
    tcn_str text = tcn_request_query(request, name);
    return text.len == 0 || tcn_str_int(text, min, max, ret);
}

static void on_lines(int status, tcn_str lines, uint64_t last, bool more, void *ud)
{
    tcn_request *request = ud;
    if (status < 0) {
        tcn_api_answer_busy(request, "The log could not be read");
        return;
    }
    if (more) {
        char position[24];
        snprintf(position, sizeof position, "%" PRIu64, last);
        tcn_request_answer_header(request, "Tocsin-Next", position);
    }
    tcn_request_answer(request, 200, "application/x-ndjson", lines);
}

void tcn_api_log_get(tcn_api *api, tcn_request *request)
{
    tcn_store_filter filter = {
        .until_us = INT64_MAX,
        .name = tcn_request_query(request, "name"),
        .resource = tcn_request_query(request, "resource"),
    };
    int64_t after = 0, limit = LIMIT_DEFAULT;
    const char *wrong = NULL;
    tcn_str id = tcn_request_query(request, "id");
    filter.has_id = id.len > 0;
    if (!read_time(request, "since", &filter.since_us))
        wrong = "since";
    else if (!read_time(request, "until", &filter.until_us))
        wrong = "until";
    else if (filter.has_id && !tcn_uuid_parse(id, &filter.id))
        wrong = "id";
    else if (!read_number(request, "after", 0, INT64_MAX, &after))
        wrong = "after";
    else if (!read_number(request, "limit", 1, LIMIT_MAX, &limit))
        wrong = "limit";
    if (wrong != NULL) {
        tcn_api_answer_detail(request, 422, "The query parameter %s is not valid", wrong);
        return;
    }
    filter.after = (uint64_t)after;
    filter.limit = (uint32_t)limit;
    int rc = tcn_store_query(api->options.store, &filter, on_lines, request);
    if (rc < 0)
        tcn_api_answer_busy(request, "Too many queries are waiting");
}
