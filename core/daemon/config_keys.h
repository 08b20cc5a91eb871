/* SPDX-License-Identifier: Apache-2.0 */
/* config_keys.h - the table of tocsin.yaml: every key with its type, bounds, default and
 * place in tcn_config. Keys of the specification that are not built yet stand in it too,
 * so that they are refused by name and not as a misspelling. */
#ifndef TCN_DAEMON_CONFIG_KEYS_H
#define TCN_DAEMON_CONFIG_KEYS_H

#include <stddef.h>
#include <stdint.h>

enum tcn_config_kind {
    TCN_CONFIG_LATER = 1, /* known, not built yet */
    TCN_CONFIG_TEXT,      /* one line */
    TCN_CONFIG_LIST,      /* of texts */
    TCN_CONFIG_INT,
    TCN_CONFIG_SIZE,     /* bytes, or 64k 8M 1G */
    TCN_CONFIG_DURATION, /* seconds, or 500ms 10s 5m 2h 7d; kept in microseconds */
    TCN_CONFIG_CHOICE,   /* one of choices; kept as an int: the place in it */
    TCN_CONFIG_FLAG,     /* one of two choices; kept as a bool: is it the first one? */
    TCN_CONFIG_DOCUMENT, /* any value, as it stands in the file; who uses it checks it */
    TCN_CONFIG_LEVELS,   /* map of component to log level */
    TCN_CONFIG_PINS,     /* map of name to a list of SHA-256 in hexadecimal */
};

typedef struct tcn_config_key {
    const char *name; /* "store.sync" */
    enum tcn_config_kind kind;
    size_t offset;    /* in tcn_config */
    int64_t min, max; /* of the value as it is kept; durations in microseconds */
    const char *dflt; /* as it would be written; NULL: none */
    const char *const *choices; /* ends with NULL */
} tcn_config_key;

extern const tcn_config_key tcn_config_keys[];
extern const size_t tcn_config_key_count;

#endif
