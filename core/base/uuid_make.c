/* SPDX-License-Identifier: Apache-2.0 */
/* uuid_make.c - new UUIDs. OpenSSL gives the random bytes and SHA-1; who only reads UUIDs
 * does not need it. */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/base/compiler.h"
#include "core/base/uuid.h"

/* tocsin's own namespace: every derived id of every installation depends on it. */
static const uint8_t namespace_bytes[16] = {0x8c, 0x3e, 0x5b, 0x0f, 0x61, 0x7a,
                                            0x4d, 0x27, 0x9b, 0x54, 0x2e, 0xd1,
                                            0x70, 0xc6, 0x13, 0xaf};

static void set_version(tcn_uuid *id, uint8_t version)
{
    id->bytes[6] = (uint8_t)((id->bytes[6] & 0x0f) | version << 4);
    id->bytes[8] = (uint8_t)((id->bytes[8] & 0x3f) | 0x80);
}

tcn_uuid tcn_uuid_v4(void)
{
    tcn_uuid id = {0};
    /* Without random numbers ids would repeat: there is no way to go on. */
    if (RAND_bytes(id.bytes, sizeof id.bytes) != 1)
        abort();
    set_version(&id, 4);
    return id;
}

/* Looked up once: EVP_sha1() is looked up by every use of it, which takes longer than the
 * hash. Kept until the process ends. */
static EVP_MD *sha1;
static pthread_once_t sha1_once = PTHREAD_ONCE_INIT;

static void fetch_sha1(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

/* Of the parts, one behind the other. */
static tcn_uuid make_v5(const tcn_str *parts, size_t count)
{
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = pthread_once(&sha1_once, fetch_sha1) == 0 && ctx != NULL &&
                   EVP_DigestInit_ex(ctx, sha1, NULL) == 1 &&
                   EVP_DigestUpdate(ctx, namespace_bytes, sizeof namespace_bytes) == 1;
    for (size_t i = 0; is_good && i < count; i++)
        is_good = EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
    /* A wrong id would be worse than none: it would join what does not belong together.
     */
    if (!is_good || EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
        abort();
    EVP_MD_CTX_free(ctx);
    tcn_uuid id;
    memcpy(id.bytes, digest, sizeof id.bytes);
    set_version(&id, 5);
    return id;
}

tcn_uuid tcn_uuid_v5(const void *name, size_t len)
{
    const tcn_str whole = {name, len};
    return make_v5(&whole, 1);
}

static tcn_str length_of(tcn_str text, char out[4])
{
    for (size_t i = 0; i < 4; i++)
        out[i] = (char)(text.len >> 8 * i);
    return tcn_str_of(out, 4);
}

tcn_uuid tcn_uuid_v5_named(const char *kind, tcn_str name)
{
    char lengths[2][4];
    const tcn_str own = tcn_str_c(kind);
    const tcn_str parts[] = {length_of(own, lengths[0]), own, length_of(name, lengths[1]),
                             name};
    return make_v5(parts, TCN_COUNT(parts));
}
