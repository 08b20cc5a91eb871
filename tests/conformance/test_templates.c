/* SPDX-License-Identifier: Apache-2.0 */
/* test_templates.c - runs files of template cases, as "tocsin render --cases" does. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/cli/render_cases.h"

static char *read_file(const char *name, size_t *ret_len)
{
    FILE *file = fopen(name, "rb");
    char *text = NULL;
    if (file == NULL)
        return NULL;
    if (fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        text = size >= 0 ? tcn_alloc((size_t)size + 1) : NULL;
        *ret_len = text != NULL ? fread(text, 1, (size_t)size, file) : 0;
    }
    (void)fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    size_t failed = 0;
    for (int i = 1; i < argc; i++) {
        size_t len = 0;
        tcn_case_totals totals = {0};
        tcn_err err = {0};
        char *text = read_file(argv[i], &len);
        if (text == NULL ||
            tcn_render_cases(tcn_str_of(text, len), stdout, &totals, &err) < 0) {
            (void)fprintf(stderr, "%s:%u: %s\n", argv[i], err.line,
                          text == NULL ? "cannot read" : err.text);
            failed++;
        }
        (void)printf("%s: %zu passed, %zu failed\n", argv[i], totals.passed,
                     totals.failed);
        failed += totals.failed;
        tcn_free(text);
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
