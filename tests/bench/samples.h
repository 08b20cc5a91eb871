/* SPDX-License-Identifier: Apache-2.0 */
/* samples.h - events for benchmarks. */
#ifndef TCN_BENCH_SAMPLES_H
#define TCN_BENCH_SAMPLES_H

#include "core/event/event.h"

typedef struct sample_text {
    tcn_label labels[3];
    tcn_label related_labels[4][2];
    tcn_resource related[4];
    char id[48], deployment[48];
} sample_text;

/* Events as a decoder makes them: one behind the other, with their text elsewhere. */
typedef struct samples {
    tcn_event *events;
    sample_text *texts;
    size_t count;
} samples;

/* Of the resources first to first + distinct - 1, mixed; their ids begin with kind. To be
 * freed. Ends the process when out of memory. */
samples samples_of(const char *kind, size_t first, size_t distinct, size_t count);
void samples_free(samples *all);
/* Makes them events of any of so many resources: in a regular order the processor would
 * know each of ten in advance, and none of 100,000. As in the daemon a batch is decoded
 * just before the engine sees it, into the memory of the one before: all events at once
 * would be 18 MB, and push the automations out of the cache. */
void samples_refill(samples *batch, const char *kind, size_t distinct);

/* Says why, and ends the process. */
_Noreturn void samples_stop(const char *who, const char *what);

#endif
