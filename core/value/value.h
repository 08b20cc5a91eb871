/* SPDX-License-Identifier: Apache-2.0 */
/* value.h - the one value type of templates and their contexts: 16 bytes, a tag and a
 * word. What the word points at lies in an arena (or is static) and is not changed once
 * it is built, so values are copied freely and never freed one by one: they live as long
 * as their arena. Text is valid UTF-8; positions and lengths that a template sees are
 * code points. */
#ifndef TCN_VALUE_VALUE_H
#define TCN_VALUE_VALUE_H

#include "core/base/arena.h"
#include "core/base/uuid.h"

enum tcn_value_type {
    TCN_V_MISSING, /* no value at all: a slot that nobody filled. Templates never see it.
                    */
    TCN_V_UNDEF,
    TCN_V_NONE,
    TCN_V_BOOL,
    TCN_V_INT,
    TCN_V_FLOAT,
    TCN_V_BIG, /* an integer outside 64 bits */
    TCN_V_STR,
    TCN_V_ENUM, /* a member of a text enumeration: mostly text, see tcn_enum */
    TCN_V_BYTES,
    TCN_V_LIST,
    TCN_V_TUPLE,
    TCN_V_SET,
    TCN_V_LAZY, /* what map, select, batch ... give: a list that is no sequence */
    TCN_V_DICT,
    TCN_V_VIEW, /* dict.keys(), .values(), .items(); which one is in sub */
    TCN_V_RANGE,
    TCN_V_DATETIME,
    TCN_V_DATE,
    TCN_V_TIME,
    TCN_V_DELTA, /* a span of time, in microseconds */
    TCN_V_UUID,
    TCN_V_OBJECT,
};
enum {
    TCN_SUB_MARKUP = 1
}; /* sub of TCN_V_STR: safe as HTML */
/* aux of TCN_V_STR: where a text comes from, for outputs of other types. */
enum tcn_text_origin {
    TCN_TEXT_VALUE,   /* anywhere; also what was made of texts of the other origins */
    TCN_TEXT_LITERAL, /* stands in the template */
    TCN_TEXT_JSON,    /* tojson made it */
    TCN_TEXT_SAFE,    /* the template's author calls it safe, or it was escaped before */
};
enum tcn_view {
    TCN_VIEW_KEYS,
    TCN_VIEW_VALUES,
    TCN_VIEW_ITEMS
};

typedef struct tcn_value tcn_value;

typedef struct tcn_text {
    const char *ptr; /* not NUL-terminated */
    uint32_t len;    /* bytes */
    uint32_t count;  /* code points; the same as len when all is ASCII */
    uint64_t hash;   /* 0: not known yet (tcn_text_hash) */
} tcn_text;

typedef struct tcn_big {
    bool negative;
    uint32_t count;  /* limbs in use, the highest is not 0 */
    uint32_t limb[]; /* least significant first */
} tcn_big;

/* LIST, TUPLE, SET, LAZY. */
typedef struct tcn_vlist {
    tcn_value *items;
    uint32_t count, capacity;
} tcn_vlist;

typedef struct tcn_ventry tcn_ventry;
/* In insertion order; keys are equal as Python says: 1, 1.0 and true are one key. */
typedef struct tcn_vdict {
    tcn_ventry *entries;
    uint32_t count, capacity;
    uint32_t *index; /* positions + 1 by hash; NULL while the dict is small */
    uint32_t index_mask;
} tcn_vdict;

typedef struct tcn_range {
    int64_t start, stop, step; /* step is not 0 */
} tcn_range;

/* Microseconds since 1970 of the point itself; the offset is for showing it. */
typedef struct tcn_moment {
    int64_t at_us;
    int32_t offset_s;
    bool is_naive; /* carries no zone */
} tcn_moment;

typedef struct tcn_enum {
    const char *class_name; /* "StateType" */
    const char *full_name;  /* with its module and " object", for undefined attributes */
    tcn_text name, value;   /* COMPLETED, "COMPLETED" */
} tcn_enum;

enum tcn_undef_kind {
    TCN_UNDEF_NAME, /* 'name' is undefined */
    TCN_UNDEF_ATTR, /* 'owner' has no attribute 'name' */
    TCN_UNDEF_ITEM, /* owner has no element name */
    TCN_UNDEF_HINT, /* the text of name as it is */
    TCN_UNDEF_UNSAFE,
    TCN_UNDEF_BRANCH, /* inline if without else: attributes of it fail */
};
typedef struct tcn_undef tcn_undef;

typedef struct tcn_object tcn_object;

