/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - one line per event that an operator may care about, to standard error. [any
 * thread] Lines carry component and message; control characters are escaped, registered
 * secrets masked, lines cut at 8 KiB. Library code does not log: the caller on top does,
 * once. */
#ifndef TCN_BASE_LOG_H
#define TCN_BASE_LOG_H

#include "core/base/compiler.h"
#include "core/base/str.h"

/* syslog's numbers */
enum tcn_log_level {
    TCN_LOG_ERROR = 3,
    TCN_LOG_WARNING = 4,
    TCN_LOG_NOTICE = 5,
    TCN_LOG_INFO = 6,
    TCN_LOG_DEBUG = 7,
};
enum tcn_log_format {
    TCN_LOG_AUTO, /* journal under systemd, text on a terminal, else json */
    TCN_LOG_JOURNAL,
    TCN_LOG_TEXT,
    TCN_LOG_JSON,
};

typedef struct tcn_log tcn_log;

tcn_log *tcn_log_new(enum tcn_log_format format, enum tcn_log_level level, int fd);
void tcn_log_free(tcn_log *log);
void tcn_log_level_set(tcn_log *log, enum tcn_log_level level);
/* component's own level, "log.levels" of the configuration. */
int tcn_log_component_set(tcn_log *log, const char *component, enum tcn_log_level level);
/* Every component has the log's level again. */
void tcn_log_components_reset(tcn_log *log);
void tcn_log_format_set(tcn_log *log, enum tcn_log_format format);
/* From now on the bytes are shown as ******** (6 bytes or more; shorter ones are
 * ignored). */
int tcn_log_mask(tcn_log *log, tcn_str secret);
/* As often as it was masked: nobody has the secret any more. It is shown as ******** all
 * the same until some more were left. */
void tcn_log_unmask(tcn_log *log, tcn_str secret);
bool tcn_log_is_on(tcn_log *log, const char *component, enum tcn_log_level level);

/* log may be NULL: nothing is written. fields: "name", "value", ..., NULL. */
void tcn_log_write(tcn_log *log, enum tcn_log_level level, const char *component,
                   const char *fmt, ...) TCN_PRINTF(4, 5);
void tcn_log_fields(tcn_log *log, enum tcn_log_level level, const char *component,
                    const char *const *fields, const char *fmt, ...) TCN_PRINTF(5, 6);
/* What a line that goes to fd past any log begins with: "<3>" and its like when fd is the
 * journal's stream, else nothing. */
const char *tcn_log_priority(enum tcn_log_level level, int fd);
/* Name ("warning") to level; -1 when unknown. */
int tcn_log_level_parse(tcn_str name);

#endif
