/* SPDX-License-Identifier: Apache-2.0 */
/* urlize.c - addresses in a text become links. Each word is looked at a fixed number of
 * times from its two ends, whatever it consists of. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/html.h"
#include "core/template/strings.h"

typedef struct links {
    tcn_rt *rt;
    tcn_value limit; /* of the shown text, looked at when a link is; NONE: none */
    tcn_str rel, target;
    tcn_value schemes; /* list of texts */
} links;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static char char_at(tcn_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool starts_folded(tcn_str s, const char *prefix)
{
    size_t i = 0;
    for (; prefix[i] != '\0'; i++) {
        char c = char_at(s, i);
        if ((c >= 'A' && c <= 'Z' ? (char)(c | 32) : c) != prefix[i])
            return false;
    }
    return true;
}

/* [\w%-]: the end of the run that begins at i, and its length in code points. */
static size_t label_end(tcn_str s, size_t i, size_t *ret_count)
{
    *ret_count = 0;
    while (i < s.len) {
        size_t next = i;
        uint32_t c = tcn_utf8_decode(s, &next);
        if (c != '%' && c != '-' && c != '_' && !tcn_unicode_is(c, TCN_U_ALNUM))
            break;
        (*ret_count)++;
        i = next;
    }
    return i;
}

/* [:port][/path]: whether the address may end so at i. */
static bool ends_well(tcn_str s, size_t i)
{
    size_t port = i;
    if (char_at(s, i) == ':') {
        size_t digits = i + 1;
        while (is_digit(char_at(s, digits)))
            digits++;
        if (digits > i + 1 && digits - i - 1 <= 5)
            port = digits;
    }
    char c = char_at(s, port);
    return port == s.len || c == '/' || c == '?' || c == '#';
}

static bool is_tld(tcn_str label, bool is_basic)
{
    static const char *const basic[] = {"com", "net", "int",  "edu",
                                        "gov", "org", "info", "mil"};
    if (is_basic) {
        for (size_t i = 0; i < TCN_COUNT(basic); i++) {
            if (label.len == strlen(basic[i]) && starts_folded(label, basic[i]))
                return true;
        }
        return false;
    }
    if (starts_folded(label, "xn--") && label.len >= 6 && label.len <= 63)
        return true;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_alpha(label.ptr[i]))
            return false;
    }
    return label.len >= 2 && label.len <= 63;
}

/* Labels with dots between them, the last one a top level domain. */
static bool is_domain(tcn_str s, size_t i, bool is_basic)
{
    size_t labels = 0;
    while (i < s.len) {
        size_t count = 0;
        size_t end = label_end(s, i, &count);
        if (count == 0)
            return false;
        tcn_str label = tcn_str_of(s.ptr + i, end - i);
        if (ends_well(s, end) && is_tld(label, is_basic) && (!is_basic || labels > 0))
            return true;
        if (char_at(s, end) != '.' || (is_basic && (count < 2 || count > 63)))
            return false;
        labels++;
        i = end + 1;
    }
    return false;
}

static bool is_ipv4(tcn_str s, size_t i)
{
    for (int part = 0; part < 4; part++) {
        size_t start = i;
        while (is_digit(char_at(s, i)))
            i++;
        if (i == start || i - start > 3)
            return false;
        if (part < 3 && char_at(s, i++) != '.')
            return false;
    }
    return ends_well(s, i);
}

static bool is_ipv6(tcn_str s, size_t i)
{
    size_t colons = 0;
    size_t digits = 0;
    if (char_at(s, i++) != '[')
        return false;
    for (; char_at(s, i) != ']'; i++) {
        char c = char_at(s, i);
        bool is_hex = is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f');
        if (c == ':')
            colons++;
        digits = is_hex ? digits + 1 : 0;
        if ((!is_hex && c != ':') || digits > 4 || colons > 8)
            return false;
    }
    return colons >= 2 && ends_well(s, i + 1);
}

static bool is_address(tcn_str s)
{
    size_t scheme =
        starts_folded(s, "http://") ? 7 : (starts_folded(s, "https://") ? 8 : 0);
    size_t start = scheme > 0 ? scheme : (starts_folded(s, "www.") ? 4 : 0);
    if (start > 0 && is_domain(s, start, false))
        return true;
    if (is_domain(s, 0, true))
        return true;
    return scheme > 0 && (is_ipv4(s, scheme) || is_ipv6(s, scheme));
}

