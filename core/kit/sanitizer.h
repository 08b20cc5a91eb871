/* SPDX-License-Identifier: Apache-2.0 */
/* sanitizer.h - what a sanitizer or valgrind said when it ended a child. */
#ifndef TCN_KIT_SANITIZER_H
#define TCN_KIT_SANITIZER_H

#include "core/kit/child.h"
#include "core/kit/kit_int.h"

/* The exit status that sanitizers are told to use. */
#define TCN_SANITIZER_STATUS 99

/* True when it was one that ended the child; then the report says what it found. */
bool tcn_sanitizer_explain(const tcn_kit *kit, const tcn_child *child,
                           tcn_report *report);

#endif
