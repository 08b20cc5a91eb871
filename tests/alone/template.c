/* SPDX-License-Identifier: Apache-2.0 */
/* template.c - another program with templates in it: what core/template's public headers
 * offer is all that it knows, and besides the three rooms it links no library but those
 * for hashes and mathematics. Prints what it rendered; 0 when that is right. */
#include <stdio.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/template/error.h"
#include "core/template/lint.h"
#include "core/template/prefect.h"
#include "core/template/template.h"
#include "core/value/json.h"

static const char source[] =
    "{% for name, n in orders|dictsort %}{{ loop.index }}. {{ name|title }}: {{ n }}\n"
    "{% endfor %}{{ event.resource.id }} {{ nothing|default('-') }}";
static const char json[] = "{\"orders\": {\"tea\": 2, \"coffee\": 1.50}}";
static const char event[] = "{\"resource\": {\"prefect.resource.id\": \"shop.1\"}}";
static const char expected[] = "1. Coffee: 1.5\n2. Tea: 2\nshop.1 -";

static int look_up(void *ud, tcn_str name, tcn_arena *arena, tcn_value *ret)
{
    (void)ud;
    if (!tcn_str_eq_c(name, "event"))
        return 0;
    int rc = tcn_prefect_json(TCN_PREFECT_EVENT, tcn_str_c(event), arena, ret, NULL);
    return rc < 0 ? rc : 1;
}

static int run(const tcn_tpl_env *env, tcn_arena *arena, tcn_buf *out)
{
    tcn_tpl *tpl = NULL;
    tcn_tpl_error error = {0};
    tcn_value values;
    int rc = tcn_json_read(tcn_str_c(json), arena, NULL, &values, NULL);
    if (rc >= 0)
        rc = tcn_tpl_validate(env, tcn_str_c(source), &error);
    if (rc >= 0)
        rc = tcn_tpl_compile(&tpl, env, tcn_str_c(source), &error);
    if (rc >= 0) {
        tcn_tpl_context context = {.values = values.dict, .lookup = look_up};
        rc = tcn_tpl_render(tpl, &context, arena, out, &error);
    }
    if (rc < 0)
        (void)tcn_tpl_error_show(&error, TCN_STR("alone"), tcn_str_c(source), out);
    tcn_tpl_unref(tpl);
    return rc;
}

static void count(void *ud, const tcn_tpl_error *finding)
{
    int *findings = ud;
    *findings += strcmp(finding->hint, "event") == 0;
}

int main(void)
{
    tcn_tpl_env env;
    tcn_arena arena;
    tcn_buf out;
    int findings = 0;
    tcn_tpl_env_init(&env);
    tcn_arena_init(&arena, 0);
    tcn_buf_init(&out, 1 << 16);
    int rc = run(&env, &arena, &out);
    (void)printf("%s\n", out.ptr);
    bool is_right = rc >= 0 && strcmp(out.ptr, expected) == 0;
    rc = tcn_tpl_lint(&env, TCN_STR("{{ evnt.id }}"), NULL, count, &findings, NULL);
    is_right = is_right && rc >= 0 && findings == 1;
    tcn_buf_deinit(&out);
    tcn_arena_deinit(&arena);
    return is_right ? 0 : 1;
}
