/* SPDX-License-Identifier: Apache-2.0 */
/* option_value.c - option types, one reader each. Texts of errors show at most 60 bytes
 * of what was written, and nothing of secrets. */
#include "core/option/option_value.h"

#include <math.h>
#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/datetime.h"
#include "core/value/document.h"

#define SHOWN_MAX 64

static const char *const type_names[] = {
    [TOCSIN_OPT_STRING] = "a text",
    [TOCSIN_OPT_TEXT] = "a text",
    [TOCSIN_OPT_BOOL] = "true or false",
    [TOCSIN_OPT_INT] = "a whole number",
    [TOCSIN_OPT_NUMBER] = "a number",
    [TOCSIN_OPT_DURATION] = "a duration (a number of seconds, or 500ms 10s 5m 2h)",
    [TOCSIN_OPT_SIZE] = "a size (a number of bytes, or 64k 8M)",
    [TOCSIN_OPT_ENUM] = "a text",
    [TOCSIN_OPT_URL] = "a text",
    [TOCSIN_OPT_LIST] = "a list of texts",
    [TOCSIN_OPT_MAP] = "a mapping of texts",
    [TOCSIN_OPT_JSON] = "a value",
};

bool tcn_option_type_known(uint32_t type)
{
    return type > 0 && type < TCN_COUNT(type_names);
}