/* \S+@\w[\w.-]*\.\w+ */
static bool is_mail(tcn_str s)
{
    size_t at = tcn_rfind(s, TCN_STR("@"));
    if (at == SIZE_MAX || at == 0 || at + 1 >= s.len)
        return false;
    size_t last_dot = SIZE_MAX;
    size_t tail = 0;
    for (size_t i = at + 1; i < s.len;) {
        bool is_first = i == at + 1;
        size_t start = i;
        uint32_t c = tcn_utf8_decode(s, &i);
        bool is_word = c == '_' || tcn_unicode_is(c, TCN_U_ALNUM);
        if (!is_word && (is_first || (c != '.' && c != '-')))
            return false;
        if (c == '.') {
            last_dot = start;
            tail = 0;
        } else {
            tail = is_word ? tail + 1 : 0;
            if (!is_word)
                last_dot = SIZE_MAX;
        }
    }
    return last_dot != SIZE_MAX && last_dot > at + 1 && tail > 0;
}

static int put_parts(tcn_rt *rt, const char *const *parts, const tcn_str *texts,
                     size_t count)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc >= 0; i++) {
        rc = tcn_put_c(rt, &rt->scratch, parts[i]);
        if (rc >= 0 && texts[i].len > 0)
            rc = tcn_put(rt, &rt->scratch, texts[i].ptr, texts[i].len);
    }
    return rc;
}

static int put_attribute(tcn_rt *rt, const char *name, tcn_str text)
{
    if (text.len == 0)
        return 0;
    const char *const parts[] = {" ", name};
    int rc = put_parts(rt, parts, (tcn_str[2]){{0}, {0}}, 2);
    if (rc >= 0)
        rc = tcn_put(rt, &rt->scratch, "=\"", 2);
    if (rc >= 0)
        rc = tcn_html_escape(rt, text, &rt->scratch);
    return rc < 0 ? rc : tcn_put_char(rt, &rt->scratch, '"');
}

/* text[:limit] and dots. */
static int put_shortened(const links *l, tcn_str text, size_t count, int64_t limit)
{
    size_t at = 0;
    if (limit < 0)
        limit += (int64_t)count;
    for (int64_t i = 0; i < limit; i++)
        (void)tcn_utf8_decode(text, &at);
    int rc = tcn_put(l->rt, &l->rt->scratch, text.ptr, at);
    return rc < 0 ? rc : tcn_put_c(l->rt, &l->rt->scratch, "...");
}

static int put_shown(const links *l, tcn_str text)
{
    size_t count = tcn_utf8_length(text);
    int64_t limit = 0;
    int rc = 0;
    if (l->limit.type != TCN_V_NONE)
        rc = tcn_compare(l->rt, TCN_GT, tcn_int((int64_t)count), l->limit);
    if (rc == 0)
        return tcn_put(l->rt, &l->rt->scratch, text.ptr, text.len);
    if (rc > 0)
        rc = tcn_arg_int(l->rt, l->limit, 0, &limit);
    return rc < 0 ? rc : put_shortened(l, text, count, limit);
}

static int put_link(const links *l, const char *prefix, tcn_str address, tcn_str shown,
                    bool has_attributes)
{
    int rc = tcn_put_c(l->rt, &l->rt->scratch, "<a href=\"");
    if (rc >= 0)
        rc = tcn_put_c(l->rt, &l->rt->scratch, prefix);
    if (rc >= 0)
        rc = tcn_put(l->rt, &l->rt->scratch, address.ptr, address.len);
    if (rc >= 0)
        rc = tcn_put_char(l->rt, &l->rt->scratch, '"');
    if (rc >= 0 && has_attributes)
        rc = put_attribute(l->rt, "rel", l->rel);
    if (rc >= 0 && has_attributes)
        rc = put_attribute(l->rt, "target", l->target);
    if (rc >= 0)
        rc = tcn_put_char(l->rt, &l->rt->scratch, '>');
    if (rc >= 0)
        rc = has_attributes ? put_shown(l, shown)
                            : tcn_put(l->rt, &l->rt->scratch, shown.ptr, shown.len);
    return rc < 0 ? rc : tcn_put_c(l->rt, &l->rt->scratch, "</a>");
}

