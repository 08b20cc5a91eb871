/* SPDX-License-Identifier: Apache-2.0 */
/* mock/options.h - options: set as text, checked by the plugin's table, read by the services opt_* and
 * secret. Included by tocsin/mock.h only. */
/* clang-format off */
#ifndef TOCSIN_MOCK_OPTIONS_H
#define TOCSIN_MOCK_OPTIONS_H

static inline const tocsin_option *tocsin_mock_find_option(const tocsin_mock *m, const char *key)
{
    uint32_t i;
    for (i = 0; i < m->plugin->option_count; i++)
        if (strcmp(m->plugin->options[i].key, key) == 0)
            return &m->plugin->options[i];
    return NULL;
}

/* The number in front of a text, and the unit behind it. */
static inline int tocsin_mock_number(const char *text, double *ret, const char **ret_unit)
{
    char *end = NULL;
    *ret = strtod(text, &end);
    *ret_unit = end;
    return end != text;
}

static inline int tocsin_mock_unit(const char *unit, int is_size, double *ret)
{
    static const struct { const char *name; double factor; int is_size; } units[] = {
        {"ms", 1, 0}, {"s", 1000, 0}, {"m", 60000, 0}, {"h", 3600000, 0}, {"", 1000, 0},
        {"", 1, 1}, {"k", 1024, 1}, {"M", 1048576, 1}, {"G", 1073741824, 1},
    };
    size_t i;
    for (i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].is_size == is_size && strcmp(units[i].name, unit) == 0) {
            *ret = units[i].factor;
            return 1;
        }
    return 0;
}

/* NULL, or why text is no value of that type. */
static inline const char *tocsin_mock_parse(tocsin_mock_opt *opt)
{
    const tocsin_option *o = opt->option;
    const char *text = opt->text.ptr, *unit;
    double factor = 1;
    size_t i;
    if (o->type == TOCSIN_OPT_BOOL) {
        opt->number = strcmp(text, "true") == 0;
        return opt->number || strcmp(text, "false") == 0 ? NULL : "is neither true nor false";
    }
    if (o->type == TOCSIN_OPT_ENUM) {
        for (i = 0; o->choices[i] != NULL; i++)
            if (strcmp(o->choices[i], text) == 0)
                return NULL;
        return "is none of the choices";
    }
    if (o->type == TOCSIN_OPT_URL)
        return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0
                   ? NULL : "is no http or https URL";
    if (o->type == TOCSIN_OPT_STRING)
        return strpbrk(text, "\r\n") == NULL ? NULL : "holds a line break";
    if (o->type < TOCSIN_OPT_INT || o->type > TOCSIN_OPT_SIZE)
        return NULL;
    if (!tocsin_mock_number(text, &opt->real, &unit))
        return "is not a number";
    if (o->type == TOCSIN_OPT_DURATION || o->type == TOCSIN_OPT_SIZE) {
        if (!tocsin_mock_unit(unit, o->type == TOCSIN_OPT_SIZE, &factor))
            return "has an unknown unit";
    } else if (*unit != '\0') {
        return "is not a number";
    }
    opt->real *= factor;
    opt->number = (int64_t)opt->real;
    return NULL;
}

static inline const char *tocsin_mock_bounds(const tocsin_mock *m, const tocsin_mock_opt *opt)
{
    const tocsin_option *o = opt->option;
    double value = opt->real;
    uint32_t i;
    if ((o->min == 0 && o->max == 0) || o->type == TOCSIN_OPT_BOOL || o->type == TOCSIN_OPT_ENUM)
        return NULL;
    if (o->type == TOCSIN_OPT_LIST || o->type == TOCSIN_OPT_MAP) {
        value = 0;
        for (i = 0; i < m->opt_count; i++)
            value += m->opts[i].option == o;
    } else if (o->type < TOCSIN_OPT_INT || o->type > TOCSIN_OPT_SIZE) {
        value = (double)opt->text.len;
    }
    if (value < (double)o->min)
        return "is below the minimum";
    return value > (double)o->max && o->max != 0 ? "is above the maximum" : NULL;
}

static inline void tocsin_mock_add_opt(tocsin_mock *m, const tocsin_option *o, const char *text)
{
    tocsin_mock_opt *opt = &m->opts[m->opt_count];
    const char *equals = o->type == TOCSIN_OPT_MAP ? strchr(text, '=') : NULL;
    tocsin_str name = {text, 0};
    if (equals != NULL) {
        name.len = (size_t)(equals - text);
        text = equals + 1;
    }
    memset(opt, 0, sizeof *opt);
    opt->option = o;
    opt->name = tocsin_mock_copy(m, name);
    opt->text = tocsin_mock_copy(m, tocsin_mock_str(text));
    m->opt_count++;
}