struct tcn_value {
    uint8_t type; /* enum tcn_value_type */
    uint8_t sub;
    uint16_t unused;
    uint32_t aux;
    union {
        bool boolean;
        int64_t integer; /* INT; DELTA in microseconds */
        double real;
        tcn_text *text; /* STR, BYTES */
        const tcn_enum *member;
        tcn_big *big;
        tcn_vlist *list;
        tcn_vdict *dict; /* DICT, VIEW */
        tcn_range *range;
        tcn_moment *moment; /* DATETIME, DATE, TIME */
        tcn_uuid *uuid;
        tcn_undef *undef;
        tcn_object *object;
    };
};

struct tcn_ventry {
    tcn_value key, value;
    uint64_t hash;
};

struct tcn_undef {
    uint8_t kind;      /* enum tcn_undef_kind */
    const char *owner; /* type of the thing that was asked, as messages name it */
    tcn_value name;
};

/* Objects begin with this. What they can do stands in type (object.h). */
struct tcn_object {
    const struct tcn_object_type *type;
};

/* Plain values need no memory. */
static inline tcn_value tcn_none(void)
{
    return (tcn_value){.type = TCN_V_NONE};
}
static inline tcn_value tcn_bool(bool b)
{
    return (tcn_value){.type = TCN_V_BOOL, .integer = b};
}
static inline tcn_value tcn_int(int64_t i)
{
    return (tcn_value){.type = TCN_V_INT, .integer = i};
}
static inline tcn_value tcn_real(double f)
{
    return (tcn_value){.type = TCN_V_FLOAT, .real = f};
}
static inline tcn_value tcn_delta(int64_t us)
{
    return (tcn_value){.type = TCN_V_DELTA, .integer = us};
}
static inline tcn_value tcn_of_text(tcn_text *text)
{
    return (tcn_value){.type = TCN_V_STR, .text = text};
}
static inline tcn_value tcn_of_list(enum tcn_value_type type, tcn_vlist *list)
{
    return (tcn_value){.type = (uint8_t)type, .list = list};
}
static inline tcn_value tcn_of_dict(tcn_vdict *dict)
{
    return (tcn_value){.type = TCN_V_DICT, .dict = dict};
}
static inline tcn_value tcn_of_object(tcn_object *object)
{
    return (tcn_value){.type = TCN_V_OBJECT, .object = object};
}
static inline bool tcn_is_missing(tcn_value v)
{
    return v.type == TCN_V_MISSING;
}
static inline tcn_str tcn_text_str(const tcn_text *text)
{
    return (tcn_str){text->ptr, text->len};
}
static inline bool tcn_text_is_ascii(const tcn_text *text)
{
    return text->len == text->count;
}

/* Building. The makers give a value of type MISSING when the arena is out of memory or at
 * its limit; the adders give 0 or TCN_E_NOMEM. */
tcn_value tcn_str_new(tcn_arena *arena, tcn_str bytes);    /* copies the bytes */
tcn_value tcn_str_borrow(tcn_arena *arena, tcn_str bytes); /* they outlive the arena */
tcn_value tcn_bytes_new(tcn_arena *arena, tcn_str bytes);
tcn_value tcn_markup(tcn_value str);
tcn_value tcn_markup_as(tcn_value str, enum tcn_text_origin origin);
tcn_value tcn_list_new(tcn_arena *arena, enum tcn_value_type type, size_t capacity);
int tcn_vlist_add(tcn_arena *arena, tcn_vlist *list, tcn_value item);
tcn_value tcn_dict_new(tcn_arena *arena, size_t capacity);
/* Adds, or replaces the value and keeps the place and the first key. The key is hashable.
 */
int tcn_vdict_put(tcn_arena *arena, tcn_vdict *dict, tcn_value key, tcn_value value);
int tcn_vdict_put_c(tcn_arena *arena, tcn_vdict *dict, const char *key, tcn_value value);
/* NULL when there is no such key. Borrowed until the dict is next added to. */
tcn_value *tcn_vdict_get(const tcn_vdict *dict, tcn_value key);
tcn_value *tcn_vdict_get_text(const tcn_vdict *dict, const tcn_text *key, uint64_t hash);
tcn_value *tcn_vdict_get_c(const tcn_vdict *dict, const char *key);
tcn_value tcn_range_new(tcn_arena *arena, int64_t start, int64_t stop, int64_t step);
tcn_value tcn_datetime_new(tcn_arena *arena, int64_t at_us, int offset_s);
tcn_value tcn_uuid_new(tcn_arena *arena, const tcn_uuid *id);

/* Number of items of a range. */
uint64_t tcn_range_count(const tcn_range *range);
uint64_t tcn_text_hash(const tcn_text *text);
/* The hash of a text that has these bytes. */
uint64_t tcn_str_hash(tcn_str bytes);

#endif
