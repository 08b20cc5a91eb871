/* SPDX-License-Identifier: Apache-2.0 */
/* uuid.c - UUIDs as text and in order. */
#include "core/base/uuid.h"

static const int8_t hex_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* The byte that two hexadecimal digits say, or a negative number. */
static int hex_byte(const char *digits)
{
    int high = hex_values[(uint8_t)digits[0]] - 1;
    int low = hex_values[(uint8_t)digits[1]] - 1;
    return (high | low) < 0 ? -1 : high << 4 | low;
}

/* Reads 16 bytes whose first digits stand at the given places. */
static bool read_at(const char *text, const uint8_t places[16], tcn_uuid *ret)
{
    tcn_uuid id = {0};
    int bad = 0;
    for (size_t i = 0; i < 16; i++) {
        int byte = hex_byte(text + places[i]);
        bad |= byte;
        id.bytes[i] = (uint8_t)byte;
    }
    if (bad < 0)
        return false;
    *ret = id;
    return true;
}

bool tcn_uuid_parse(tcn_str text, tcn_uuid *ret)
{
    static const uint8_t hyphened[16] = {0,  2,  4,  6,  9,  11, 14, 16,
                                         19, 21, 24, 26, 28, 30, 32, 34};
    static const uint8_t simple[16] = {0,  2,  4,  6,  8,  10, 12, 14,
                                       16, 18, 20, 22, 24, 26, 28, 30};
    const char *p = text.ptr;
    if (text.len == 32)
        return read_at(p, simple, ret);
    if (text.len == 38 && p[0] == '{' && p[37] == '}')
        p += 1;
    else if (text.len == 45 && memcmp(p, "urn:uuid:", 9) == 0)
        p += 9;
    else if (text.len != 36)
        return false;
    if (p[8] != '-' || p[13] != '-' || p[18] != '-' || p[23] != '-')
        return false;
    return read_at(p, hyphened, ret);
}

char *tcn_uuid_format(const tcn_uuid *id, char out[TCN_UUID_TEXT + 1])
{
    static const char digits[] = "0123456789abcdef";
    char *p = out;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = digits[id->bytes[i] >> 4];
        *p++ = digits[id->bytes[i] & 15];
    }
    *p = '\0';
    return out;
}

bool tcn_uuid_is_nil(const tcn_uuid *id)
{
    static const tcn_uuid nil;
    return tcn_uuid_eq(id, &nil);
}
