/* SPDX-License-Identifier: Apache-2.0 */
/* store_key.c - 32 bytes in base64, which never stand in an error. */
#include "core/daemon/store_key.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/option/secret.h"

#define FIELD "store.secret_key"
/* 32 bytes are 43 characters and one '='. */
#define CODED ((size_t)44)

static int refuse(tcn_problems *problems, const tcn_config *config, int code,
                  const char *text)
{
    tcn_err err = {0};
    (void)tcn_err_field(&err, code, FIELD, "%s", text);
    tcn_err_source(&err, config->path);
    tcn_problems_add(problems, &err);
    return code;
}

static int decode(tcn_str text, uint8_t key[TCN_STORE_KEY])
{
    unsigned char bytes[CODED / 4 * 3 + 1];
    bool has_form =
        text.len == CODED && text.ptr[CODED - 1] == '=' && text.ptr[CODED - 2] != '=';
    int len = !has_form ? -1
                        : EVP_DecodeBlock(bytes, (const unsigned char *)text.ptr,
                                          (int)text.len);
    if (len == TCN_STORE_KEY + 1)
        memcpy(key, bytes, TCN_STORE_KEY);
    tcn_secret_wipe(bytes, sizeof bytes);
    return len == TCN_STORE_KEY + 1 ? 1 : TCN_E_INVALID;
}

static void warn_of_literal(const tcn_config *config, tcn_problems *problems)
{
    struct stat st;
    tcn_err err = {0};
    if (stat(config->path, &st) < 0 || (st.st_mode & S_IROTH) == 0)
        return;
    (void)tcn_err_field(
        &err, TCN_E_INVALID, FIELD,
        "stands in a file that others may read; use {credential: NAME} or "
        "{file: PATH}");
    tcn_err_source(&err, config->path);
    tcn_problems_warn(problems, &err);
}

static int read_text(const tcn_secret_source *source, const tcn_config *config,
                     uint8_t key[TCN_STORE_KEY], tcn_problems *problems)
{
    char text[128];
    size_t len = 0;
    tcn_err err = {0};
    tcn_secret *secret = NULL;
    int rc = tcn_secret_new(config->store.secret_key, source, &secret, &err);
    if (rc >= 0)
        rc = tcn_secret_read(secret, 0, text, sizeof text, &len, &err);
    if (rc < 0 && rc != TCN_E_LIMIT) {
        tcn_secret_free(secret);
        return refuse(problems, config, rc, err.text);
    }
    if (rc >= 0)
        rc = decode(tcn_str_of(text, len), key);
    if (rc < 0)
        rc = refuse(problems, config, TCN_E_INVALID,
                    "must be 32 bytes in base64, as \"openssl rand -base64 32\" prints "
                    "them");
    else if (tcn_secret_is_literal(secret))
        warn_of_literal(config, problems);
    tcn_secret_wipe(text, sizeof text);
    tcn_secret_free(secret);
    return rc;
}

int tcn_store_key_read(const tcn_config *config, tcn_log *log, uint8_t key[TCN_STORE_KEY],
                       tcn_problems *problems)
{
    const tcn_secret_source source = {.credentials_dir = getenv("CREDENTIALS_DIRECTORY"),
                                      .log = log};
    return config->store.secret_key == NULL ? 0
                                            : read_text(&source, config, key, problems);
}
