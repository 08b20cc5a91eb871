/* SPDX-License-Identifier: Apache-2.0 */
/* toy.h - a plugin for tests of the mock host, that does what its options say. */
#ifndef TCN_TESTS_SDK_TOY_H
#define TCN_TESTS_SDK_TOY_H

#include <tocsin/plugin.h>

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    tocsin_timer *ticker;
    int ticks;
};

const tocsin_plugin *toy_entry(const tocsin_host *host);

#endif
