/* SPDX-License-Identifier: Apache-2.0 */
/* mock/sha256.h - HMAC-SHA-256 (FIPS 180-4, RFC 2104) for host->hmac_sha256, so that tests link no
 * library. Included by tocsin/mock.h only. */
/* clang-format off */
#ifndef TOCSIN_MOCK_SHA256_H
#define TOCSIN_MOCK_SHA256_H

typedef struct tocsin_mock_sha { uint32_t h[8]; uint8_t block[64]; uint64_t total; } tocsin_mock_sha;

static inline uint32_t tocsin_mock_ror(uint32_t x, int n)
{
    return (x >> n) | (x << (32 - n));
}

static inline void tocsin_mock_sha_init(tocsin_mock_sha *s)
{
    static const uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->h, h, sizeof h);
    s->total = 0;
}

static inline void tocsin_mock_sha_block(tocsin_mock_sha *s)
{
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64], v[8], a, b;
    int i, j;
    for (i = 0; i < 16; i++)
        w[i] = (uint32_t)s->block[i * 4] << 24 | (uint32_t)s->block[i * 4 + 1] << 16 |
               (uint32_t)s->block[i * 4 + 2] << 8 | (uint32_t)s->block[i * 4 + 3];
    for (i = 16; i < 64; i++) {
        a = tocsin_mock_ror(w[i - 15], 7) ^ tocsin_mock_ror(w[i - 15], 18) ^ (w[i - 15] >> 3);
        b = tocsin_mock_ror(w[i - 2], 17) ^ tocsin_mock_ror(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(v, s->h, sizeof v);
    for (i = 0; i < 64; i++) {
        a = v[7] + (tocsin_mock_ror(v[4], 6) ^ tocsin_mock_ror(v[4], 11) ^ tocsin_mock_ror(v[4], 25)) +
            ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
        b = (tocsin_mock_ror(v[0], 2) ^ tocsin_mock_ror(v[0], 13) ^ tocsin_mock_ror(v[0], 22)) +
            ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        for (j = 7; j > 0; j--)
            v[j] = v[j - 1];
        v[4] += a;
        v[0] = a + b;
    }
    for (i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static inline void tocsin_mock_sha_add(tocsin_mock_sha *s, const void *data, size_t len)
{
    const uint8_t *at = (const uint8_t *)data;
    size_t i;
    for (i = 0; i < len; i++) {
        s->block[s->total++ % 64] = at[i];
        if (s->total % 64 == 0)
            tocsin_mock_sha_block(s);
    }
}

static inline void tocsin_mock_sha_end(tocsin_mock_sha *s, uint8_t out[32])
{
    uint64_t bits = s->total * 8;
    uint8_t one = 0x80, none = 0, size[8];
    int i;
    tocsin_mock_sha_add(s, &one, 1);
    while (s->total % 64 != 56)
        tocsin_mock_sha_add(s, &none, 1);
    for (i = 0; i < 8; i++)
        size[i] = (uint8_t)(bits >> (56 - i * 8));
    tocsin_mock_sha_add(s, size, 8);
    for (i = 0; i < 32; i++)
        out[i] = (uint8_t)(s->h[i / 4] >> (24 - i % 4 * 8));
}

static inline void tocsin_mock_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
                                           uint8_t out[32])
{
    tocsin_mock_sha s;
    uint8_t pad[64], inner[32];
    int i, round;
    memset(pad, 0, sizeof pad);
    if (key_len > 64) {
        tocsin_mock_sha_init(&s);
        tocsin_mock_sha_add(&s, key, key_len);
        tocsin_mock_sha_end(&s, pad);
    } else if (key_len > 0) {
        memcpy(pad, key, key_len);
    }
    for (i = 0; i < 64; i++)
        pad[i] ^= 0x36;
    for (round = 0; round < 2; round++) {
        tocsin_mock_sha_init(&s);
        tocsin_mock_sha_add(&s, pad, 64);
        tocsin_mock_sha_add(&s, round == 0 ? data : (const void *)inner, round == 0 ? len : 32);
        tocsin_mock_sha_end(&s, round == 0 ? inner : out);
        for (i = 0; i < 64; i++)
            pad[i] ^= 0x36 ^ 0x5c;
    }
}

/* The same numbers in every run, so that golden texts may hold them. */
static inline void tocsin_mock_random(void *buf, size_t len)
{
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    uint8_t *at = (uint8_t *)buf;
    size_t i;
    for (i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        at[i] = (uint8_t)(state >> 32);
    }
}

static inline void tocsin_mock_wipe(void *buf, size_t len)
{
    volatile uint8_t *at = (volatile uint8_t *)buf;
    while (len-- > 0)
        *at++ = 0;
}
#endif
