/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c - keys are compared in constant time, all of them, so that neither a near miss
 * nor its place in the list shows. */
#include "core/api/auth.h"

#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"

#define KEYS_MAX    256
#define KEY_MIN     20 /* characters of a key */
#define HEADER_MAX  4096
#define PLAIN_BYTES (HEADER_MAX * 3 / 4 + 3)

typedef struct auth_key {
    tcn_secret *secret;
    unsigned scopes;
} auth_key;

struct tcn_auth {
    tcn_secret_source source;
    char *credentials_dir;
    bool is_off, is_public;
    auth_key *keys;
    size_t count;
    tcn_secret *basic;
};

static const struct {
    const char *name;
    enum tcn_scope scope;
} scope_names[] = {
    {"read", TCN_SCOPE_READ},
    {"emit", TCN_SCOPE_EMIT},
    {"write", TCN_SCOPE_WRITE},
    {"admin", TCN_SCOPE_ADMIN},
};

/* ---- reading ---- */

static void complain(tcn_problems *problems, const char *path, const char *text)
{
    tcn_err err = {0};
    (void)tcn_err_field(&err, TCN_E_INVALID, path, "%s", text);
    tcn_problems_add(problems, &err);
}

/* NULL: the value is wrong, and told. */
static tcn_secret *read_secret(tcn_auth *auth, const json_t *value, const char *path,
                               tcn_problems *problems)
{
    tcn_secret *secret = NULL;
    tcn_err err = {0};
    if (value == NULL) {
        complain(problems, path, "is required");
        return NULL;
    }
    if (tcn_secret_new(value, &auth->source, &secret, &err) < 0) {
        complain(problems, path, err.text);
        return NULL;
    }
    if (tcn_secret_is_literal(secret) && auth->is_public) {
        (void)tcn_err_field(&err, TCN_E_DENIED, path,
                            "stands in a file that others can read: use {credential: "
                            "NAME} or {file: PATH}, or chmod 600");
        tcn_problems_warn(problems, &err);
    }
    return secret;
}

static void check_length(tcn_secret *secret, const char *path, tcn_problems *problems)
{
    char text[HEADER_MAX];
    size_t len = 0;
    int rc = tcn_secret_read(secret, tcn_clock_mono_ms(), text, sizeof text, &len, NULL);
    tcn_secret_wipe(text, sizeof text);
    if (rc < 0)
        complain(problems, path, "is too long or cannot be read");
    else if (len < KEY_MIN)
        complain(problems, path, "must have at least 20 characters");
}

static unsigned scope_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < TCN_COUNT(scope_names); i++)
        if (strcmp(scope_names[i].name, name) == 0)
            return scope_names[i].scope;
    return 0;
}

static unsigned read_scopes(const json_t *list, const char *path, tcn_problems *problems)
{
    if (list == NULL)
        return TCN_SCOPE_ALL;
    if (!json_is_array(list) || json_array_size(list) == 0) {
        complain(problems, path, "must be a list of read, emit, write and admin");
        return 0;
    }
    unsigned scopes = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        char item[128];
        unsigned scope = scope_of(json_string_value(json_array_get(list, i)));
        (void)snprintf(item, sizeof item, "%s[%zu]", path, i);
        if (scope == 0)
            complain(problems, item, "must be one of read, emit, write, admin");
        scopes |= scope;
    }
    return scopes;
}

static void check_members(const json_t *document, const char *path,
                          tcn_problems *problems)
{
    static const char *const known[] = {"name", "key", "scopes", NULL};
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)document, name, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        char member[160];
        (void)snprintf(member, sizeof member, "%s.%.80s", path, name);
        if (known[i] == NULL)
            complain(problems, member, "unknown key (name, key, scopes are known)");
    }
}

static void read_key(tcn_auth *auth, const json_t *document, size_t i,
                     tcn_problems *problems)
{
    char path[64], member[80];
    (void)snprintf(path, sizeof path, "auth.keys[%zu]", i);
    if (!json_is_object(document)) {
        complain(problems, path, "must be a map of name, key and scopes");
        return;
    }
    check_members(document, path, problems);
    (void)snprintf(member, sizeof member, "%s.name", path);
    if (json_string_length(json_object_get(document, "name")) == 0)
        complain(problems, member, "must be a text: it tells keys apart");
    auth_key *key = &auth->keys[auth->count];
    (void)snprintf(member, sizeof member, "%s.scopes", path);
    key->scopes = read_scopes(json_object_get(document, "scopes"), member, problems);
    (void)snprintf(member, sizeof member, "%s.key", path);
    key->secret = read_secret(auth, json_object_get(document, "key"), member, problems);
    if (key->secret == NULL)
        return;
    auth->count++;
    check_length(key->secret, member, problems);
}