/* What was written, short and on one line. Returns out. */
static const char *shown(const json_t *value, char out[SHOWN_MAX + 8])
{
    if (json_is_integer(value)) {
        (void)snprintf(out, SHOWN_MAX, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        (void)snprintf(out, SHOWN_MAX, "%g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        (void)snprintf(out, SHOWN_MAX, "%s", json_is_true(value) ? "true" : "false");
    } else if (json_is_string(value)) {
        const char *text = json_string_value(value);
        bool is_long = json_string_length(value) > SHOWN_MAX - 8;
        (void)snprintf(out, SHOWN_MAX + 8, "\"%.*s\"%s", SHOWN_MAX - 8, text,
                       is_long ? "..." : "");
    } else {
        (void)snprintf(out, SHOWN_MAX, "%s",
                       json_is_array(value)    ? "a list"
                       : json_is_object(value) ? "a mapping"
                                               : "null");
    }
    return out;
}

static int wrong_type(const tocsin_option *option, const json_t *value, tcn_err *reterr)
{
    char text[SHOWN_MAX + 8];
    return tcn_err_set(reterr, TCN_E_INVALID, "%s is not %s", shown(value, text),
                       type_names[option->type]);
}

const char *tcn_option_bound_text(const tocsin_option *option, int64_t bound,
                                  char out[32])
{
    static const struct {
        uint32_t type;
        int64_t unit;
        const char *suffix;
    } units[] = {
        {TOCSIN_OPT_DURATION, 3600000, "h"}, {TOCSIN_OPT_DURATION, 60000, "m"},
        {TOCSIN_OPT_DURATION, 1000, "s"},    {TOCSIN_OPT_DURATION, 1, "ms"},
        {TOCSIN_OPT_SIZE, 1 << 20, "M"},     {TOCSIN_OPT_SIZE, 1 << 10, "k"},
    };
    for (size_t i = 0; i < TCN_COUNT(units); i++) {
        if (units[i].type == option->type && bound != 0 && bound % units[i].unit == 0) {
            (void)snprintf(out, 32, "%lld%s", (long long)(bound / units[i].unit),
                           units[i].suffix);
            return out;
        }
    }
    (void)snprintf(out, 32, "%lld", (long long)bound);
    return out;
}

static bool has_bounds(const tocsin_option *option)
{
    return option->min != 0 || option->max != 0;
}

static int out_of_bounds(const tocsin_option *option, const json_t *value, bool is_above,
                         tcn_err *reterr)
{
    char bound[32], text[SHOWN_MAX + 8];
    (void)shown(value, text);
    size_t len = strlen(text);
    bool is_quoted = text[0] == '"' && text[len - 1] == '"';
    return tcn_err_set(
        reterr, TCN_E_INVALID, "%.*s is %s %s", (int)(is_quoted ? len - 2 : len),
        text + (is_quoted ? 1 : 0), is_above ? "above the maximum" : "below the minimum",
        tcn_option_bound_text(option, is_above ? option->max : option->min, bound));
}

static int check_integer(const tocsin_option *option, const json_t *value, int64_t number,
                         tcn_err *reterr)
{
    if (has_bounds(option) && (number < option->min || number > option->max))
        return out_of_bounds(option, value, number > option->max, reterr);
    return 0;
}

static int check_real(const tocsin_option *option, const json_t *value, double number,
                      tcn_err *reterr)
{
    double min = (double)option->min, max = (double)option->max;
    if (has_bounds(option) && (number < min || number > max))
        return out_of_bounds(option, value, number > max, reterr);
    return 0;
}

/* Bytes of a text, entries of a list or map. */
static int check_count(const tocsin_option *option, size_t count, size_t limit,
                       const char *unit, tcn_err *reterr)
{
    size_t max =
        option->max > 0 && (size_t)option->max < limit ? (size_t)option->max : limit;
    if (count > max)
        return tcn_err_set(reterr, TCN_E_LIMIT, "has %zu %s, above the maximum %zu",
                           count, unit, max);
    if (option->min > 0 && count < (size_t)option->min)
        return tcn_err_set(reterr, TCN_E_INVALID, "has %zu %s, below the minimum %lld",
                           count, unit, (long long)option->min);
    return 0;
}

static int check_line(tcn_str text, tcn_err *reterr)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return tcn_err_set(reterr, TCN_E_INVALID,
                               "must be one line without control characters");
    return 0;
}

static tcn_str url_authority(tcn_str url)
{
    size_t skip = tcn_str_find(url, TCN_STR("://"));
    if (skip == SIZE_MAX)
        return (tcn_str){NULL, 0};
    skip += 3;
    size_t end = skip;
    while (end < url.len && strchr("/?#\\", url.ptr[end]) == NULL)
        end++;
    return tcn_str_of(url.ptr + skip, end - skip);
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._", c) != NULL;
}

/* "name", "name:port", "[v6]", "[v6]:port" */
static bool is_authority(tcn_str text)
{
    size_t host = 0;
    int64_t port;
    if (text.len > 0 && text.ptr[0] == '[') {
        while (host < text.len && text.ptr[host] != ']')
            host++;
        if (host == text.len || host < 3)
            return false;
        host++;
    } else {
        while (host < text.len && text.ptr[host] != '\0' && is_host_char(text.ptr[host]))
            host++;
    }
    if (host == 0 || host > 255)
        return false;
    return host == text.len ||
           (text.ptr[host] == ':' &&
            tcn_str_int(tcn_str_of(text.ptr + host + 1, text.len - host - 1), 1, 65535,
                        &port));
}

static bool has_scheme(tcn_str url)
{
    return url.len > 8 && (strncasecmp(url.ptr, "http://", 7) == 0 ||
                           strncasecmp(url.ptr, "https://", 8) == 0);
}

static int check_url(const tocsin_option *option, tcn_str url, tcn_err *reterr)
{
    if (!has_scheme(url))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "must be an absolute http or https URL");
    tcn_str authority = url_authority(url);
    if (memchr(authority.ptr, '@', authority.len) != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "must not hold a user name or password");
    if (memchr(authority.ptr, '{', authority.len) != NULL)
        return tcn_err_set(
            reterr, TCN_E_INVALID,
            "may have templates in its path and query only, not in its host");
    if (!is_authority(authority))
        return tcn_err_set(reterr, TCN_E_INVALID, "has a malformed host or port");
    bool is_template = (option->flags & TOCSIN_OPT_TEMPLATE) != 0;
    if (!is_template && memchr(url.ptr, ' ', url.len) != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "must not hold spaces");
    return 0;
}

static int check_choice(const tocsin_option *option, tcn_str text, tcn_err *reterr)
{
    char list[256] = "";
    size_t used = 0;
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        if (tcn_str_eq_c(text, *choice))
            return 0;
        int n = snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                         *choice);
        used =
            n < 0 || (size_t)n >= sizeof list - used ? sizeof list - 1 : used + (size_t)n;
    }
    const char *near = tcn_str_nearest(text, option->choices);
    if (near != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "\"%.*s\" is not one of %s (did you mean \"%s\"?)",
                           (int)(text.len < 40 ? text.len : 40), text.ptr, list, near);
    return tcn_err_set(reterr, TCN_E_INVALID, "\"%.*s\" is not one of %s",
                       (int)(text.len < 40 ? text.len : 40), text.ptr, list);
}

