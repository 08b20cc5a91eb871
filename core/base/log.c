/* SPDX-License-Identifier: Apache-2.0 */
/* log.c - the logger. A line is put together in a buffer of fixed size and goes out in
 * one write under the logger's lock, so that lines of threads never mix. Secrets are
 * masked in the raw text, before anything is escaped or cut, so that no half of one can
 * be seen. */
#include "core/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/base/err.h"
#include "core/base/masks.h"

#define LINE_MAX_BYTES 8192
#define MESSAGE_END    6144  /* where the message is cut, so that fields have room */
#define RAW_MAX        16384 /* of the message before it is masked, escaped and cut */

typedef struct component_level {
    char *name;
    enum tcn_log_level level;
} component_level;

struct tcn_log {
    pthread_mutex_t lock;
    int fd;
    enum tcn_log_format format;
    enum tcn_log_level level;
    component_level *components;
    size_t component_count, component_capacity;
    tcn_masks masks;
};

/* A line as it grows; what does not fit before end is left out. */
typedef struct line {
    const tcn_log *log;
    size_t len, end;
    char bytes[LINE_MAX_BYTES];
} line;

static const char *level_name(enum tcn_log_level level)
{
    switch (level) {
    case TCN_LOG_ERROR:
        return "error";
    case TCN_LOG_WARNING:
        return "warning";
    case TCN_LOG_NOTICE:
        return "notice";
    case TCN_LOG_INFO:
        return "info";
    case TCN_LOG_DEBUG:
        return "debug";
    }
    return "info";
}

int tcn_log_level_parse(tcn_str name)
{
    static const enum tcn_log_level levels[] = {
        TCN_LOG_ERROR, TCN_LOG_WARNING, TCN_LOG_NOTICE, TCN_LOG_INFO, TCN_LOG_DEBUG};
    for (size_t i = 0; i < TCN_COUNT(levels); i++) {
        if (tcn_str_eq_c(name, level_name(levels[i])))
            return (int)levels[i];
    }
    return -1;
}

/* systemd says in JOURNAL_STREAM which device and inode its stream is. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    if (stream == NULL || fstat(fd, &st) != 0)
        return false;
    char own[64];
    (void)snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)st.st_dev,
                   (unsigned long long)st.st_ino);
    return strcmp(own, stream) == 0;
}

const char *tcn_log_priority(enum tcn_log_level level, int fd)
{
    static const char *const priorities[] = {"<0>", "<1>", "<2>", "<3>",
                                             "<4>", "<5>", "<6>", "<7>"};
    return is_journal(fd) ? priorities[level] : "";
}

static enum tcn_log_format resolve(enum tcn_log_format format, int fd)
{
    if (format != TCN_LOG_AUTO)
        return format;
    if (is_journal(fd))
        return TCN_LOG_JOURNAL;
    return isatty(fd) ? TCN_LOG_TEXT : TCN_LOG_JSON;
}

tcn_log *tcn_log_new(enum tcn_log_format format, enum tcn_log_level level, int fd)
{
    tcn_log *log = tcn_alloc_zero(sizeof *log);
    if (log == NULL)
        return NULL;
    if (pthread_mutex_init(&log->lock, NULL) != 0) {
        tcn_free(log);
        return NULL;
    }
    log->fd = fd;
    log->level = level;
    log->format = resolve(format, fd);
    return log;
}

void tcn_log_free(tcn_log *log)
{
    if (log == NULL)
        return;
    for (size_t i = 0; i < log->component_count; i++)
        tcn_free(log->components[i].name);
    tcn_masks_deinit(&log->masks);
    tcn_free(log->components);
    (void)pthread_mutex_destroy(&log->lock);
    tcn_free(log);
}

void tcn_log_level_set(tcn_log *log, enum tcn_log_level level)
{
    (void)pthread_mutex_lock(&log->lock);
    log->level = level;
    (void)pthread_mutex_unlock(&log->lock);
}

void tcn_log_format_set(tcn_log *log, enum tcn_log_format format)
{
    (void)pthread_mutex_lock(&log->lock);
    log->format = resolve(format, log->fd);
    (void)pthread_mutex_unlock(&log->lock);
}

static component_level *component_find(const tcn_log *log, const char *name)
{
    for (size_t i = 0; i < log->component_count; i++) {
        if (strcmp(log->components[i].name, name) == 0)
            return &log->components[i];
    }
    return NULL;
}

static int component_add(tcn_log *log, const char *name, enum tcn_log_level level)
{
    void *items = log->components;
    int rc = tcn_grow(&items, &log->component_capacity, log->component_count + 1,
                      sizeof *log->components);
    if (rc < 0)
        return rc;
    log->components = items;
    char *copy = tcn_strdup(name);
    if (copy == NULL)
        return TCN_E_NOMEM;
    log->components[log->component_count++] = (component_level){copy, level};
    return 0;
}

int tcn_log_component_set(tcn_log *log, const char *component, enum tcn_log_level level)
{
    int rc = 0;
    (void)pthread_mutex_lock(&log->lock);
    component_level *known = component_find(log, component);
    if (known != NULL)
        known->level = level;
    else
        rc = component_add(log, component, level);
    (void)pthread_mutex_unlock(&log->lock);
    return rc;
}

void tcn_log_components_reset(tcn_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < log->component_count; i++)
        tcn_free(log->components[i].name);
    log->component_count = 0;
    (void)pthread_mutex_unlock(&log->lock);
}

int tcn_log_mask(tcn_log *log, tcn_str secret)
{
    (void)pthread_mutex_lock(&log->lock);
    int rc = tcn_masks_add(&log->masks, secret);
    (void)pthread_mutex_unlock(&log->lock);
    return rc;
}

void tcn_log_unmask(tcn_log *log, tcn_str secret)
{
    (void)pthread_mutex_lock(&log->lock);
    tcn_masks_leave(&log->masks, secret);
    (void)pthread_mutex_unlock(&log->lock);
}

static bool is_on(const tcn_log *log, const char *component, enum tcn_log_level level)
{
    /* "slack[ops-alerts]" has the level of "slack" unless it has its own. */
    const component_level *own = component_find(log, component);
    const char *bracket = own == NULL ? strchr(component, '[') : NULL;
    if (bracket != NULL) {
        char base[64];
        (void)snprintf(base, sizeof base, "%.*s", (int)(bracket - component), component);
        own = component_find(log, base);
    }
    return level <= (own != NULL ? own->level : log->level);
}

