/* SPDX-License-Identifier: Apache-2.0 */
/* samples.c - events of flow runs, by number. */
#include "tests/bench/samples.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/alloc.h"

void samples_stop(const char *who, const char *what)
{
    fprintf(stderr, "%s: %s\n", who, what);
    exit(1);
}

/* An event of a flow run with four related resources, as Prefect sends them. */
static void fill_sample(tcn_event *event, sample_text *s, const char *kind, size_t i)
{
    static const char *const roles[] = {"flow", "deployment", "work-queue", "tag"};
    (void)snprintf(s->id, sizeof s->id, "%s.%zu.run", kind, i);
    (void)snprintf(s->deployment, sizeof s->deployment, "deployment.%zu", i);
    s->labels[0] = (tcn_label){TCN_STR("prefect.resource.id"), tcn_str_c(s->id)};
    s->labels[1] = (tcn_label){TCN_STR("prefect.resource.name"), TCN_STR("gifted-okapi")};
    s->labels[2] = (tcn_label){TCN_STR("env"), TCN_STR("prod")};
    for (size_t r = 0; r < 4; r++) {
        tcn_str id = r == 1 ? tcn_str_c(s->deployment) : tcn_str_c(roles[r]);
        s->related_labels[r][0] = (tcn_label){TCN_STR("prefect.resource.id"), id};
        s->related_labels[r][1] =
            (tcn_label){TCN_STR("prefect.resource.role"), tcn_str_c(roles[r])};
        s->related[r] = (tcn_resource){s->related_labels[r], 2, id, tcn_str_c(roles[r])};
    }
    *event = (tcn_event){
        .name = TCN_STR("prefect.flow-run.Failed"),
        .resource = {s->labels, 3, tcn_str_c(s->id), TCN_STR("")},
        .related = s->related,
        .related_count = 4,
        .payload = TCN_STR("{}"),
    };
}

samples samples_of(const char *kind, size_t first, size_t distinct, size_t count)
{
    samples all = {tcn_alloc_array(count, sizeof *all.events),
                   tcn_alloc_array(count, sizeof *all.texts), count};
    if (all.events == NULL || all.texts == NULL)
        samples_stop("samples", "out of memory");
    for (size_t i = 0; i < count; i++)
        fill_sample(&all.events[i], &all.texts[i], kind, first + (i * 7919) % distinct);
    return all;
}

void samples_refill(samples *batch, const char *kind, size_t distinct)
{
    static uint64_t random = 1;
    for (size_t i = 0; i < batch->count; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        fill_sample(&batch->events[i], &batch->texts[i], kind,
                    (size_t)(random >> 33) % distinct);
    }
}

void samples_free(samples *all)
{
    tcn_free(all->events);
    tcn_free(all->texts);
}