static int read_keys(tcn_auth *auth, const json_t *keys, tcn_problems *problems)
{
    size_t count = json_array_size(keys);
    if (keys != NULL && !json_is_array(keys)) {
        complain(problems, "auth.keys", "must be a list of {name, key, scopes}");
        return 0;
    }
    if (count > KEYS_MAX) {
        complain(problems, "auth.keys", "has more than 256 keys");
        return 0;
    }
    auth->keys = tcn_alloc_array(count + 1, sizeof *auth->keys);
    if (auth->keys == NULL)
        return TCN_E_NOMEM;
    for (size_t i = 0; i < count; i++)
        read_key(auth, json_array_get(keys, i), i, problems);
    return 0;
}

static int fill(tcn_auth *auth, const tcn_auth_options *options, tcn_problems *problems)
{
    auth->is_off = options->is_off;
    auth->is_public = options->is_public;
    auth->source.log = options->log;
    if (options->credentials_dir != NULL) {
        auth->credentials_dir = tcn_strdup(options->credentials_dir);
        if (auth->credentials_dir == NULL)
            return TCN_E_NOMEM;
        auth->source.credentials_dir = auth->credentials_dir;
    }
    if (options->basic != NULL)
        auth->basic = read_secret(auth, options->basic, "auth.basic", problems);
    return read_keys(auth, options->keys, problems);
}

int tcn_auth_new(const tcn_auth_options *options, tcn_auth **ret, tcn_problems *problems)
{
    size_t errors = problems->errors;
    tcn_auth *auth = tcn_alloc_zero(sizeof *auth);
    int rc = auth == NULL ? TCN_E_NOMEM : fill(auth, options, problems);
    if (rc == 0 && problems->errors == errors) {
        *ret = auth;
        return 0;
    }
    if (rc < 0)
        complain(problems, "auth", tcn_err_text(rc));
    tcn_auth_free(auth);
    return TCN_E_INVALID;
}

void tcn_auth_free(tcn_auth *auth)
{
    if (auth == NULL)
        return;
    for (size_t i = 0; i < auth->count; i++)
        tcn_secret_free(auth->keys[i].secret);
    tcn_secret_free(auth->basic);
    tcn_free(auth->keys);
    tcn_free(auth->credentials_dir);
    tcn_free(auth);
}

/* ---- asking ---- */

/* What follows the scheme in the header Authorization; empty for another scheme. */
static tcn_str credentials(const tcn_request *request, const char *scheme)
{
    tcn_str header = tcn_request_header(request, "Authorization");
    size_t len = strlen(scheme);
    if (header.len <= len || header.len > HEADER_MAX || header.ptr[len] != ' ' ||
        strncasecmp(header.ptr, scheme, len) != 0)
        return TCN_STR("");
    return tcn_str_trim(tcn_str_of(header.ptr + len, header.len - len));
}

static unsigned bearer_scopes(const tcn_auth *auth, tcn_str key)
{
    unsigned scopes = 0;
    int64_t now_ms = tcn_clock_mono_ms();
    for (size_t i = 0; i < auth->count && key.len > 0; i++)
        if (tcn_secret_is(auth->keys[i].secret, now_ms, key))
            scopes |= auth->keys[i].scopes;
    return scopes;
}

static int digit_of(char c)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Base64; SIZE_MAX for anything else. out has PLAIN_BYTES. */
static size_t decode(tcn_str text, char *out)
{
    size_t len = 0;
    uint32_t bits = 0, count = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_of(text.ptr[i]);
        if (digit < 0)
            return SIZE_MAX;
        bits = bits << 6 | (uint32_t)digit;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        out[len++] = (char)(bits >> count & 0xff);
    }
    return len;
}

static unsigned basic_scopes(const tcn_auth *auth, tcn_str encoded)
{
    char plain[PLAIN_BYTES];
    if (auth->basic == NULL || encoded.len == 0)
        return 0;
    size_t len = decode(encoded, plain);
    bool is_it = len != SIZE_MAX &&
                 tcn_secret_is(auth->basic, tcn_clock_mono_ms(), tcn_str_of(plain, len));
    tcn_secret_wipe(plain, sizeof plain);
    return is_it ? TCN_SCOPE_ALL : 0;
}

int tcn_auth_check(const tcn_auth *auth, const tcn_request *request, enum tcn_scope scope)
{
    if (auth->is_off || scope == TCN_SCOPE_OPEN ||
        tcn_request_is_from(request, getuid(), getgid()))
        return 0;
    unsigned scopes = bearer_scopes(auth, credentials(request, "Bearer")) |
                      basic_scopes(auth, credentials(request, "Basic"));
    if ((scopes & (unsigned)scope) != 0)
        return 0;
    return scopes != 0 ? 403 : 401;
}