int tcn_option_text_check(const tocsin_option *option, tcn_str text, tcn_err *reterr)
{
    bool is_text = option->type == TOCSIN_OPT_TEXT;
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "holds a NUL character");
    int rc = option->type == TOCSIN_OPT_MAP || option->type == TOCSIN_OPT_LIST
                 ? 0
                 : check_count(option, text.len,
                               is_text ? TCN_OPTION_LONG_MAX : TCN_OPTION_TEXT_MAX,
                               "bytes", reterr);
    if (rc == 0 && !is_text)
        rc = check_line(text, reterr);
    if (rc == 0 && option->type == TOCSIN_OPT_ENUM)
        rc = check_choice(option, text, reterr);
    if (rc == 0 && option->type == TOCSIN_OPT_URL)
        rc = check_url(option, text, reterr);
    return rc;
}

static tcn_str json_text(const json_t *value)
{
    return tcn_str_of(json_string_value(value), json_string_length(value));
}

static int read_text(const tocsin_option *option, const json_t *value, tcn_arena *arena,
                     tcn_str *ret, tcn_err *reterr)
{
    char text[SHOWN_MAX + 8];
    if (!json_is_string(value))
        return tcn_err_set(reterr, TCN_E_INVALID, "%s is not a text", shown(value, text));
    int rc = tcn_option_text_check(option, json_text(value), reterr);
    if (rc < 0)
        return rc;
    *ret = tcn_arena_str(arena, json_text(value));
    return ret->ptr == NULL ? tcn_err_no_memory(reterr) : 0;
}

static int read_int(const tocsin_option *option, const json_t *value, int64_t *ret,
                    tcn_err *reterr)
{
    if (!json_is_integer(value))
        return wrong_type(option, value, reterr);
    *ret = json_integer_value(value);
    return check_integer(option, value, *ret, reterr);
}

static int read_number(const tocsin_option *option, const json_t *value, double *ret,
                       tcn_err *reterr)
{
    if (!json_is_number(value) || !isfinite(json_number_value(value)))
        return wrong_type(option, value, reterr);
    *ret = json_number_value(value);
    return check_real(option, value, *ret, reterr);
}

static bool duration_of(const json_t *value, int64_t *ret_ms)
{
    int64_t us = 0;
    if (json_is_string(value)) {
        if (!tcn_duration_config(json_text(value), &us))
            return false;
        *ret_ms = us / TCN_MS_US;
    } else {
        double seconds = json_is_number(value) ? json_number_value(value) : -1;
        if (!(seconds >= 0 && seconds < 1e12))
            return false;
        *ret_ms = (int64_t)llround(seconds * 1000);
    }
    return *ret_ms >= 0;
}

static bool size_of(const json_t *value, int64_t *ret)
{
    if (json_is_integer(value)) {
        *ret = json_integer_value(value);
        return *ret >= 0;
    }
    tcn_str text = json_is_string(value) ? json_text(value) : (tcn_str){NULL, 0};
    static const char suffixes[] = "kMG";
    int64_t unit = 1;
    for (size_t i = 0; text.len > 0 && suffixes[i] != '\0'; i++)
        if (text.ptr[text.len - 1] == suffixes[i])
            unit = INT64_C(1) << (10 * (i + 1));
    if (unit > 1)
        text.len--;
    if (!tcn_str_int(text, 0, INT64_MAX / unit, ret))
        return false;
    *ret *= unit;
    return true;
}

static int read_amount(const tocsin_option *option, const json_t *value, int64_t *ret,
                       tcn_err *reterr)
{
    bool is_good = option->type == TOCSIN_OPT_DURATION ? duration_of(value, ret)
                                                       : size_of(value, ret);
    if (!is_good)
        return wrong_type(option, value, reterr);
    return check_integer(option, value, *ret, reterr);
}

static int read_json(const tocsin_option *option, const json_t *value, tcn_arena *arena,
                     tcn_str *ret, tcn_err *reterr)
{
    tcn_buf text;
    tcn_buf_init(&text, TCN_OPTION_LONG_MAX);
    int rc = tcn_document_write(value, &text);
    if (rc < 0)
        rc = tcn_err_set(reterr, rc, "is longer than 1 MiB");
    if (rc == 0)
        rc = check_count(option, text.len, TCN_OPTION_LONG_MAX, "bytes", reterr);
    if (rc == 0) {
        *ret = tcn_arena_str(arena, tcn_buf_str(&text));
        rc = ret->ptr == NULL ? tcn_err_no_memory(reterr) : 0;
    }
    tcn_buf_deinit(&text);
    return rc;
}

static tocsin_str public_str(tcn_str s)
{
    return (tocsin_str){s.ptr, s.len};
}

