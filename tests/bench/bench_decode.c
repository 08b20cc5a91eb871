/* SPDX-License-Identifier: Apache-2.0 */
/* bench_decode.c - what decoding and checking an event costs, beside jansson parsing the
 * same bytes. Both take turns, so that a busy machine slows both; rows show the median of
 * the turns, in CPU time per event. ratio is ours divided by jansson's. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/event/decode.h"

#define SAMPLE      TCN_TEST_DATA "/events/sample.ndjson"
#define SAMPLE_MAX  1000
#define TYPICAL     1500 /* bytes */
#define BATCH       500
#define TURNS       15
#define TURN_US     20000 /* CPU time of one turn, at least */
#define FLOOR_SHARE 10    /* so many rounds of ours to one of the slower floor */

typedef struct sample {
    tcn_str events[SAMPLE_MAX];
    size_t count;
} sample;

/* What one round decodes: texts that stand for so many events. */
typedef struct workload {
    const char *name;
    const tcn_str *texts;
    size_t count, events;
    bool is_list;
} workload;

static int decode_ours(const workload *w, tcn_arena *arena)
{
    for (size_t i = 0; i < w->count; i++) {
        tcn_event event;
        tcn_event *events = &event;
        size_t count = 1;
        tcn_arena_reset(arena, SIZE_MAX);
        int rc = w->is_list
                     ? tcn_event_decode_list(w->texts[i], &tcn_event_limits_default,
                                             arena, &events, &count, NULL)
                     : tcn_event_decode(w->texts[i], &tcn_event_limits_default, arena,
                                        &event, NULL);
        if (rc < 0 || events[count - 1].resource.id.len == 0)
            return -1;
    }
    return 0;
}

static int decode_floor(const workload *w, tcn_arena *arena)
{
    (void)arena;
    for (size_t i = 0; i < w->count; i++) {
        /* The recorded integers beyond 64 bits are more than it takes. */
        json_t *json =
            json_loadb(w->texts[i].ptr, w->texts[i].len, JSON_DECODE_INT_AS_REAL, NULL);
        if (json == NULL)
            return -1;
        json_decref(json);
    }
    return 0;
}

/* CPU time of one event in rounds of decoding, or a negative number. */
static double measure(int (*decode)(const workload *, tcn_arena *), const workload *w,
                      size_t rounds, tcn_arena *arena)
{
    int64_t start_us = tcn_clock_cpu_us();
    for (size_t i = 0; i < rounds; i++) {
        if (decode(w, arena) < 0)
            return -1;
    }
    int64_t spent_us = tcn_clock_cpu_us() - start_us;
    return (double)spent_us / (double)(rounds * w->events);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static int run(const workload *w, tcn_arena *arena)
{
    double ours[TURNS], floor[TURNS];
    size_t rounds = FLOOR_SHARE;
    /* The first turns warm up and find how many rounds fill a turn. */
    for (;;) {
        double each_us = measure(decode_ours, w, rounds, arena);
        if (each_us < 0)
            return -1;
        if (each_us * (double)(rounds * w->events) >= TURN_US)
            break;
        rounds *= 2;
    }
    for (size_t i = 0; i < TURNS; i++) {
        ours[i] = measure(decode_ours, w, rounds, arena);
        floor[i] = measure(decode_floor, w, rounds / FLOOR_SHARE, arena);
        if (ours[i] < 0 || floor[i] < 0)
            return -1;
    }
    double ours_us = median(ours, TURNS), floor_us = median(floor, TURNS);
    (void)printf(
        "{\"bench\":\"decode\",\"case\":\"%s\",\"cpu_us\":%.3f,\"per_second\":%.0f,"
        "\"floor\":\"jansson json_loadb\",\"floor_us\":%.3f,\"ratio\":%.4f,"
        "\"cpu_us_min\":%.3f,\"cpu_us_max\":%.3f}\n",
        w->name, ours_us, 1e6 / ours_us, floor_us, ours_us / floor_us, ours[0],
        ours[TURNS - 1]);
    (void)fflush(stdout);
    return 0;
}

static int sample_read(sample *s)
{
    FILE *file = fopen(SAMPLE, "r");
    if (file == NULL)
        return -1;
    char *line = NULL;
    size_t room = 0;
    ssize_t len = 0;
    while (s->count < SAMPLE_MAX && (len = getline(&line, &room, file)) > 1) {
        s->events[s->count++] = tcn_str_of(line, (size_t)len - 1);
        line = NULL;
        room = 0;
    }
    free(line);
    (void)fclose(file);
    return s->count != 0 ? 0 : -1;
}

static void sample_free(sample *s)
{
    for (size_t i = 0; i < s->count; i++)
        free((char *)(uintptr_t)s->events[i].ptr);
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static const tcn_str *find_typical(const sample *s)
{
    const tcn_str *best = &s->events[0];
    for (size_t i = 1; i < s->count; i++) {
        if (distance(s->events[i].len, TYPICAL) < distance(best->len, TYPICAL))
            best = &s->events[i];
    }
    return best;
}

static int fill_batch(const sample *s, tcn_buf *out)
{
    for (size_t i = 0; i < BATCH; i++) {
        (void)tcn_buf_add_char(out, i == 0 ? '[' : ',');
        (void)tcn_buf_add_str(out, s->events[i % s->count]);
    }
    (void)tcn_buf_add_char(out, ']');
    return tcn_buf_status(out);
}

int main(void)
{
    static sample s;
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_buf batch;
    tcn_buf_init(&batch, SIZE_MAX);
    int rc = sample_read(&s);
    if (rc == 0)
        rc = fill_batch(&s, &batch);
    if (rc == 0) {
        tcn_str list = tcn_buf_str(&batch);
        const workload workloads[] = {
            {"typical 1.5 KB", find_typical(&s), 1, 1, false},
            {"sample, one by one", s.events, s.count, s.count, false},
            {"sample, batch of 500", &list, 1, BATCH, true},
        };
        for (size_t i = 0; i < TCN_COUNT(workloads) && rc == 0; i++)
            rc = run(&workloads[i], &arena);
    }
    if (rc != 0)
        (void)fprintf(stderr, "bench_decode: cannot decode %s\n", SAMPLE);
    sample_free(&s);
    tcn_buf_deinit(&batch);
    tcn_arena_deinit(&arena);
    return rc == 0 ? 0 : 1;
}
