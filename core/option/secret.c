/* SPDX-License-Identifier: Apache-2.0 */
/* secret.c - where secrets come from and the pages that they live in. A file that cannot
 * be read any more is an error at use, not the old value: an operator who removes a
 * credential means it. */
#include "core/option/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <tocsin/plugin.h>
#include <unistd.h>
#include <uv.h>

#include "core/base/alloc.h"
#include "core/option/secret_mask.h"

#define LOOK_MS 1000

struct tcn_secret {
    const tcn_secret_source *source;
    uv_mutex_t lock;
    char *path;      /* of a file or credential; NULL: the value never changes */
    bool is_literal; /* stood in the document itself */
    bool is_guarded; /* the file must be closed to others */
    bool is_masked;  /* the log knows the value */
    char *value;     /* own pages; NULL: could not be read */
    size_t len, mapped;
    int64_t looked_mono_ms;
    struct stat seen;
};

void tcn_secret_wipe(void *ptr, size_t len)
{
    OPENSSL_cleanse(ptr, len);
}

static void value_drop(tcn_secret *secret)
{
    if (secret->is_masked)
        tcn_log_unmask(secret->source->log, tcn_str_of(secret->value, secret->len));
    secret->is_masked = false;
    if (secret->value != NULL) {
        tcn_secret_wipe(secret->value, secret->mapped);
        (void)munmap(secret->value, secret->mapped);
    }
    secret->value = NULL;
    secret->len = 0;
}

/* Pages for a value of len bytes and its NUL. */
static int value_reserve(tcn_secret *secret, size_t len, tcn_err *reterr)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (len + page) / page * page;
    void *pages =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return tcn_err_set(reterr, TCN_E_NOMEM, "no memory for a secret");
    (void)madvise(pages, size, MADV_DONTDUMP);
    (void)madvise(pages, size, MADV_WIPEONFORK);
    value_drop(secret);
    secret->value = pages;
    secret->mapped = size;
    return 0;
}

/* Checks what was put into the pages, and tells the log. */
static int value_settle(tcn_secret *secret, size_t len, const char *what, tcn_err *reterr)
{
    if (len > 0 && secret->path != NULL && secret->value[len - 1] == '\n')
        len--;
    secret->value[len] = '\0';
    secret->len = len;
    if (len > 0 && memchr(secret->value, '\0', len) == NULL) {
        secret->is_masked =
            secret->source->log != NULL &&
            tcn_log_mask(secret->source->log, tcn_str_of(secret->value, len)) == 0;
        return 0;
    }
    value_drop(secret);
    return tcn_err_set(reterr, TCN_E_INVALID,
                       len == 0 ? "%s is empty" : "%s holds a NUL byte", what);
}

static int value_copy(tcn_secret *secret, tcn_str text, const char *what, tcn_err *reterr)
{
    if (text.len > TCN_SECRET_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "%s is longer than 64 KiB", what);
    int rc = value_reserve(secret, text.len, reterr);
    if (rc < 0)
        return rc;
    if (text.len > 0)
        memcpy(secret->value, text.ptr, text.len);
    return value_settle(secret, text.len, what, reterr);
}

