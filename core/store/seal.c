/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c - OpenSSL's AES-256-GCM. The nonce is random: a key may seal 2^32 times before
 * two of them are likely to meet, and blocks are written by hand. */
#include "core/store/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/mman.h>

#include "core/base/alloc.h"

#define NONCE 12
#define TAG   16

enum {
    FORM_PLAIN = 0,
    FORM_SEALED = 1,
};

struct tcn_seal {
    uint8_t *key; /* a page of its own; NULL: none */
};

static uint8_t *keep_key(const uint8_t *key)
{
    void *page = mmap(NULL, TCN_SEAL_KEY, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return NULL;
    (void)madvise(page, TCN_SEAL_KEY, MADV_DONTDUMP);
    (void)madvise(page, TCN_SEAL_KEY, MADV_WIPEONFORK);
    memcpy(page, key, TCN_SEAL_KEY);
    return page;
}

tcn_seal *tcn_seal_new(const uint8_t *key)
{
    tcn_seal *seal = tcn_alloc_zero(sizeof *seal);
    if (seal == NULL || key == NULL)
        return seal;
    seal->key = keep_key(key);
    if (seal->key == NULL) {
        tcn_free(seal);
        return NULL;
    }
    return seal;
}

void tcn_seal_free(tcn_seal *seal)
{
    if (seal == NULL)
        return;
    if (seal->key != NULL) {
        OPENSSL_cleanse(seal->key, TCN_SEAL_KEY);
        (void)munmap(seal->key, TCN_SEAL_KEY);
    }
    tcn_free(seal);
}

bool tcn_seal_has_key(const tcn_seal *seal)
{
    return seal->key != NULL;
}

static const unsigned char *bytes_of(tcn_str s)
{
    return (const unsigned char *)(s.ptr != NULL ? s.ptr : "");
}

/* The bytes that are authenticated but not encrypted: whose secret it is. */
static bool bind(EVP_CIPHER_CTX *ctx, const tcn_uuid *id, bool is_sealing)
{
    int len = 0;
    int done = is_sealing
                   ? EVP_EncryptUpdate(ctx, NULL, &len, id->bytes, sizeof id->bytes)
                   : EVP_DecryptUpdate(ctx, NULL, &len, id->bytes, sizeof id->bytes);
    return done == 1;
}

/* What was written behind a buffer's end becomes part of it. */
static void take_place(tcn_buf *out, size_t more)
{
    out->len += more;
    out->ptr[out->len] = '\0';
}

/* place: room for nonce, text and tag. */
static bool encrypt(EVP_CIPHER_CTX *ctx, const tcn_seal *seal, tcn_str plain,
                    const tcn_uuid *id, unsigned char *place)
{
    unsigned char *text = place + NONCE;
    int len = 0, last = 0;
    return RAND_bytes(place, NONCE) == 1 &&
           EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, place) == 1 &&
           bind(ctx, id, true) &&
           EVP_EncryptUpdate(ctx, text, &len, bytes_of(plain), (int)plain.len) == 1 &&
           EVP_EncryptFinal_ex(ctx, text + len, &last) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, text + plain.len) == 1;
}

int tcn_seal_close(const tcn_seal *seal, tcn_str plain, const tcn_uuid *id, tcn_buf *out)
{
    if (plain.len > INT32_MAX / 2)
        return TCN_E_LIMIT;
    int rc = tcn_buf_add_u8(out, seal->key != NULL ? FORM_SEALED : FORM_PLAIN);
    if (rc < 0 || seal->key == NULL)
        return rc < 0 ? rc : tcn_buf_add_str(out, plain);
    size_t more = NONCE + plain.len + TAG;
    rc = tcn_buf_reserve(out, more);
    if (rc < 0)
        return rc;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return TCN_E_NOMEM;
    unsigned char *place = (unsigned char *)out->ptr + out->len;
    rc = encrypt(ctx, seal, plain, id, place) ? 0 : TCN_E_INTERNAL;
    EVP_CIPHER_CTX_free(ctx);
    if (rc == 0)
        take_place(out, more);
    return rc;
}

/* sealed: without its form. */
static bool decrypt(EVP_CIPHER_CTX *ctx, const tcn_seal *seal, tcn_str sealed,
                    const tcn_uuid *id, unsigned char *place)
{
    const unsigned char *nonce = bytes_of(sealed), *text = nonce + NONCE;
    size_t size = sealed.len - NONCE - TAG;
    unsigned char tag[TAG];
    int len = 0, last = 0;
    memcpy(tag, text + size, TAG);
    return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, nonce) == 1 &&
           bind(ctx, id, false) &&
           EVP_DecryptUpdate(ctx, place, &len, text, (int)size) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, place + len, &last) == 1;
}

static int open_sealed(const tcn_seal *seal, tcn_str sealed, const tcn_uuid *id,
                       tcn_buf *out)
{
    if (seal->key == NULL)
        return TCN_E_DENIED;
    if (sealed.len < NONCE + TAG || sealed.len > INT32_MAX)
        return TCN_E_CORRUPT;
    size_t size = sealed.len - NONCE - TAG;
    int rc = tcn_buf_reserve(out, size);
    if (rc < 0)
        return rc;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return TCN_E_NOMEM;
    unsigned char *place = (unsigned char *)out->ptr + out->len;
    rc = decrypt(ctx, seal, sealed, id, place) ? 0 : TCN_E_DENIED;
    EVP_CIPHER_CTX_free(ctx);
    if (rc == 0)
        take_place(out, size);
    else
        OPENSSL_cleanse(place, size);
    return rc;
}

int tcn_seal_open(const tcn_seal *seal, tcn_str sealed, const tcn_uuid *id, tcn_buf *out,
                  bool *ret_is_plain)
{
    if (sealed.len == 0)
        return TCN_E_CORRUPT;
    tcn_str rest = tcn_str_of(sealed.ptr + 1, sealed.len - 1);
    *ret_is_plain = sealed.ptr[0] == FORM_PLAIN;
    if (*ret_is_plain)
        return tcn_buf_add_str(out, rest);
    return sealed.ptr[0] == FORM_SEALED ? open_sealed(seal, rest, id, out)
                                        : TCN_E_UNSUPPORTED;
}

tcn_uuid tcn_store_blocks_id(void)
{
    static const char name[] = "blocks of files";
    return tcn_uuid_v5(name, sizeof name - 1);
}
