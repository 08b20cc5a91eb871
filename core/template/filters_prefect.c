/* SPDX-License-Identifier: Apache-2.0 */
/* filters_prefect.c - Prefect's own filters: where an object is seen in its UI, and the
 * id of a flow run in a text. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/model.h"
#include "core/template/vm.h"
#include "core/value/moment.h"

static tcn_str base_of(tcn_rt *rt)
{
    const char *url = tcn_vm_of(rt)->tpl->env->ui_url;
    return url != NULL ? tcn_str_c(url) : (tcn_str){0};
}

/* urljoin(base, part): a base path's last segment goes unless it ends with '/'. */
static int put_base(tcn_rt *rt, tcn_str base, bool has_slash)
{
    bool is_ended = base.len > 0 && base.ptr[base.len - 1] == '/';
    if (has_slash || is_ended) {
        int rc = tcn_put(rt, &rt->scratch, base.ptr, base.len);
        return rc < 0 || is_ended ? rc : tcn_put_char(rt, &rt->scratch, '/');
    }
    size_t host = tcn_str_find(base, TCN_STR("://"));
    host = host == SIZE_MAX ? 0 : host + 3;
    size_t end = base.len;
    while (end > host && base.ptr[end - 1] != '/')
        end--;
    if (end > host)
        return tcn_put(rt, &rt->scratch, base.ptr, end);
    int rc = tcn_put(rt, &rt->scratch, base.ptr, base.len);
    return rc < 0 ? rc : tcn_put_char(rt, &rt->scratch, '/');
}

static int put_field(tcn_rt *rt, tcn_value object, const char *name)
{
    tcn_value v;
    if (tcn_model_field(object, name, &v))
        return tcn_show(rt, v, &rt->scratch);
    return 0;
}

static int put_event_path(tcn_rt *rt, tcn_value object)
{
    tcn_value v;
    int rc = tcn_put_c(rt, &rt->scratch, "events/event/");
    if (rc >= 0 && tcn_model_field(object, "occurred", &v) && v.type == TCN_V_DATETIME)
        rc = tcn_moment_strftime(rt, v, TCN_STR("%Y-%m-%d"), &rt->scratch);
    if (rc >= 0)
        rc = tcn_put_char(rt, &rt->scratch, '/');
    return rc < 0 ? rc : put_field(rt, object, "id");
}

static const struct place {
    enum tcn_prefect_kind kind;
    const char *word; /* in resource ids */
    const char *path;
    bool has_events; /* ui_resource_events_url gives one */
} places[] = {
    {TCN_PREFECT_AUTOMATION, "automation", "automations/automation/", true},
    {TCN_PREFECT_FLOW, "flow", "flows/flow/", true},
    {TCN_PREFECT_FLOW_RUN, "flow-run", "runs/flow-run/", true},
    {TCN_PREFECT_TASK_RUN, "task-run", "runs/task-run/", true},
    {TCN_PREFECT_DEPLOYMENT, "deployment", "deployments/deployment/", true},
    {TCN_PREFECT_WORK_QUEUE, "work-queue", "work-queues/work-queue/", true},
    {TCN_PREFECT_WORK_POOL, "work-pool", "work-pools/work-pool/", true},
    {TCN_PREFECT_NONE, "block-document", "blocks/block/", false},
    {TCN_PREFECT_CONCURRENCY_LIMIT, "concurrency-limit",
     "concurrency-limits/concurrency-limit/", false},
};

static const struct place *place_of_kind(enum tcn_prefect_kind kind)
{
    for (size_t i = 0; i < TCN_COUNT(places); i++) {
        if (places[i].kind == kind && kind != TCN_PREFECT_NONE)
            return &places[i];
    }
    return NULL;
}

static const struct place *place_of_word(tcn_str word)
{
    for (size_t i = 0; i < TCN_COUNT(places); i++) {
        if (tcn_str_eq_c(word, places[i].word))
            return &places[i];
    }
    return NULL;
}

/* By a resource's id, "prefect.<kind>.<id>". 1: written; 0: not one of ours. */
static int put_resource_path(tcn_rt *rt, tcn_value object)
{
    tcn_value id, name;
    tcn_str word, part;
    if (!tcn_model_label(object, "prefect.resource.id", &id) || id.type != TCN_V_STR)
        return 0;
    tcn_str rest = tcn_text_str(id.text);
    if (!tcn_str_split(&rest, '.', &word) || !tcn_str_eq_c(word, "prefect") ||
        !tcn_str_split(&rest, '.', &word))
        return 0;
    const struct place *place = place_of_word(word);
    if (place == NULL)
        return 0;
    part = rest;
    while (tcn_str_split(&rest, '.', &part))
        ;
    if (place->kind == TCN_PREFECT_WORK_POOL) {
        if (!tcn_model_label(object, "prefect.resource.name", &name) ||
            name.type != TCN_V_STR)
            return 0;
        part = tcn_text_str(name.text);
    }
    int rc = tcn_put_c(rt, &rt->scratch, place->path);
    if (rc >= 0)
        rc = tcn_put(rt, &rt->scratch, part.len > 0 ? part.ptr : "", part.len);
    return rc < 0 ? rc : 1;
}