static int read_fd(tcn_secret *secret, int fd, tcn_err *reterr)
{
    int rc = value_reserve(secret, TCN_SECRET_MAX + 1, reterr);
    size_t len = 0;
    while (rc == 0 && len <= TCN_SECRET_MAX) {
        ssize_t n = read(fd, secret->value + len, TCN_SECRET_MAX + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = tcn_err_set(reterr, TCN_E_IO, "%s cannot be read: %s", secret->path,
                             strerror(errno));
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    if (rc == 0 && len > TCN_SECRET_MAX)
        rc = tcn_err_set(reterr, TCN_E_LIMIT, "%s is longer than 64 KiB", secret->path);
    return rc == 0 ? value_settle(secret, len, secret->path, reterr) : rc;
}

static int check_mode(const tcn_secret *secret, const struct stat *st, tcn_err *reterr)
{
    if (!S_ISREG(st->st_mode))
        return tcn_err_set(reterr, TCN_E_INVALID, "%s is not a regular file",
                           secret->path);
    if (secret->is_guarded && (st->st_mode & 0027u) != 0)
        return tcn_err_set(reterr, TCN_E_DENIED,
                           "%s is open to others (mode %04o, use 0600 or 0640)",
                           secret->path, st->st_mode & 07777u);
    return 0;
}

static int read_file(tcn_secret *secret, tcn_err *reterr)
{
    int fd = open(secret->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        int rc = tcn_err_set(reterr, TCN_E_IO, "%s cannot be opened: %s", secret->path,
                             strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    int rc = check_mode(secret, &st, reterr);
    if (rc == 0)
        rc = read_fd(secret, fd, reterr);
    if (rc == 0)
        secret->seen = st;
    (void)close(fd);
    return rc;
}

static bool is_changed(const struct stat *a, const struct stat *b)
{
    return a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size ||
           a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
           a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

static int refresh(tcn_secret *secret, int64_t now_mono_ms, tcn_err *reterr)
{
    struct stat st;
    if (secret->path == NULL)
        return 0;
    if (secret->value != NULL && now_mono_ms - secret->looked_mono_ms < LOOK_MS)
        return 0;
    secret->looked_mono_ms = now_mono_ms;
    if (secret->value != NULL && stat(secret->path, &st) == 0 &&
        !is_changed(&st, &secret->seen))
        return 0;
    int rc = read_file(secret, reterr);
    if (rc < 0)
        value_drop(secret);
    return rc;
}

static int from_credential(tcn_secret *secret, const char *name, tcn_err *reterr)
{
    char path[PATH_MAX];
    if (secret->source->credentials_dir == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND,
                           "credential \"%s\": there is no credentials directory "
                           "($CREDENTIALS_DIRECTORY is not set)",
                           name);
    if (name[0] == '\0' || strchr(name, '/') != NULL || strcmp(name, "..") == 0)
        return tcn_err_set(reterr, TCN_E_INVALID, "credential \"%s\" is not a file name",
                           name);
    int n = snprintf(path, sizeof path, "%s/%s", secret->source->credentials_dir, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return tcn_err_set(reterr, TCN_E_LIMIT, "the credential's path is too long");
    secret->path = tcn_strdup(path);
    return secret->path == NULL ? TCN_E_NOMEM : read_file(secret, reterr);
}

static int from_reference(tcn_secret *secret, const json_t *value, tcn_err *reterr)
{
    const char *key = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)value));
    const char *text =
        key == NULL ? NULL : json_string_value(json_object_get(value, key));
    if (json_object_size(value) != 1 || text == NULL)
        return tcn_err_set(
            reterr, TCN_E_INVALID,
            "must be a text, {credential: NAME}, {file: PATH} or {env: NAME}");
    if (strcmp(key, "credential") == 0)
        return from_credential(secret, text, reterr);
    if (secret->source->is_remote)
        return tcn_err_set(
            reterr, TCN_E_DENIED,
            "{%s: ...} is for blocks of files; a block that is made through "
            "the API names a credential or holds the secret itself",
            key);
    if (strcmp(key, "file") == 0) {
        secret->is_guarded = true;
        secret->path = tcn_strdup(text);
        return secret->path == NULL ? TCN_E_NOMEM : read_file(secret, reterr);
    }
    if (strcmp(key, "env") != 0)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "\"%s\" is no source of secrets (credential, file, env)", key);
    const char *found = getenv(text);
    if (found == NULL)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "the environment has no variable %s",
                           text);
    return value_copy(secret, tcn_str_c(found), text, reterr);
}

int tcn_secret_new(const json_t *value, const tcn_secret_source *source, tcn_secret **ret,
                   tcn_err *reterr)
{
    tcn_secret *secret = tcn_alloc_zero(sizeof *secret);
    if (secret == NULL)
        return tcn_err_no_memory(reterr);
    if (uv_mutex_init(&secret->lock) != 0) {
        tcn_free(secret);
        return tcn_err_no_memory(reterr);
    }
    secret->source = source;
    secret->is_literal = json_is_string(value);
    secret->looked_mono_ms = INT64_MIN / 2;
    int rc =
        secret->is_literal
            ? value_copy(secret,
                         tcn_str_of(json_string_value(value), json_string_length(value)),
                         "the text", reterr)
            : from_reference(secret, value, reterr);
    if (rc < 0) {
        tcn_secret_free(secret);
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    }
    *ret = secret;
    return 0;
}

void tcn_secret_free(tcn_secret *secret)
{
    if (secret == NULL)
        return;
    value_drop(secret);
    tcn_free(secret->path);
    uv_mutex_destroy(&secret->lock);
    tcn_free(secret);
}

bool tcn_secret_is_literal(const tcn_secret *secret)
{
    return secret->is_literal;
}

int tcn_secret_read(tcn_secret *secret, int64_t now_mono_ms, char *buf, size_t cap,
                    size_t *ret_len, tcn_err *reterr)
{
    uv_mutex_lock(&secret->lock);
    int rc = refresh(secret, now_mono_ms, reterr);
    if (rc < 0)
        rc = TCN_E_IO;
    else if (cap <= secret->len)
        rc = tcn_err_set(reterr, TCN_E_LIMIT, "the secret is longer than %zu bytes", cap);
    else {
        memcpy(buf, secret->value, secret->len + 1);
        *ret_len = secret->len;
    }
    uv_mutex_unlock(&secret->lock);
    return rc;
}

bool tcn_secret_is(tcn_secret *secret, int64_t now_mono_ms, tcn_str text)
{
    uv_mutex_lock(&secret->lock);
    bool is_it = refresh(secret, now_mono_ms, NULL) == 0 && secret->len == text.len &&
                 CRYPTO_memcmp(secret->value, text.ptr, text.len) == 0;
    uv_mutex_unlock(&secret->lock);
    return is_it;
}

/* Of a URL what follows the host: peers like to repeat it. Empty for other values. */
static tcn_str url_path(tcn_str value)
{
    size_t scheme = tcn_str_find(value, TCN_STR("://"));
    if (scheme == SIZE_MAX)
        return TCN_STR("");
    tcn_str rest = tcn_str_of(value.ptr + scheme + 3, value.len - scheme - 3);
    size_t slash = tcn_str_find(rest, TCN_STR("/"));
    return slash == SIZE_MAX ? TCN_STR("")
                             : tcn_str_of(rest.ptr + slash, rest.len - slash);
}

static int mask_whole_and_path(tcn_str value, tcn_str text, tcn_buf *out)
{
    tcn_str path = url_path(value);
    tcn_buf whole;
    tcn_buf_init(&whole, out->limit);
    int rc = tcn_secret_mask_value(value, text, &whole);
    if (rc == 0)
        rc = path.len >= TCN_SECRET_MASK_MIN
                 ? tcn_secret_mask_value(path, tcn_buf_str(&whole), out)
                 : tcn_buf_add_str(out, tcn_buf_str(&whole));
    tcn_buf_deinit(&whole);
    return rc;
}

int tcn_secret_mask(tcn_secret *secret, tcn_str text, tcn_buf *out)
{
    uv_mutex_lock(&secret->lock);
    int rc = secret->len >= TCN_SECRET_MASK_MIN
                 ? mask_whole_and_path(tcn_str_of(secret->value, secret->len), text, out)
                 : tcn_buf_add_str(out, text);
    uv_mutex_unlock(&secret->lock);
    return rc;
}
