/* SPDX-License-Identifier: Apache-2.0 */
/* mock/render.h - templates: {{ name }} only, with the value escaped as the plugin asked. What a
 * template of more than that gives is said with tocsin_mock_render. Included by tocsin/mock.h only. */
/* clang-format off */
#ifndef TOCSIN_MOCK_RENDER_H
#define TOCSIN_MOCK_RENDER_H

typedef struct tocsin_mock_text { /* grows in the mock's memory */
    tocsin_mock *mock;
    char *ptr;
    size_t len, capacity;
} tocsin_mock_text;

static inline void tocsin_mock_put(tocsin_mock_text *t, const char *bytes, size_t len)
{
    if (t->len + len + 1 > t->capacity) {
        size_t capacity = (t->len + len + 1) * 2;
        char *grown = (char *)tocsin_mock_alloc(t->mock, capacity);
        if (t->len > 0)
            memcpy(grown, t->ptr, t->len);
        t->ptr = grown;
        t->capacity = capacity;
    }
    if (len > 0)
        memcpy(t->ptr + t->len, bytes, len);
    t->len += len;
    t->ptr[t->len] = '\0';
}

static inline void tocsin_mock_put_text(tocsin_mock_text *t, const char *text)
{
    tocsin_mock_put(t, text, strlen(text));
}

static inline void tocsin_mock_put_json(tocsin_mock_text *t, char c)
{
    char code[8];
    if ((unsigned char)c < 0x20) {
        (void)snprintf(code, sizeof code, c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : "\\u%04x",
                       (unsigned)(unsigned char)c);
        tocsin_mock_put_text(t, code);
        return;
    }
    if (c == '"' || c == '\\')
        tocsin_mock_put(t, "\\", 1);
    tocsin_mock_put(t, &c, 1);
}

static inline void tocsin_mock_put_entity(tocsin_mock_text *t, char c, int is_html)
{
    if (c == '&')
        tocsin_mock_put_text(t, "&amp;");
    else if (c == '<')
        tocsin_mock_put_text(t, "&lt;");
    else if (c == '>')
        tocsin_mock_put_text(t, "&gt;");
    else if (c == '"' && is_html)
        tocsin_mock_put_text(t, "&#34;");
    else if (c == '\'' && is_html)
        tocsin_mock_put_text(t, "&#39;");
    else
        tocsin_mock_put(t, &c, 1);
}

static inline void tocsin_mock_put_url(tocsin_mock_text *t, char c)
{
    char code[4];
    int is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   (c != '\0' && strchr("-._~", c) != NULL);
    (void)snprintf(code, sizeof code, "%%%02X", (unsigned)(unsigned char)c);
    tocsin_mock_put(t, is_plain ? &c : code, is_plain ? 1 : 3);
}

static inline void tocsin_mock_put_escaped(tocsin_mock_text *t, tocsin_str s, uint32_t escape)
{
    size_t i;
    for (i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        int is_control = (unsigned char)c < 0x20 || c == 0x7f;
        if (escape == TOCSIN_ESC_JSON)
            tocsin_mock_put_json(t, c);
        else if (escape == TOCSIN_ESC_HTML || escape == TOCSIN_ESC_SLACK)
            tocsin_mock_put_entity(t, c, escape == TOCSIN_ESC_HTML);
        else if (escape == TOCSIN_ESC_URL)
            tocsin_mock_put_url(t, c);
        else if (escape == TOCSIN_ESC_LINE && is_control)
            tocsin_mock_put(t, " ", 1);
        else {
            if (escape == TOCSIN_ESC_CARD && c != '\0' && strchr("*_[]()#->`~|\\", c) != NULL)
                tocsin_mock_put(t, "\\", 1);
            tocsin_mock_put(t, &c, 1);
        }
    }
}

static inline void tocsin_mock_context(tocsin_mock *m, const char *name, const char *text)
{
    tocsin_mock_render(m, name, "{{", 0, text);
}

static inline void tocsin_mock_render(tocsin_mock *m, const char *key, const char *sub, int32_t rc,
                                      const char *text)
{
    tocsin_mock_value *v = &m->values[m->value_count];
    if (!tocsin_mock_has_room(m, m->value_count, "values for render"))
        return;
    v->key = tocsin_mock_dup(m, key);
    v->sub = tocsin_mock_dup(m, sub);
    v->text = tocsin_mock_dup(m, text);
    v->rc = rc;
    m->value_count++;
}

/* The last one that was given; a context's name has "{{" as its sub. */
static inline const tocsin_mock_value *tocsin_mock_find_value(const tocsin_mock *m, tocsin_str key,
                                                              const char *sub)
{
    uint32_t i;
    for (i = m->value_count; i > 0; i--) {
        const tocsin_mock_value *v = &m->values[i - 1];
        if (strlen(v->key) == key.len && memcmp(v->key, key.ptr, key.len) == 0 &&
            tocsin_mock_same(v->sub, sub))
            return v;
    }
    return NULL;
}

