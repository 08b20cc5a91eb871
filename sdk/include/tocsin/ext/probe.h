/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/ext/probe.h - the extension "tocsin.probe/1": asks the peer whether messages would be taken,
 * without sending one: are the address and the credentials right?
 */
/* clang-format off */
#ifndef TOCSIN_EXT_PROBE_H
#define TOCSIN_EXT_PROBE_H
#include <tocsin/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif
#define TOCSIN_PROBE_ID "tocsin.probe/1"

typedef struct tocsin_probe {
    tocsin_abi abi;                            /* TOCSIN_ABI_INIT(tocsin_probe) */
    /* [loop] As send, without a message: 0: accepted, and done says how it went; negative: not
       accepted, done is not called. The same time limits, the same way to cancel. */
    int32_t (*probe)(tocsin_instance *, tocsin_delivery *);
} tocsin_probe;

TOCSIN_ASSERT(sizeof(tocsin_probe) == 24, "probe");
#ifdef __cplusplus
}
#endif
#endif
