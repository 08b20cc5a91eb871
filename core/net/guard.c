/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - the ranges that are refused, and the exceptions to them. Every address is
 * looked at as 16 bytes; forms that carry an IPv4 address count as what they carry, so
 * that no notation of it is a way around. */
#include "core/net/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/alloc.h"

#define NAME_MAX_LEN 255
#define TEXT_MAX     64

enum kind {
    KIND_PRIVATE = 1, /* allowed unless something says no */
    KIND_NEVER,       /* refused unless the very address is an exception */
};

/* An address as IPv6, IPv4 ones as ::ffff:a.b.c.d. */
typedef struct address {
    uint8_t bytes[16];
} address;

typedef struct net {
    address base;
    int bits;
} net;

typedef struct rule {
    const char *base;
    int bits;
    enum kind kind;
    const char *reason;
} rule;

/* The first that matches counts. */
static const rule rules[] = {
    {"0.0.0.0", 8, KIND_NEVER, "unspecified address"},
    {"127.0.0.0", 8, KIND_PRIVATE, "loopback address"},
    {"10.0.0.0", 8, KIND_PRIVATE, "private network"},
    {"172.16.0.0", 12, KIND_PRIVATE, "private network"},
    {"192.168.0.0", 16, KIND_PRIVATE, "private network"},
    {"100.64.0.0", 10, KIND_PRIVATE, "private network"},
    {"169.254.0.0", 16, KIND_NEVER, "link-local address"},
    {"192.0.0.0", 24, KIND_NEVER, "reserved network"},
    {"198.18.0.0", 15, KIND_NEVER, "reserved network"},
    {"224.0.0.0", 4, KIND_NEVER, "multicast address"},
    {"240.0.0.0", 4, KIND_NEVER, "reserved network"},
    {"::", 128, KIND_NEVER, "unspecified address"},
    {"::1", 128, KIND_PRIVATE, "loopback address"},
    {"fd00:ec2::254", 128, KIND_NEVER, "metadata address"},
    {"fc00::", 7, KIND_PRIVATE, "private network"},
    {"fec0::", 10, KIND_PRIVATE, "private network"},
    {"fe80::", 10, KIND_NEVER, "link-local address"},
    {"ff00::", 8, KIND_NEVER, "multicast address"},
};

enum {
    RULE_COUNT = TCN_COUNT(rules)
};

struct tcn_guard {
    bool private_allowed;
    net ranges[RULE_COUNT]; /* of the rules, in their order */
    net *nets;
    size_t net_count;
    char **names; /* lower case, no trailing dot */
    size_t name_count;
};

static void map_v4(const uint8_t v4[4], address *ret)
{
    *ret = (address){.bytes = {[10] = 0xff, [11] = 0xff}};
    memcpy(ret->bytes + 12, v4, 4);
}

static bool has_prefix(const address *a, const uint8_t *prefix, int bits)
{
    int whole = bits / 8;
    if (memcmp(a->bytes, prefix, (size_t)whole) != 0)
        return false;
    int rest = bits % 8;
    return rest == 0 || (a->bytes[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

/* IPv4-compatible, IPv4-translated, NAT64 (both well-known prefixes), 6to4 and Teredo
 * addresses become what they hold. */
static void unwrap(address *a)
{
    static const uint8_t nat64[16] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t nat64_local[16] = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
    static const uint8_t translated[16] = {[8] = 0xff, [9] = 0xff};
    static const uint8_t six_to_four[16] = {0x20, 0x02};
    static const uint8_t teredo[16] = {0x20, 0x01};
    static const uint8_t zero[16] = {0};
    uint8_t v4[4];
    bool is_compatible =
        has_prefix(a, zero, 96) &&
        (a->bytes[12] != 0 || a->bytes[13] != 0 || a->bytes[14] != 0 || a->bytes[15] > 1);
    bool is_teredo = has_prefix(a, teredo, 32);
    if (is_compatible || has_prefix(a, translated, 96) || has_prefix(a, nat64, 96) ||
        has_prefix(a, nat64_local, 48) || is_teredo)
        memcpy(v4, a->bytes + 12, 4);
    else if (has_prefix(a, six_to_four, 16))
        memcpy(v4, a->bytes + 2, 4);
    else
        return;
    for (size_t i = 0; i < sizeof v4 && is_teredo; i++)
        v4[i] ^= 0xff;
    map_v4(v4, a);
}

static bool address_parse(const char *text, address *ret, bool *ret_is_v4)
{
    uint8_t v4[4];
    *ret_is_v4 = inet_pton(AF_INET, text, v4) == 1;
    if (*ret_is_v4) {
        map_v4(v4, ret);
        return true;
    }
    return inet_pton(AF_INET6, text, ret->bytes) == 1;
}

static bool address_of(const struct sockaddr *from, socklen_t len, address *ret)
{
    if (from->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, from, sizeof in);
        map_v4((const uint8_t *)&in.sin_addr, ret);
    } else if (from->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, from, sizeof in6);
        memcpy(ret->bytes, &in6.sin6_addr, 16);
        unwrap(ret);
    } else {
        return false;
    }
    return true;
}

static const char *range_reason(const tcn_guard *guard, const address *a,
                                enum kind *ret_kind)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (has_prefix(a, guard->ranges[i].base.bytes, guard->ranges[i].bits)) {
            *ret_kind = rules[i].kind;
            return rules[i].reason;
        }
    return NULL;
}

