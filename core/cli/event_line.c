/* SPDX-License-Identifier: Apache-2.0 */
/* event_line.c - control characters of names and ids are escaped: a terminal obeys some.
 */
#include "core/cli/event_line.h"

#include <stdio.h>

#include "core/base/datetime.h"

#define LINE_BYTES ((size_t)64 << 10)

/* Milliseconds always, so that columns line up. */
static void add_time(tcn_buf *out, int64_t at_us)
{
    tcn_date d;
    tcn_date_of(at_us, 0, &d);
    tcn_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", d.year, d.month, d.day,
                   d.hour, d.minute, d.second, d.microsecond / 1000);
}

void tcn_event_line_print(const tcn_event *event)
{
    tcn_buf line;
    tcn_buf_init(&line, LINE_BYTES);
    add_time(&line, event->occurred_at_us);
    tcn_buf_add_c(&line, "  ");
    tcn_buf_add_printable(&line, event->name);
    for (size_t width = event->name.len; width < 30; width++)
        tcn_buf_add_char(&line, ' ');
    tcn_buf_add_c(&line, "  ");
    tcn_buf_add_printable(&line, event->resource.id);
    tcn_str text = tcn_buf_str(&line);
    printf("%.*s\n", TCN_STR_ARG(text));
    fflush(stdout);
    tcn_buf_deinit(&line);
}