static int put_middle(const links *l, tcn_str s)
{
    bool has_scheme =
        tcn_str_starts(s, TCN_STR("https://")) || tcn_str_starts(s, TCN_STR("http://"));
    if (is_address(s))
        return put_link(l, has_scheme ? "" : "https://", s, s, true);
    tcn_str mail = tcn_str_of(s.ptr + 7, s.len < 7 ? 0 : s.len - 7);
    if (tcn_str_starts(s, TCN_STR("mailto:")) && is_mail(mail))
        return put_link(l, "", s, mail, false);
    if (s.len > 0 && s.ptr[0] != '@' && !tcn_str_starts(s, TCN_STR("www.")) &&
        memchr(s.ptr, ':', s.len) == NULL && is_mail(s))
        return put_link(l, "mailto:", s, s, false);
    for (uint32_t i = 0; l->schemes.type == TCN_V_LIST && i < l->schemes.list->count;
         i++) {
        tcn_str scheme = tcn_text_str(tcn_text_of(&l->schemes.list->items[i]));
        links whole = *l;
        whole.limit = tcn_none();
        if (s.len > scheme.len && tcn_str_starts(s, scheme))
            return put_link(&whole, "", s, s, true);
    }
    return tcn_put(l->rt, &l->rt->scratch, s.len > 0 ? s.ptr : "", s.len);
}

static size_t mark_at_start(tcn_str s, size_t i)
{
    char c = char_at(s, i);
    if (c == '(' || c == '<')
        return 1;
    return s.len - i >= 4 && memcmp(s.ptr + i, "&lt;", 4) == 0 ? 4 : 0;
}

static size_t mark_at_end(tcn_str s, size_t from, size_t end)
{
    if (end <= from)
        return 0;
    char c = s.ptr[end - 1];
    if (c == ')' || c == '>' || c == '.' || c == ',' || c == '\n')
        return 1;
    return end - from >= 4 && memcmp(s.ptr + end - 4, "&gt;", 4) == 0 ? 4 : 0;
}

static size_t count_of(tcn_str s, const char *mark)
{
    size_t count = 0;
    tcn_str needle = tcn_str_c(mark);
    for (size_t at = tcn_str_find(s, needle); at != SIZE_MAX;
         at = tcn_str_find(s, needle)) {
        count++;
        s = tcn_str_of(s.ptr + at + needle.len, s.len - at - needle.len);
    }
    return count;
}

/* Closing brackets that belong to ones inside the address go back to it. */
static size_t rebalance(tcn_str word, size_t from, size_t end)
{
    static const char *const pairs[][2] = {{"(", ")"}, {"<", ">"}, {"&lt;", "&gt;"}};
    for (size_t i = 0; i < TCN_COUNT(pairs); i++) {
        tcn_str middle = tcn_str_of(word.ptr + from, end - from);
        tcn_str close = tcn_str_c(pairs[i][1]);
        size_t opened = count_of(middle, pairs[i][0]);
        size_t closed = count_of(middle, pairs[i][1]);
        if (opened <= closed)
            continue;
        for (; opened > 0; opened--) {
            tcn_str tail = tcn_str_of(word.ptr + end, word.len - end);
            size_t at = tcn_str_find(tail, close);
            if (at == SIZE_MAX)
                break;
            end += at + close.len;
        }
    }
    return end;
}

static int put_word(const links *l, tcn_str word)
{
    size_t from = 0;
    for (size_t n = mark_at_start(word, from); n > 0; n = mark_at_start(word, from))
        from += n;
    size_t end = word.len;
    for (size_t n = mark_at_end(word, from, end); n > 0; n = mark_at_end(word, from, end))
        end -= n;
    end = rebalance(word, from, end);
    int rc = tcn_put(l->rt, &l->rt->scratch, word.ptr, from);
    if (rc >= 0)
        rc = put_middle(l, tcn_str_of(word.ptr + from, end - from));
    return rc < 0 ? rc : tcn_put(l->rt, &l->rt->scratch, word.ptr + end, word.len - end);
}