/* The name in lower case without the dot at its end; false when it is too long or empty.
 */
static bool name_normalise(tcn_str name, char out[NAME_MAX_LEN + 1])
{
    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    if (name.len == 0 || name.len > NAME_MAX_LEN)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    out[name.len] = '\0';
    return true;
}

static bool is_name(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-' ||
              *c == '.' || *c == '_'))
            return false;
    return true;
}

/* A network or an address. false: it is none, perhaps a name. */
static bool net_parse(tcn_str text, net *ret)
{
    char copy[TEXT_MAX];
    tcn_str rest = text;
    tcn_str base;
    if (!tcn_str_split(&rest, '/', &base) || base.len >= sizeof copy)
        return false;
    memcpy(copy, base.ptr, base.len);
    copy[base.len] = '\0';
    bool is_v4;
    if (!address_parse(copy, &ret->base, &is_v4))
        return false;
    int most = is_v4 ? 32 : 128;
    int64_t bits = most;
    if (base.len < text.len && !tcn_str_int(rest, 0, most, &bits))
        return false;
    ret->bits = (int)bits + (is_v4 ? 96 : 0);
    return true;
}

static void ranges_fill(tcn_guard *guard)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        bool is_v4 = false;
        (void)address_parse(rules[i].base, &guard->ranges[i].base, &is_v4);
        guard->ranges[i].bits = rules[i].bits + (is_v4 ? 96 : 0);
    }
}

static int guard_add(tcn_guard *guard, const char *text, tcn_err *reterr)
{
    net parsed;
    char name[NAME_MAX_LEN + 1];
    if (net_parse(tcn_str_c(text), &parsed)) {
        guard->nets[guard->net_count++] = parsed;
        return 0;
    }
    if (!name_normalise(tcn_str_c(text), name) || !is_name(name))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "\"%s\" is not a network, an address or a host name", text);
    guard->names[guard->name_count] = tcn_strdup(name);
    if (guard->names[guard->name_count] == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "address guard");
    guard->name_count++;
    return 0;
}

int tcn_guard_new(const char *const *allow, size_t count, bool private_allowed,
                  tcn_guard **ret, tcn_err *reterr)
{
    tcn_guard *guard = tcn_alloc_zero(sizeof *guard);
    if (guard == NULL)
        return tcn_err_set(reterr, TCN_E_NOMEM, "address guard");
    guard->private_allowed = private_allowed;
    ranges_fill(guard);
    guard->nets = tcn_alloc_array(count + 1, sizeof *guard->nets);
    guard->names = tcn_alloc_array(count + 1, sizeof *guard->names);
    int rc = 0;
    if (guard->nets == NULL || guard->names == NULL)
        rc = tcn_err_set(reterr, TCN_E_NOMEM, "address guard");
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = guard_add(guard, allow[i], reterr);
    if (rc < 0) {
        tcn_guard_free(guard);
        return rc;
    }
    *ret = guard;
    return 0;
}

void tcn_guard_free(tcn_guard *guard)
{
    if (guard == NULL)
        return;
    for (size_t i = 0; i < guard->name_count; i++)
        tcn_free(guard->names[i]);
    tcn_free(guard->names);
    tcn_free(guard->nets);
    tcn_free(guard);
}

/* min_bits 128: only routes to one host. */
static bool has_net(const tcn_guard *guard, const address *a, int min_bits)
{
    for (size_t i = 0; i < guard->net_count; i++)
        if (guard->nets[i].bits >= min_bits &&
            has_prefix(a, guard->nets[i].base.bytes, guard->nets[i].bits))
            return true;
    return false;
}

static bool has_name(const tcn_guard *guard, tcn_str host)
{
    char name[NAME_MAX_LEN + 1];
    if (guard->name_count == 0 || !name_normalise(host, name))
        return false;
    for (size_t i = 0; i < guard->name_count; i++)
        if (strcmp(guard->names[i], name) == 0)
            return true;
    return false;
}

const char *tcn_guard_check(const tcn_guard *guard, const struct sockaddr *from,
                            socklen_t len, tcn_str host, bool no_private)
{
    address a;
    if (!address_of(from, len, &a))
        return "unknown address family";
    enum kind kind = KIND_NEVER;
    const char *reason = range_reason(guard, &a, &kind);
    if (reason == NULL)
        return NULL;
    bool is_allowed = false;
    if (kind == KIND_NEVER)
        is_allowed = has_net(guard, &a, 128);
    else if (!no_private)
        is_allowed =
            guard->private_allowed || has_net(guard, &a, 0) || has_name(guard, host);
    return is_allowed ? NULL : reason;
}