int tcn_ui_url(tcn_rt *rt, tcn_value object, tcn_value *ret)
{
    enum tcn_prefect_kind kind = tcn_model_kind(object);
    const struct place *place = place_of_kind(kind);
    tcn_str base = base_of(rt);
    *ret = tcn_none();
    if (base.len == 0)
        return 0;
    size_t start = tcn_scratch_begin(rt);
    int rc = put_base(rt, base, true);
    bool is_found = true;
    if (rc < 0)
        return rc;
    if (kind == TCN_PREFECT_EVENT) {
        rc = put_event_path(rt, object);
    } else if (kind == TCN_PREFECT_RESOURCE || kind == TCN_PREFECT_RELATED) {
        rc = put_resource_path(rt, object);
        is_found = rc != 0;
    } else if (place != NULL) {
        rc = tcn_put_c(rt, &rt->scratch, place->path);
        if (rc >= 0)
            rc = put_field(rt, object, kind == TCN_PREFECT_WORK_POOL ? "name" : "id");
    } else {
        is_found = false;
    }
    if (rc >= 0 && is_found)
        return tcn_scratch_end(rt, start, ret);
    rt->scratch.len = start;
    return rc < 0 ? rc : 0;
}

int tcn_filter_ui_url(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    if (tcn_is_text(a[0]) && base_of(rt).len > 0) {
        if (!tcn_truth(a[0]))
            return tcn_text_make(rt, "", 0, ret);
        return tcn_raise(rt, TCN_EXC_ValueError, "a text has no place in the UI");
    }
    return tcn_ui_url(rt, a[0], ret);
}

int tcn_filter_ui_resource_events_url(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    enum tcn_prefect_kind kind = tcn_model_kind(a[0]);
    const struct place *place = place_of_kind(kind);
    bool is_resource = kind == TCN_PREFECT_RESOURCE || kind == TCN_PREFECT_RELATED;
    tcn_value id;
    tcn_str base = base_of(rt);
    *ret = tcn_none();
    if (!is_resource && (place == NULL || !place->has_events))
        return 0;
    size_t start = tcn_scratch_begin(rt);
    int rc = base.len > 0 ? put_base(rt, base, false) : 0;
    if (rc >= 0)
        rc = tcn_put_c(rt, &rt->scratch, "events?resource=");
    if (rc >= 0 && is_resource) {
        if (tcn_model_label(a[0], "prefect.resource.id", &id))
            rc = tcn_show(rt, id, &rt->scratch);
    } else if (rc >= 0) {
        rc = tcn_put_c(rt, &rt->scratch, "prefect.");
        if (rc >= 0)
            rc = tcn_put_c(rt, &rt->scratch, place->word);
        if (rc >= 0)
            rc = tcn_put_char(rt, &rt->scratch, '.');
        if (rc >= 0)
            rc = put_field(rt, a[0], "id");
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

/* 8-4-4-4-12 lower-case hexadecimal digits. */
static bool is_uuid_at(tcn_str s, size_t at)
{
    if (s.len - at < TCN_UUID_TEXT)
        return false;
    for (size_t i = 0; i < TCN_UUID_TEXT; i++) {
        char c = s.ptr[at + i];
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

int tcn_filter_flow_run_id(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    static const char mark[] = "flow-run/";
    const tcn_text *text = tcn_text_of(&a[0]);
    *ret = tcn_none();
    if (!tcn_truth(a[0]))
        return 0;
    if (text == NULL)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "expected string or bytes-like object, got '%s'",
                         tcn_type_name(a[0]));
    tcn_str rest = tcn_text_str(text);
    for (;;) {
        size_t at = tcn_str_find(rest, tcn_str_c(mark));
        if (at == SIZE_MAX)
            return 0;
        at += sizeof mark - 1;
        if (is_uuid_at(rest, at))
            return tcn_text_make(rt, rest.ptr + at, TCN_UUID_TEXT, ret);
        rest = tcn_str_of(rest.ptr + at, rest.len - at);
    }
}