/* Words of rel, nofollow and noopener, sorted, each once. */
static int make_rel(links *l, const tcn_value *a)
{
    tcn_value words, extra, sorted, joined;
    tcn_value none = {.type = TCN_V_MISSING};
    int rc = tcn_list_make(l->rt, TCN_V_LIST, 4, &words);
    if (rc >= 0 && !tcn_is_missing(a[4]) && tcn_truth(a[4]) && !tcn_is_text(a[4]))
        return tcn_raise(l->rt, TCN_EXC_AttributeError,
                         "'%s' object has no attribute 'split'", tcn_type_name(a[4]));
    if (rc >= 0 && tcn_is_text(a[4]))
        rc = tcn_split(l->rt, tcn_text_str(tcn_text_of(&a[4])), NULL, -1, false, &words);
    if (rc >= 0 && tcn_arg_bool(a[2], false)) {
        rc = tcn_text_make(l->rt, "nofollow", 8, &extra);
        if (rc >= 0)
            rc = tcn_list_push(l->rt, words, extra);
    }
    if (rc >= 0)
        rc = tcn_text_make(l->rt, "noopener", 8, &extra);
    if (rc >= 0)
        rc = tcn_list_push(l->rt, words, extra);
    tcn_value unique[3] = {words, tcn_bool(true), none};
    if (rc >= 0)
        rc = tcn_filter_unique(l->rt, unique, &words);
    tcn_value sort[4] = {words, none, tcn_bool(true), none};
    if (rc >= 0)
        rc = tcn_filter_sort(l->rt, sort, &sorted);
    if (rc >= 0)
        rc = tcn_text_make(l->rt, " ", 1, &extra);
    tcn_value join[3] = {sorted, extra, none};
    if (rc >= 0)
        rc = tcn_filter_join(l->rt, join, &joined);
    if (rc >= 0)
        l->rel = tcn_text_str(joined.text);
    return rc;
}

/* Two characters or more of [\w.+-], a colon, up to two slashes. */
static bool is_scheme(tcn_str s)
{
    size_t colon = 0;
    while (colon < s.len && s.ptr[colon] != ':') {
        char c = s.ptr[colon];
        if (!is_alpha(c) && !is_digit(c) && (c == '\0' || strchr("_.+-", c) == NULL))
            return false;
        colon++;
    }
    if (colon < 2 || colon == s.len || s.len - colon - 1 > 2)
        return false;
    for (size_t i = colon + 1; i < s.len; i++) {
        if (s.ptr[i] != '/')
            return false;
    }
    return true;
}

static int read_schemes(links *l, tcn_value v)
{
    char quoted[256];
    if (v.type == TCN_V_MISSING || v.type == TCN_V_NONE)
        return 0;
    int rc = tcn_items(l->rt, v, &l->schemes);
    for (uint32_t i = 0; rc >= 0 && i < l->schemes.list->count; i++) {
        const tcn_text *text = tcn_text_of(&l->schemes.list->items[i]);
        if (text == NULL)
            return tcn_raise(l->rt, TCN_EXC_TypeError,
                             "expected string or bytes-like object");
        if (!is_scheme(tcn_text_str(text)))
            return tcn_raise(l->rt, TCN_EXC_FilterArgumentError,
                             "%s is not a valid URI scheme prefix.",
                             tcn_quote(tcn_text_str(text), quoted, sizeof quoted));
    }
    if (rc >= 0)
        l->schemes.type = TCN_V_LIST;
    return rc;
}

static int put_words(const links *l, tcn_str s)
{
    int rc = 0;
    for (size_t i = 0; i < s.len && rc >= 0;) {
        size_t end = i;
        bool is_space = false;
        while (end < s.len) {
            size_t next = end;
            bool is_now = tcn_unicode_is(tcn_utf8_decode(s, &next), TCN_U_SPACE);
            if (end > i && is_now != is_space)
                break;
            is_space = is_now;
            end = next;
        }
        tcn_str part = tcn_str_of(s.ptr + i, end - i);
        rc = tcn_charge(l->rt, part.len / 4 + 1);
        if (rc >= 0)
            rc = is_space ? tcn_put(l->rt, &l->rt->scratch, part.ptr, part.len)
                          : put_word(l, part);
        i = end;
    }
    return rc;
}

int tcn_filter_urlize(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    links l = {.rt = rt, .limit = tcn_is_missing(a[1]) ? tcn_none() : a[1]};
    tcn_value escaped;
    tcn_value target = tcn_none();
    int rc = make_rel(&l, a);
    if (rc >= 0)
        rc = read_schemes(&l, a[5]);
    if (rc >= 0 && !tcn_is_missing(a[3]) && tcn_truth(a[3]))
        rc = tcn_to_text(rt, a[3], &target);
    if (rc >= 0)
        rc = tcn_filter_escape(rt, a, &escaped);
    if (target.type == TCN_V_STR)
        l.target = tcn_text_str(target.text);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = put_words(&l, tcn_text_str(escaped.text));
    return rc < 0 ? rc : tcn_html_end(rt, start, ret);
}