static inline void tocsin_mock_set(tocsin_mock *m, const char *key, const char *text)
{
    const tocsin_option *o = tocsin_mock_find_option(m, key);
    char told[200];
    uint32_t i;
    if (o == NULL) {
        (void)snprintf(told, sizeof told, "the plugin has no option \"%.60s\"", key);
        tocsin_mock_problem(m, told);
        return;
    }
    if (!tocsin_mock_has_room(m, m->opt_count, "option values"))
        return;
    for (i = 0; i < m->opt_count; i++)
        if (m->opts[i].option == o && o->type != TOCSIN_OPT_LIST && o->type != TOCSIN_OPT_MAP) {
            m->opts[i].text = tocsin_mock_copy(m, tocsin_mock_str(text));
            return;
        }
    tocsin_mock_add_opt(m, o, text);
}

static inline const tocsin_mock_opt *tocsin_mock_get(const tocsin_mock *m, const tocsin_option *o,
                                                     const char *name)
{
    uint32_t i;
    for (i = 0; i < m->opt_count; i++)
        if (m->opts[i].option == o && (name == NULL || tocsin_mock_same(m->opts[i].name.ptr, name)))
            return &m->opts[i];
    return NULL;
}

static inline int32_t tocsin_mock_refuse(tocsin_mock *m, const char *key, const char *text)
{
    m->error.code = TOCSIN_E_INVALID;
    (void)snprintf(m->error.key, sizeof m->error.key, "%s", key);
    (void)snprintf(m->error.text, sizeof m->error.text, "%s", text);
    return TOCSIN_E_INVALID;
}

/* A default of a LIST is JSON, ["a","b"]; plain strings are understood here. */
static inline void tocsin_mock_add_default(tocsin_mock *m, const tocsin_option *o)
{
    const char *at = o->dflt, *end;
    char item[512];
    if (o->type != TOCSIN_OPT_LIST && o->type != TOCSIN_OPT_MAP) {
        tocsin_mock_add_opt(m, o, at);
        return;
    }
    while (o->type == TOCSIN_OPT_LIST && (at = strchr(at, '"')) != NULL) {
        end = strchr(at + 1, '"');
        if (end == NULL || (size_t)(end - at) > sizeof item)
            return;
        (void)snprintf(item, sizeof item, "%.*s", (int)(end - at - 1), at + 1);
        tocsin_mock_add_opt(m, o, item);
        at = end + 1;
    }
}

/* Fills in defaults and checks every value, as the daemon does before create. */
static inline int32_t tocsin_mock_check_options(tocsin_mock *m)
{
    uint32_t i;
    for (i = 0; i < m->plugin->option_count; i++) {
        const tocsin_option *o = &m->plugin->options[i];
        if (tocsin_mock_get(m, o, NULL) != NULL)
            continue;
        if (o->dflt != NULL)
            tocsin_mock_add_default(m, o);
        else if ((o->flags & TOCSIN_OPT_REQUIRED) != 0)
            return tocsin_mock_refuse(m, o->key, "is required");
    }
    for (i = 0; i < m->opt_count; i++) {
        const char *why = tocsin_mock_parse(&m->opts[i]);
        if (why == NULL)
            why = tocsin_mock_bounds(m, &m->opts[i]);
        if (why != NULL)
            return tocsin_mock_refuse(m, m->opts[i].option->key, why);
    }
    return TOCSIN_OK;
}

/* ---- the services ---- */

static inline int32_t tocsin_mock_read(const tocsin_config *c, const char *key, uint32_t first,
                                       uint32_t last, const tocsin_mock_opt **ret)
{
    const tocsin_option *o = tocsin_mock_find_option(c->mock, key);
    if (o == NULL)
        return TOCSIN_E_NOT_FOUND;
    if (o->type < first || o->type > last)
        return TOCSIN_E_INVALID;
    if ((o->flags & TOCSIN_OPT_SECRET) != 0 && o->type != TOCSIN_OPT_MAP)
        return TOCSIN_E_DENIED;
    *ret = tocsin_mock_get(c->mock, o, NULL);
    return *ret == NULL ? TOCSIN_E_NOT_FOUND : TOCSIN_OK;
}