bool tcn_log_is_on(tcn_log *log, const char *component, enum tcn_log_level level)
{
    if (log == NULL)
        return false;
    (void)pthread_mutex_lock(&log->lock);
    bool on = is_on(log, component, level);
    (void)pthread_mutex_unlock(&log->lock);
    return on;
}

/* Appends the bytes, or nothing when they do not fit. */
static bool put(line *out, const char *ptr, size_t len)
{
    if (len > out->end - out->len)
        return false;
    memcpy(out->bytes + out->len, ptr, len);
    out->len += len;
    return true;
}

static bool put_c(line *out, const char *text)
{
    return put(out, text, strlen(text));
}

/* One character of text or JSON, escaped where it must be. Returns how many bytes of s it
 * took, 0 when the line is full. */
static size_t put_character(line *out, tcn_str s)
{
    bool is_json = out->log->format == TCN_LOG_JSON;
    size_t len = tcn_utf8_first(s), pos = 0;
    uint8_t first = (uint8_t)s.ptr[0];
    char escape[16];
    if (len == 0) {
        (void)snprintf(escape, sizeof escape, is_json ? "\\ufffd" : "\\x%02x", first);
        return put_c(out, escape) ? 1 : 0;
    }
    uint32_t c = tcn_utf8_decode(s, &pos);
    if (tcn_utf8_is_control(c)) {
        (void)snprintf(escape, sizeof escape, is_json || len > 1 ? "\\u%04x" : "\\x%02x",
                       (unsigned)c);
        return put_c(out, escape) ? len : 0;
    }
    if (is_json && (first == '"' || first == '\\')) {
        escape[0] = '\\';
        escape[1] = (char)first;
        return put(out, escape, 2) ? 1 : 0;
    }
    return put(out, s.ptr, len) ? len : 0;
}

/* s with secrets masked, cut where the line ends. */
static void put_text(line *out, tcn_str s)
{
    while (s.len != 0) {
        size_t taken = tcn_masks_length(&out->log->masks, s);
        if (taken != 0)
            taken = put(out, "********", 8) ? taken : 0;
        else
            taken = put_character(out, s);
        if (taken == 0)
            return;
        s.ptr += taken;
        s.len -= taken;
    }
}