static int read_list(const tocsin_option *option, const json_t *value, tcn_arena *arena,
                     tcn_option_value *ret, tcn_err *reterr)
{
    if (!json_is_array(value))
        return wrong_type(option, value, reterr);
    size_t count = json_array_size(value);
    int rc = check_count(option, count, TCN_OPTION_ENTRIES_MAX, "entries", reterr);
    if (rc < 0)
        return rc;
    ret->list = tcn_arena_zero(arena, (count + 1) * sizeof *ret->list);
    if (ret->list == NULL)
        return tcn_err_no_memory(reterr);
    for (ret->count = 0; ret->count < count; ret->count++) {
        tcn_str text;
        char place[32];
        rc = read_text(option, json_array_get(value, ret->count), arena, &text, reterr);
        (void)snprintf(place, sizeof place, "[%zu]", ret->count);
        if (rc < 0) {
            tcn_err_within(reterr, place);
            return rc;
        }
        ret->list[ret->count] = public_str(text);
    }
    return 0;
}

static int read_entry(const tocsin_option *option, const char *key, const json_t *value,
                      tcn_arena *arena, tocsin_pair *ret, tcn_err *reterr)
{
    tcn_str name = tcn_arena_str(arena, tcn_str_c(key)), text = {"", 0};
    int rc = name.ptr == NULL ? tcn_err_no_memory(reterr) : check_line(name, reterr);
    if (rc == 0 && (option->flags & TOCSIN_OPT_SECRET) == 0)
        rc = read_text(option, value, arena, &text, reterr);
    if (rc < 0) {
        tcn_err_within(reterr, key);
        return rc;
    }
    *ret = (tocsin_pair){public_str(name), public_str(text)};
    return 0;
}

static int read_map(const tocsin_option *option, const json_t *value, tcn_arena *arena,
                    tcn_option_value *ret, tcn_err *reterr)
{
    if (!json_is_object(value))
        return wrong_type(option, value, reterr);
    size_t count = json_object_size(value);
    int rc = check_count(option, count, TCN_OPTION_ENTRIES_MAX, "entries", reterr);
    if (rc < 0)
        return rc;
    ret->map = tcn_arena_zero(arena, (count + 1) * sizeof *ret->map);
    if (ret->map == NULL)
        return tcn_err_no_memory(reterr);
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        rc = read_entry(option, key, item, arena, &ret->map[ret->count], reterr);
        if (rc < 0)
            return rc;
        ret->count++;
    }
    return 0;
}

int tcn_option_value_read(const tocsin_option *option, const json_t *value,
                          tcn_arena *arena, tcn_option_value *ret, tcn_err *reterr)
{
    switch (option->type) {
    case TOCSIN_OPT_STRING:
    case TOCSIN_OPT_TEXT:
    case TOCSIN_OPT_ENUM:
    case TOCSIN_OPT_URL:
        return read_text(option, value, arena, &ret->text, reterr);
    case TOCSIN_OPT_BOOL:
        ret->integer = json_is_true(value);
        return json_is_boolean(value) ? 0 : wrong_type(option, value, reterr);
    case TOCSIN_OPT_INT:
        return read_int(option, value, &ret->integer, reterr);
    case TOCSIN_OPT_NUMBER:
        return read_number(option, value, &ret->number, reterr);
    case TOCSIN_OPT_DURATION:
    case TOCSIN_OPT_SIZE:
        return read_amount(option, value, &ret->integer, reterr);
    case TOCSIN_OPT_LIST:
        return read_list(option, value, arena, ret, reterr);
    case TOCSIN_OPT_MAP:
        return read_map(option, value, arena, ret, reterr);
    case TOCSIN_OPT_JSON:
        return read_json(option, value, arena, &ret->text, reterr);
    default:
        return tcn_err_set(reterr, TCN_E_UNSUPPORTED, "has an unknown type");
    }
}

json_t *tcn_option_default(const tocsin_option *option)
{
    const char *text = option->dflt;
    if (text == NULL)
        return NULL;
    switch (option->type) {
    case TOCSIN_OPT_BOOL:
    case TOCSIN_OPT_INT:
    case TOCSIN_OPT_NUMBER:
    case TOCSIN_OPT_LIST:
    case TOCSIN_OPT_MAP:
    case TOCSIN_OPT_JSON: {
        json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        return value != NULL ? value : json_string_nocheck(text);
    }
    default:
        return json_string_nocheck(text);
    }
}
