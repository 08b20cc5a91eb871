/* SPDX-License-Identifier: Apache-2.0 */
/* saved.h - whole states of engines in tests, and whether two are the same. */
#ifndef SAVED_H
#define SAVED_H

#include <jansson.h>

#include "core/engine/engine.h"

/* Adds an automation of that definition. */
void put(tcn_engine *engine, const json_t *document, int64_t now_us);
/* Into out, which held something else. */
void save_whole(tcn_engine *engine, tcn_buf *out);
/* Two whole layers have the same records; some of these stand in no order. */
void assert_same_state(const tcn_buf *a, const tcn_buf *b);

#endif
