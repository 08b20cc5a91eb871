/* SPDX-License-Identifier: Apache-2.0 */
/* test_templates_memory.c - every case of a file, with the n-th allocation failing, for
 * every n: it ends as a case that fails, with nothing lost. malloc, calloc and realloc
 * are wrapped by the linker; leaks are for AddressSanitizer to find. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cli/render_cases.h"
#include "tests/unit/failing_alloc.h"

enum {
    LINE_MAX = 1 << 20,
    ROUNDS_MAX = 1000
};

/* false when the case passes although an allocation failed and nobody asked for it. */
static bool fails_cleanly(tcn_str line, FILE *nowhere, size_t *rounds)
{
    for (size_t n = 1; n < ROUNDS_MAX; n++) {
        tcn_case_totals totals = {0};
        tcn_err err = {0};
        allocations = 0;
        fail_at = n;
        int rc = tcn_render_cases(line, nowhere, &totals, &err);
        bool was_reached = allocations >= n;
        fail_at = 0;
        *rounds += was_reached;
        if (!was_reached)
            return rc >= 0 && totals.passed == 1;
        if (rc >= 0 && totals.passed + totals.failed != 1)
            return false;
    }
    return false;
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX];
    size_t cases = 0, rounds = 0, wrong = 0;
    FILE *nowhere = fopen("/dev/null", "w");
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (nowhere == NULL || file == NULL)
        return EXIT_FAILURE;
    /* The stream's own buffer is not what fails. */
    (void)setvbuf(nowhere, NULL, _IONBF, 0);
    while (fgets(line, sizeof line, file) != NULL) {
        cases++;
        if (fails_cleanly(tcn_str_c(line), nowhere, &rounds))
            continue;
        (void)printf("does not fail cleanly: %.200s\n", line);
        wrong++;
    }
    (void)fclose(file);
    (void)fclose(nowhere);
    (void)printf("%zu cases, %zu allocations failed, %zu wrong\n", cases, rounds, wrong);
    return wrong == 0 && rounds > cases ? EXIT_SUCCESS : EXIT_FAILURE;
}
