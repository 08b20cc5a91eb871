/* SPDX-License-Identifier: Apache-2.0 */
/* automation.c - any JSON as a definition: refused with problems, or parsed; what is
 * canonical parses to itself. */
#include <assert.h>
#include <stddef.h>

#include "core/engine/automation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static tcn_automation *parse(const json_t *document)
{
    tcn_uuid id = {{1}};
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    int rc = tcn_automation_parse(document, &id, &tcn_automation_limits_default,
                                  &automation, &problems);
    assert((rc < 0) == (automation == NULL));
    assert(rc >= 0 || rc == TCN_E_NOMEM || problems.errors > 0);
    tcn_problems_deinit(&problems);
    return automation;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *document = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
    tcn_automation *first = document != NULL ? parse(document) : NULL;
    if (first != NULL) {
        tcn_automation *again = parse(first->document);
        assert(again != NULL && json_equal(first->document, again->document));
        tcn_automation_free(again);
    }
    tcn_automation_free(first);
    json_decref(document);
    return 0;
}
