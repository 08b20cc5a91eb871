/* SPDX-License-Identifier: Apache-2.0 */
/* elf_gate.c - any bytes as a plugin file: nothing is read outside of them, and every
 * refusal has a text. */
#include <stdint.h>
#include <stdlib.h>

#include "core/gate/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_err err = {0};
    int rc = tcn_elf_check(tcn_str_of((const char *)data, size), &err);
    if ((rc == 0) != (err.text[0] == '\0'))
        abort();
    return 0;
}
