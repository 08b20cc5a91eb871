/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h - does an event, or a record by its summary, meet a query's filter? */
#ifndef TCN_STORE_FILTER_H
#define TCN_STORE_FILTER_H

#include "core/store/store.h"
#include "core/store/summary.h"

/* '*' is any run of bytes, '?' one character (of UTF-8); the whole text must match. */
bool tcn_glob_match(tcn_str pattern, tcn_str text);

/* keys: the filter of the summary. false: no event of the record can match. */
bool tcn_filter_may_match(const tcn_store_filter *filter, tcn_str keys);
bool tcn_filter_matches(const tcn_store_filter *filter, const tcn_event *event);

#endif
