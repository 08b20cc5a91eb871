/* SPDX-License-Identifier: Apache-2.0 */
/* time.c - times, durations and UUIDs out of any bytes: what is taken is written and read
 * again as the same. */
#include <stdlib.h>

#include "core/base/datetime.h"
#include "core/base/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_datetime(tcn_str text)
{
    int64_t at_us = 0, again_us = 0;
    int offset_s = 0;
    if (!tcn_datetime_parse(text, &at_us, &offset_s))
        return;
    char out[TCN_DATETIME_TEXT];
    size_t len = tcn_datetime_format(at_us, out);
    require(len < sizeof out && len == strlen(out));
    require(tcn_datetime_parse(tcn_str_of(out, len), &again_us, NULL) &&
            again_us == at_us);
    require(offset_s > -86400 && offset_s < 86400);
    tcn_date date;
    tcn_date_of(at_us, offset_s, &date);
    require(date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31);
    require(date.yearday >= 1 && date.yearday <= 366 && date.weekday >= 0 &&
            date.weekday <= 6);
}

static void check_uuid(tcn_str text)
{
    tcn_uuid id, again;
    if (!tcn_uuid_parse(text, &id))
        return;
    char out[TCN_UUID_TEXT + 1];
    require(tcn_uuid_parse(tcn_str_c(tcn_uuid_format(&id, out)), &again));
    require(tcn_uuid_eq(&id, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_str text = tcn_str_of((const char *)data, size);
    int64_t us = 0;
    check_datetime(text);
    check_uuid(text);
    (void)tcn_duration_iso(text, &us);
    if (tcn_duration_config(text, &us))
        require(us >= 0);
    return 0;
}
