/* SPDX-License-Identifier: Apache-2.0 */
/* template_render.c - templates rendered over a small context with one value of each
 * kind, under limits small enough that every run is short. The type of the output follows
 * from the source's length. */
#include "core/base/err.h"
#include "core/template/prefect.h"
#include "core/template/template.h"
#include "core/value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char plain[] =
    "{\"n\": -7, \"f\": 2.5, \"s\": \"Stra\\u00dfe 1\", \"t\": true, \"x\": null, \"l\": [3, 1, \"b\", 2.0],"
    "\"d\": {\"a\": 1, \"items\": [1], \"B\": {\"c\": \"<&>\"}}, \"big\": 123456789012345678901234567890,"
    "\"rows\": [{\"name\": \"x\", \"n\": 1, \"kids\": [{\"name\": \"y\", \"n\": 2, \"kids\": []}]}]}";
static const char event[] =
    "{\"occurred\": \"2026-01-02T03:04:05.678901Z\", \"event\": \"a.b\", \"id\": "
    "\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a\", \"follows\": null, \"resource\": "
    "{\"prefect.resource.id\": \"prefect.flow-run.d8a7c3f0-5b1e-4c2a-9f3d-0a1b2c3d4e5f\"}, "
    "\"related\": [{\"prefect.resource.id\": \"prefect.flow.x\", \"prefect.resource.role\": "
    "\"flow\"}], \"payload\": {\"k\": [1, 2]}, \"received\": \"2026-01-02T03:04:06+01:00\"}";
static const char state[] =
    "{\"id\": \"3c2b1a09-8f7e-4d6c-b5a4-938271605f4e\", \"type\": \"FAILED\", "
    "\"name\": \"Failed\", \"timestamp\": \"2026-01-02T03:04:05Z\", "
    "\"message\": \"boom\"}";

static int build(tcn_arena *arena, tcn_value *ret)
{
    tcn_value object;
    int rc = tcn_json_read(tcn_str_c(plain), arena, NULL, ret, NULL);
    if (rc >= 0)
        rc = tcn_prefect_json(TCN_PREFECT_EVENT, tcn_str_c(event), arena, &object, NULL);
    if (rc >= 0)
        rc = tcn_vdict_put_c(arena, ret->dict, "event", object);
    if (rc >= 0)
        rc = tcn_prefect_json(TCN_PREFECT_STATE, tcn_str_c(state), arena, &object, NULL);
    return rc < 0 ? rc : tcn_vdict_put_c(arena, ret->dict, "state", object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_tpl_env env;
    tcn_tpl_error error = {0};
    tcn_tpl *tpl = NULL;
    tcn_arena arena;
    tcn_value values;
    tcn_buf out;
    tcn_tpl_env_init(&env);
    env.ui_url = "https://ui.example.com/x";
    env.limits.run.steps = 20000;
    env.limits.heap_bytes = (size_t)4 << 20;
    env.limits.output_bytes = (size_t)1 << 16;
    env.limits.run.text_bytes = (size_t)1 << 16;
    tcn_arena_init(&arena, 0);
    tcn_buf_init(&out, (size_t)1 << 20);
    if (tcn_tpl_compile(&tpl, &env, tcn_str_of((const char *)data, size), &error) >= 0 &&
        build(&arena, &values) >= 0) {
        tcn_tpl_context context = {.values = values.dict,
                                   .type = (enum tcn_tpl_type)(size % (TCN_TPL_URL + 1)),
                                   .now_us = INT64_C(1767323045000000)};
        int rc = tcn_tpl_render(tpl, &context, &arena, &out, &error);
        if (rc < 0 && rc != TCN_E_NOMEM && error.exc_class == TCN_EXC_NONE)
            __builtin_trap();
        if (rc >= 0 && !tcn_utf8_valid(tcn_buf_str(&out), NULL))
            __builtin_trap();
        if (rc >= 0 && context.type == TCN_TPL_HEADER && out.len > 0 &&
            (memchr(out.ptr, '\n', out.len) != NULL ||
             memchr(out.ptr, '\r', out.len) != NULL))
            __builtin_trap();
        tcn_buf_reset(&out);
        (void)tcn_tpl_error_repr(&error, &out);
    }
    tcn_tpl_unref(tpl);
    tcn_buf_deinit(&out);
    tcn_arena_deinit(&arena);
    return 0;
}