static inline int32_t tocsin_mock_opt_str(const tocsin_config *c, const char *key, tocsin_str *ret)
{
    const tocsin_mock_opt *opt = NULL;
    const tocsin_option *o = tocsin_mock_find_option(c->mock, key);
    int32_t rc = tocsin_mock_read(c, key, TOCSIN_OPT_STRING, TOCSIN_OPT_JSON, &opt);
    int is_text = o != NULL && (o->type <= TOCSIN_OPT_TEXT || o->type == TOCSIN_OPT_ENUM ||
                                o->type == TOCSIN_OPT_URL || o->type == TOCSIN_OPT_JSON);
    if (o != NULL && !is_text)
        return TOCSIN_E_INVALID;
    if (rc == TOCSIN_OK)
        *ret = opt->text;
    return rc;
}

static inline int32_t tocsin_mock_opt_int(const tocsin_config *c, const char *key, int64_t *ret)
{
    const tocsin_mock_opt *opt = NULL;
    int32_t rc = tocsin_mock_read(c, key, TOCSIN_OPT_BOOL, TOCSIN_OPT_SIZE, &opt);
    if (rc == TOCSIN_OK && opt->option->type == TOCSIN_OPT_NUMBER)
        return TOCSIN_E_INVALID;
    if (rc == TOCSIN_OK)
        *ret = opt->number;
    return rc;
}

static inline int32_t tocsin_mock_opt_num(const tocsin_config *c, const char *key, double *ret)
{
    const tocsin_mock_opt *opt = NULL;
    int32_t rc = tocsin_mock_read(c, key, TOCSIN_OPT_NUMBER, TOCSIN_OPT_NUMBER, &opt);
    if (rc == TOCSIN_OK)
        *ret = opt->real;
    return rc;
}

static inline int32_t tocsin_mock_opt_list(const tocsin_config *c, const char *key, const tocsin_str **ret,
                                           uint64_t *n)
{
    const tocsin_mock_opt *opt = NULL;
    int32_t rc = tocsin_mock_read(c, key, TOCSIN_OPT_LIST, TOCSIN_OPT_LIST, &opt);
    tocsin_str *items;
    uint32_t i;
    if (rc != TOCSIN_OK)
        return rc;
    items = (tocsin_str *)tocsin_mock_alloc(c->mock, c->mock->opt_count * sizeof *items);
    *n = 0;
    for (i = 0; i < c->mock->opt_count; i++)
        if (c->mock->opts[i].option == opt->option)
            items[(*n)++] = c->mock->opts[i].text;
    *ret = items;
    return TOCSIN_OK;
}

static inline int32_t tocsin_mock_opt_map(const tocsin_config *c, const char *key, const tocsin_pair **ret,
                                          uint64_t *n)
{
    const tocsin_mock_opt *opt = NULL;
    int32_t rc = tocsin_mock_read(c, key, TOCSIN_OPT_MAP, TOCSIN_OPT_MAP, &opt);
    tocsin_pair *items;
    uint32_t i;
    if (rc != TOCSIN_OK)
        return rc;
    items = (tocsin_pair *)tocsin_mock_alloc(c->mock, c->mock->opt_count * sizeof *items);
    *n = 0;
    for (i = 0; i < c->mock->opt_count; i++) {
        const tocsin_mock_opt *at = &c->mock->opts[i];
        int is_secret = (at->option->flags & TOCSIN_OPT_SECRET) != 0;
        if (at->option != opt->option)
            continue;
        items[*n].name = at->name;
        items[(*n)++].value = is_secret ? tocsin_mock_str("") : at->text;
    }
    *ret = items;
    return TOCSIN_OK;
}

static inline int32_t tocsin_mock_secret(const tocsin_config *c, const char *key, const char *sub,
                                         char *buf, size_t cap, size_t *ret_len)
{
    const tocsin_option *o = tocsin_mock_find_option(c->mock, key);
    const tocsin_mock_opt *opt = o == NULL ? NULL : tocsin_mock_get(c->mock, o, sub);
    int32_t rc = tocsin_mock_failure(c->mock, "secret");
    if (rc < 0)
        return rc;
    if (o != NULL && (o->flags & TOCSIN_OPT_SECRET) == 0)
        return TOCSIN_E_INVALID;
    if (opt == NULL || (o->type == TOCSIN_OPT_MAP) != (sub != NULL))
        return TOCSIN_E_NOT_FOUND;
    if (opt->text.len + 1 > cap)
        return TOCSIN_E_LIMIT;
    memcpy(buf, opt->text.ptr, opt->text.len + 1);
    *ret_len = opt->text.len;
    return TOCSIN_OK;
}
#endif
