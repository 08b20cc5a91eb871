/* SPDX-License-Identifier: Apache-2.0 */
/* atoms.h - the attribute names that values of builtin types have, as numbers, so that
 * looking one up is an index into the type's table. In the order of their letters.
 * Private to the room. */
#ifndef TCN_TEMPLATE_ATOMS_H
#define TCN_TEMPLATE_ATOMS_H

#include "core/base/str.h"

/* clang-format off */
#define TCN_ATOMS(X) \
    X(add) X(append) X(arguments) X(as_integer_ratio) X(astimezone) X(bit_count) X(bit_length) X(bytes) X(bytes_le) X(caller) \
    X(capitalize) X(casefold) X(catch_kwargs) X(catch_varargs) X(center) X(changed) X(clear) X(clock_seq) X(clock_seq_hi_variant) X(clock_seq_low) \
    X(conjugate) X(copy) X(count) X(current) X(cycle) X(date) X(day) X(days) X(decode) \
    X(denominator) X(depth) X(depth0) X(difference) X(difference_update) X(discard) X(encode) X(endswith) \
    X(expandtabs) X(extend) X(fields) X(find) X(first) X(format) X(format_map) X(fromkeys) \
    X(get) X(grouper) X(hex) X(hour) X(imag) X(index) X(index0) X(insert) X(int) X(intersection) X(is_integer) \
    X(isalnum) X(isalpha) X(isascii) X(isdecimal) X(isdigit) X(isdisjoint) X(isidentifier) X(islower) \
    X(isnumeric) X(isocalendar) X(isoformat) X(isoweekday) X(isprintable) X(isspace) \
    X(issubset) X(issuperset) X(istitle) X(isupper) X(items) X(join) X(keys) X(last) X(length) X(list) X(ljust) X(lower) \
    X(lstrip) X(microsecond) X(microseconds) X(minute) X(month) X(mro) X(name) X(next) \
    X(nextitem) X(node) X(now) X(numerator) X(partition) X(pop) X(popitem) X(previtem) X(real) \
    X(remove) X(removeprefix) X(removesuffix) X(replace) X(reset) X(reverse) X(revindex) \
    X(revindex0) X(rfind) X(rindex) X(rjust) X(rpartition) X(rsplit) X(rstrip) X(second) \
    X(seconds) X(setdefault) X(sort) X(split) X(splitlines) X(start) X(startswith) X(step) \
    X(stop) X(strftime) X(strip) X(striptags) X(swapcase) X(symmetric_difference) X(symmetric_difference_update) \
    X(time) X(time_hi_version) X(time_low) X(time_mid) X(timestamp) X(title) X(total_seconds) X(translate) X(tzinfo) X(tzname) \
    X(unescape) X(union) X(update) X(upper) X(urn) X(utcoffset) X(value) X(values) X(variant) X(version) \
    X(weekday) X(year) X(zfill)
/* clang-format on */

enum tcn_atom {
    TCN_A_NONE,
#define TCN_ATOM_MEMBER(name) TCN_A_##name,
    TCN_ATOMS(TCN_ATOM_MEMBER)
#undef TCN_ATOM_MEMBER
    TCN_ATOM_COUNT,
};

/* TCN_A_NONE for other names. */
enum tcn_atom tcn_atom_of(tcn_str name);

#endif
