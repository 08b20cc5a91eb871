/* SPDX-License-Identifier: Apache-2.0 */
/* decode_int.h - how decoding works inside.
 *
 * Reading functions take the place where a value begins and return the place behind it,
 * or NULL. The text ends with a bracket (decode.c sees to it), which is neither part of a
 * string, number or literal nor white space: so a byte may be read anywhere but behind a
 * closing bracket or quote, where tcn_decoder_peek asks for the end first.
 *
 * There are two kinds of failure. Broken: the text is not JSON, or over a limit; code is
 * set and all reading stops. Wrong: JSON that is no event; code stays 0, and the caller
 * may skip the value and go on, because a later duplicate of the key may put it right.
 * What is wrong is put into words only when the decoder explains, which is on a second
 * reading of the value that decided. */
#ifndef TCN_EVENT_DECODE_INT_H
#define TCN_EVENT_DECODE_INT_H

#include "core/event/decode.h"
#include "core/event/scan.h"

#define TCN_DECODE_DEPTH_MAX 16384 /* whatever the limits say */
#define TCN_LABEL_SLOTS      1024  /* of the table of a resource with many labels */

/* The fields of an event, in the order in which Prefect complains about them. */
enum tcn_event_field {
    TCN_FIELD_OCCURRED,
    TCN_FIELD_EVENT,
    TCN_FIELD_RESOURCE,
    TCN_FIELD_RELATED,
    TCN_FIELD_PAYLOAD,
    TCN_FIELD_ID,
    TCN_FIELD_FOLLOWS,
    TCN_FIELD_RECEIVED,
    TCN_FIELD_COUNT,
    TCN_FIELD_UNKNOWN = TCN_FIELD_COUNT,
};

typedef struct tcn_decoder {
    const char *text, *end; /* what may be read */
    size_t size; /* bytes that the sender sent; less than end - text when we closed it */
    const tcn_event_limits *limits;
    tcn_arena *arena;
    uint32_t depth_max;
    uint32_t strings; /* of the event at hand */
    int code;         /* why reading ended, or 0 */
    bool is_explaining;
    bool is_in_list;
    int64_t index;         /* of the event at hand, or -1 */
    int64_t related_index; /* of the related resource at hand, or -1 */
    tcn_event_error *err;
    /* Labels and resources are gathered here and copied to the arena when their number is
     * known. */
    tcn_label labels[TCN_EVENT_LABELS_MAX];
    tcn_resource related[TCN_EVENT_RELATED_MAX];
    uint16_t slots[TCN_LABEL_SLOTS]; /* place + 1 of a label; used from 17 labels on */
} tcn_decoder;

/* The byte at p, or NUL at the end. */
static inline char tcn_decoder_peek(const tcn_decoder *d, const char *p)
{
    return p < d->end ? *p : '\0';
}
static inline const char *tcn_decoder_blanks(const tcn_decoder *d, const char *p)
{
    return p < d->end ? tcn_scan_blanks(p) : p;
}

/* Failures. All return NULL. at is where the sender's text is not as it should be. */
const char *tcn_decode_broken(tcn_decoder *d, const char *at, const char *text);
const char *tcn_decode_too_large(tcn_decoder *d, const char *at, const char *fmt, ...)
    TCN_PRINTF(3, 4);
const char *tcn_decode_no_memory(tcn_decoder *d);
/* field, and key inside of it unless NULL. type and text are Prefect's. */
const char *tcn_decode_wrong(tcn_decoder *d, const char *at, enum tcn_event_field field,
                             const tcn_str *key, const char *type, const char *text);
const char *tcn_decode_wrong_time(tcn_decoder *d, const char *at, tcn_str text);
const char *tcn_decode_wrong_uuid(tcn_decoder *d, const char *at,
                                  enum tcn_event_field field, tcn_str text);
const char *tcn_decode_missing(tcn_decoder *d, const char *at,
                               enum tcn_event_field field);
/* The event itself, or the body, is of a wrong type. */
const char *tcn_decode_wrong_whole(tcn_decoder *d, const char *at, const char *type,
                                   const char *text);

/* Strings. p stands behind the opening quote. The text is borrowed when it has no
 * escapes, else it stands in the arena. *ret_text.ptr is NULL for text with a lone
 * surrogate, which has no UTF-8 form. */
const char *tcn_decode_escaped(tcn_decoder *d, const char *start, const char *p,
                               tcn_str *ret_text);
static inline const char *tcn_decode_string(tcn_decoder *d, const char *p,
                                            tcn_str *ret_text)
{
    d->strings++;
    const char *stop = tcn_scan_text(p, d->end);
    if (TCN_UNLIKELY(stop == d->end || *stop != '"'))
        return tcn_decode_escaped(d, p, stop, ret_text);
    *ret_text = tcn_str_of(p, (size_t)(stop - p));
    return stop + 1;
}
/* From behind a key's closing quote to where its value begins. */
const char *tcn_decode_colon(tcn_decoder *d, const char *p);
/* A key and its colon, from where the key must begin to where its value begins. */
static inline const char *tcn_decode_key(tcn_decoder *d, const char *p, tcn_str *ret_key)
{
    if (*p != '"')
        return tcn_decode_broken(d, p,
                                 "Expecting property name enclosed in double quotes");
    p = tcn_decode_string(d, p + 1, ret_key);
    if (p == NULL)
        return NULL;
    if (TCN_LIKELY(d->end - p > 1 && p[0] == ':' && p[1] > ' '))
        return p + 1;
    return tcn_decode_colon(d, p);
}
/* Behind a member of an object or an item of a list: skips the comma, or stays at close.
 * The place returned is where the next key or item must begin. */
const char *tcn_decode_comma(tcn_decoder *d, const char *p, char close);

/* Skips one well-formed value that stands at depth (1 is the event). */
const char *tcn_decode_skip(tcn_decoder *d, const char *p, uint32_t depth);
const char *tcn_decode_number(tcn_decoder *d, const char *p);

/* Fields. */
const char *tcn_decode_resource(tcn_decoder *d, const char *p, tcn_resource *ret);
const char *tcn_decode_related(tcn_decoder *d, const char *p, tcn_event *ret);

#endif
