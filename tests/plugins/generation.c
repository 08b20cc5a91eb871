/* SPDX-License-Identifier: Apache-2.0 */
/* generation.c - one plugin in two versions, to see which code runs. */
#include <tocsin/plugin.h>

TOCSIN_EXPORT int generation_number(void);

static int calls;

/* Ten times the version, plus how often this copy was asked. */
int generation_number(void)
{
    return GENERATION * 10 + ++calls;
}

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return NULL;
}
