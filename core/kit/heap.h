/* SPDX-License-Identifier: Apache-2.0 */
/* heap.h - stands between the plugin's own code and the heap: counts what it holds, and
 * lets an allocation of its fail. The calls of the file are redirected after it was
 * loaded; the rest of the process, libraries that the plugin uses among them, keeps its
 * heap. One watch in a process. */
#ifndef TCN_KIT_HEAP_H
#define TCN_KIT_HEAP_H

#include <stddef.h>

#include "core/base/compiler.h"
#include "core/base/err.h"

/* Every copy of a plugin that is loaded now. TCN_E_NOT_FOUND: none is. TCN_E_UNSUPPORTED:
 * none of them takes memory through the C library. */
int tcn_heap_watch(void);
/* Blocks that the plugin took and did not give back. */
size_t tcn_heap_live(void);
/* From now on the n-th allocation (0: the next) fails, once. SIZE_MAX: none. */
void tcn_heap_fail_at(size_t n);
/* Has it failed? */
bool tcn_heap_has_failed(void);

#endif