/* "2026-01-01T00:00:00.000Z" */
static void put_time(line *out)
{
    tcn_date now;
    tcn_date_of(tcn_clock_wall_us(), 0, &now);
    char text[64];
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", now.year,
                   now.month, now.day, now.hour, now.minute, now.second,
                   now.microsecond / 1000);
    (void)put_c(out, text);
}

static void put_json_head(line *out, enum tcn_log_level level, const char *component)
{
    (void)put_c(out, "{\"time\":\"");
    put_time(out);
    (void)put_c(out, "\",\"level\":\"");
    (void)put_c(out, level_name(level));
    (void)put_c(out, "\",\"component\":\"");
    put_text(out, tcn_str_c(component));
    (void)put_c(out, "\",\"message\":\"");
}

static void put_text_head(line *out, enum tcn_log_level level, const char *component)
{
    if (out->log->format == TCN_LOG_JOURNAL) {
        char priority[] = {'<', (char)('0' + (int)level), '>'};
        (void)put(out, priority, sizeof priority);
    } else {
        put_time(out);
        (void)put_c(out, " ");
        (void)put_c(out, level_name(level));
        (void)put_c(out, " ");
    }
    put_text(out, tcn_str_c(component));
    (void)put_c(out, ": ");
}

static bool is_plain(const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value <= ' ' || *value == '"' || *value == '=')
            return false;
    }
    return true;
}

/* A field whose name does not fit is left out whole; a value is cut. */
static void put_field(line *out, const char *name, const char *value)
{
    bool is_json = out->log->format == TCN_LOG_JSON;
    if (strlen(name) + 8 > out->end - out->len)
        return;
    (void)put_c(out, is_json ? "\",\"" : " ");
    (void)put_c(out, name);
    bool is_quoted = !is_json && !is_plain(value);
    (void)put_c(out, is_json ? "\":\"" : is_quoted ? "=\"" : "=");
    if (is_quoted)
        out->end -= 1;
    put_text(out, tcn_str_c(value));
    if (is_quoted) {
        out->end += 1;
        (void)put_c(out, "\"");
    }
}

static void write_all(int fd, const char *ptr, size_t len)
{
    while (len != 0) {
        ssize_t written = write(fd, ptr, len);
        if (written < 0 && errno == EINTR)
            continue;
        /* There is nobody left to tell. */
        if (written <= 0)
            return;
        ptr += written;
        len -= (size_t)written;
    }
}

static void write_line(const tcn_log *log, enum tcn_log_level level,
                       const char *component, const char *const *fields, tcn_str message)
{
    bool is_json = log->format == TCN_LOG_JSON;
    line out;
    out.log = log;
    out.len = 0;
    out.end = MESSAGE_END;
    if (is_json)
        put_json_head(&out, level, component);
    else
        put_text_head(&out, level, component);
    put_text(&out, message);
    out.end = LINE_MAX_BYTES - 3;
    for (; fields != NULL && fields[0] != NULL; fields += 2)
        put_field(&out, fields[0], fields[1]);
    out.end = LINE_MAX_BYTES;
    (void)put_c(&out, is_json ? "\"}\n" : "\n");
    write_all(log->fd, out.bytes, out.len);
}

static TCN_PRINTF(5, 0) void write_args(tcn_log *log, enum tcn_log_level level,
                                        const char *component, const char *const *fields,
                                        const char *fmt, va_list args)
{
    if (!tcn_log_is_on(log, component, level))
        return;
    char raw[RAW_MAX];
    int len = vsnprintf(raw, sizeof raw, fmt, args);
    if (len < 0)
        return;
    size_t kept = (size_t)len < sizeof raw ? (size_t)len : sizeof raw - 1;
    (void)pthread_mutex_lock(&log->lock);
    write_line(log, level, component, fields, tcn_str_of(raw, kept));
    (void)pthread_mutex_unlock(&log->lock);
}

void tcn_log_write(tcn_log *log, enum tcn_log_level level, const char *component,
                   const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    write_args(log, level, component, NULL, fmt, args);
    va_end(args);
}

void tcn_log_fields(tcn_log *log, enum tcn_log_level level, const char *component,
                    const char *const *fields, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    write_args(log, level, component, fields, fmt, args);
    va_end(args);
}
