/* SPDX-License-Identifier: Apache-2.0 */
/* mentions.c - see mentions.h. */
#include "mentions.h"

#define NAMES_MAX 50

static bool is_tag(tocsin_str s, const char *tag)
{
    size_t len = strlen(tag);
    return s.len >= len && tocsin_str_same_name(tocsin_str_part(s.ptr, len), tag);
}

size_t mention_length(tocsin_str s)
{
    if (!is_tag(s, "<at>"))
        return 0;
    const char *end = memchr(s.ptr + 4, '<', s.len - 4);
    size_t at = end == NULL ? 0 : (size_t)(end - s.ptr);
    return at > 4 && is_tag(tocsin_str_part(end, s.len - at), "</at>") ? at + 5 : 0;
}

typedef struct mentions {
    tocsin_str names[NAMES_MAX];
    size_t count;
} mentions;

/* False: it was there, or there is no room. */
static bool add_name(mentions *m, tocsin_str name)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->names[i].len == name.len &&
            memcmp(m->names[i].ptr, name.ptr, name.len) == 0)
            return false;
    if (m->count == NAMES_MAX)
        return false;
    m->names[m->count++] = name;
    return true;
}

static void add_member(tocsin_text *out, const char *key, tocsin_str value,
                       bool is_python)
{
    tocsin_text_add_c(out, key);
    tocsin_text_add_c(out, is_python ? ": " : ":");
    if (is_python)
        tocsin_text_add_json_ascii(out, value);
    else
        tocsin_text_add_json(out, value);
}

static void add_entity(tocsin_text *out, tocsin_str tag, tocsin_str name, bool is_python)
{
    const char *comma = is_python ? ", " : ",";
    add_member(out, "{\"type\"", tocsin_str_of("mention"), is_python);
    tocsin_text_add_c(out, comma);
    add_member(out, "\"text\"", tag, is_python);
    tocsin_text_add_c(out, comma);
    tocsin_text_add_c(out, is_python ? "\"mentioned\": {" : "\"mentioned\":{");
    add_member(out, "\"id\"", name, is_python);
    tocsin_text_add_c(out, comma);
    add_member(out, "\"name\"", name, is_python);
    tocsin_text_add_c(out, "}}");
}

size_t mentions_add(tocsin_str text, bool is_python, tocsin_text *out)
{
    mentions m = {.count = 0};
    while (text.len > 0) {
        size_t len = mention_length(text);
        tocsin_str tag = {text.ptr, len};
        text.ptr += len > 0 ? len : 1;
        text.len -= len > 0 ? len : 1;
        if (len == 0)
            continue;
        tocsin_str name = tocsin_str_trim(tocsin_str_part(tag.ptr + 4, len - 9));
        if (name.len == 0 || !add_name(&m, name))
            continue;
        tocsin_text_add_c(out, m.count > 1 ? ","
                               : is_python ? "\"entities\": ["
                                           : "\"entities\":[");
        tocsin_text_add_c(out, m.count > 1 && is_python ? " " : "");
        add_entity(out, tag, name, is_python);
    }
    tocsin_text_add_c(out, m.count > 0 ? "]" : "");
    return m.count;
}