static inline tocsin_str tocsin_mock_name_value(const tocsin_delivery *d, tocsin_str name)
{
    static const char *const severities[] = {"info", "info", "success", "warning", "failure"};
    const tocsin_mock_value *v = tocsin_mock_find_value(d->mock, name, "{{");
    if (v != NULL)
        return tocsin_mock_str(v->text);
    if (tocsin_mock_same_name(name, "subject"))
        return d->message.subject;
    if (tocsin_mock_same_name(name, "body"))
        return d->message.body;
    if (tocsin_mock_same_name(name, "payload"))
        return d->message.payload;
    if (tocsin_mock_same_name(name, "invocation"))
        return d->message.invocation;
    if (tocsin_mock_same_name(name, "severity"))
        return tocsin_mock_str(severities[d->message.severity <= TOCSIN_FAILURE ? d->message.severity : 0]);
    return tocsin_mock_str("");
}

static inline tocsin_str tocsin_mock_fill(tocsin_delivery *d, const char *source, uint32_t escape)
{
    tocsin_mock_text out = TOCSIN_ZERO;
    tocsin_str ret, name;
    const char *open, *close;
    out.mock = d->mock;
    tocsin_mock_put(&out, "", 0);
    while ((open = strstr(source, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
        tocsin_mock_put(&out, source, (size_t)(open - source));
        for (open += 2; *open == ' '; open++)
            ;
        name.ptr = open;
        name.len = (size_t)(close - open);
        while (name.len > 0 && name.ptr[name.len - 1] == ' ')
            name.len--;
        tocsin_mock_put_escaped(&out, tocsin_mock_name_value(d, name), escape);
        source = close + 2;
    }
    tocsin_mock_put_text(&out, source);
    ret.ptr = out.ptr;
    ret.len = out.len;
    return ret;
}

/* The value of an option: of a MAP by its key, of a LIST by its index. */
static inline const tocsin_mock_opt *tocsin_mock_entry(const tocsin_mock *m, const tocsin_option *o,
                                                       const char *sub)
{
    unsigned long at;
    uint32_t i;
    if (o->type != TOCSIN_OPT_LIST)
        return (o->type == TOCSIN_OPT_MAP) == (sub != NULL) ? tocsin_mock_get(m, o, sub) : NULL;
    at = sub == NULL ? 0 : strtoul(sub, NULL, 10);
    for (i = 0; sub != NULL && i < m->opt_count; i++)
        if (m->opts[i].option == o && at-- == 0)
            return &m->opts[i];
    return NULL;
}

/* "@subject" and "@body": the mock does not know which of their words were values, so all are escaped
   (tocsin_mock_render says otherwise). */
static inline int tocsin_mock_own_text(tocsin_delivery *d, const char *key, uint32_t escape, tocsin_str *ret)
{
    tocsin_mock_text out = TOCSIN_ZERO;
    int is_subject = strcmp(key, "@subject") == 0;
    if (!is_subject && strcmp(key, "@body") != 0)
        return 0;
    out.mock = d->mock;
    tocsin_mock_put(&out, "", 0);
    tocsin_mock_put_escaped(&out, is_subject ? d->message.subject : d->message.body, escape);
    ret->ptr = out.ptr;
    ret->len = out.len;
    return 1;
}

/* What the plugin asked to be rendered: NULL and the code, or the template's text. */
static inline int32_t tocsin_mock_source(tocsin_mock *m, const char *key, const char *sub,
                                         const tocsin_mock_opt **ret)
{
    const tocsin_option *o = tocsin_mock_find_option(m, key);
    if (o == NULL)
        return TOCSIN_E_NOT_FOUND;
    if ((o->flags & TOCSIN_OPT_TEMPLATE) == 0)
        return TOCSIN_E_INVALID;
    *ret = tocsin_mock_entry(m, o, sub);
    return *ret == NULL ? TOCSIN_E_NOT_FOUND : TOCSIN_OK;
}

static inline int32_t tocsin_mock_do_render(tocsin_delivery *d, const char *key, const char *sub,
                                            uint32_t escape, tocsin_str *ret, tocsin_error *reterr)
{
    tocsin_mock *m = d->mock;
    const tocsin_mock_value *told = tocsin_mock_find_value(m, tocsin_mock_str(key), sub);
    const tocsin_mock_opt *opt = NULL;
    int32_t rc = tocsin_mock_failure(m, "render");
    if (tocsin_mock_off_loop(m, "render"))
        return TOCSIN_E_STATE;
    if (rc == 0 && told == NULL && tocsin_mock_own_text(d, key, escape, ret))
        return TOCSIN_OK;
    if (rc == 0 && told != NULL)
        rc = told->rc;
    else if (rc == 0)
        rc = tocsin_mock_source(m, key, sub, &opt);
    if (rc < 0) {
        if (reterr != NULL) {
            reterr->code = rc;
            (void)snprintf(reterr->text, sizeof reterr->text, "%s",
                           told != NULL && told->text != NULL ? told->text : "cannot be rendered");
        }
        return rc;
    }
    if (opt != NULL && opt->option->type == TOCSIN_OPT_JSON)
        escape = TOCSIN_ESC_JSON;
    *ret = told != NULL ? tocsin_mock_str(told->text) : tocsin_mock_fill(d, opt->text.ptr, escape);
    return TOCSIN_OK;
}
#endif
