/* SPDX-License-Identifier: Apache-2.0 */
/* payload.c - see payload.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <tocsin/json.h>

#include "payload.h"

static bool step_into(tocsin_str *value, const char *key)
{
    if (tocsin_json_kind(*value) == '{')
        return tocsin_json_get(*value, key, value);
    tocsin_json_iter iter = tocsin_json_walk(*value);
    tocsin_str name;
    for (long place = strtol(key, NULL, 10); place >= 0; place--)
        if (!tocsin_json_next(&iter, &name, value))
            return false;
    return true;
}

const char *payload_text(const char *json, const char *path)
{
    static char text[1 << 17];
    tocsin_text decoded = TOCSIN_ZERO;
    tocsin_str value = TOCSIN_ZERO;
    if (!tocsin_json_read(tocsin_str_of(json), &value))
        fail_msg("no JSON: %.200s", json);
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        char key[40];
        (void)snprintf(key, sizeof key, "%.*s", (int)len, path);
        path += len + (path[len] == '/');
        if (!step_into(&value, key))
            return "";
    }
    bool is_text = tocsin_json_text(value, &decoded);
    (void)snprintf(text, sizeof text, "%s",
                   is_text && decoded.ptr != NULL ? decoded.ptr : "");
    tocsin_text_free(&decoded);
    return text;
}

void payload_golden(const char *json, const char *name)
{
    char path[512];
    static char golden[1 << 16];
    (void)snprintf(path, sizeof path, "%s/%s", SINK_DATA, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s is missing; the text is %s", path, json);
    size_t len = fread(golden, 1, sizeof golden - 1, file);
    (void)fclose(file);
    while (len > 0 && golden[len - 1] == '\n')
        len--;
    golden[len] = '\0';
    assert_string_equal(json, golden);
}

const char *payload_filled(const char *with, size_t bytes)
{
    static char text[(1 << 20) + 1];
    size_t len = strlen(with), at = 0;
    for (; at + len <= bytes && at + len < sizeof text; at += len)
        memcpy(text + at, with, len);
    text[at] = '\0';
    return text;
}

bool payload_ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

tcn_message payload_message(const char *body)
{
    tcn_message message = rig_message();
    message.body = tcn_str_c(body);
    message.body_values = message.subject_values = (tcn_spans){.is_known = true};
    return message;
}

static char *copy_of(const char *line, const char *key)
{
    char *copy = strdup(payload_text(line, key));
    assert_non_null(copy);
    return copy;
}

static bool flag_of(const char *line, const char *key)
{
    tocsin_str value, flag;
    assert_true(tocsin_json_read(tocsin_str_of(line), &value));
    return tocsin_json_get(value, key, &flag) && tocsin_str_eq(flag, "true");
}

static uint32_t severity_of(const char *name)
{
    uint32_t severity = TOCSIN_INFO;
    while (strcmp(tocsin_severity_name(severity), name) != 0)
        severity++;
    return severity;
}

void payload_each_recorded(const char *name, void (*fn)(const recorded *r, void *ud),
                           void *ud)
{
    char path[512], line[8192];
    unsigned count = 0;
    (void)snprintf(path, sizeof path, "%s/%s", SINK_DATA, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (; fgets(line, sizeof line, file) != NULL; count++) {
        const recorded r = {severity_of(payload_text(line, "severity")),
                            flag_of(line, "wrap"),
                            flag_of(line, "image"),
                            copy_of(line, "subject"),
                            copy_of(line, "body"),
                            copy_of(line, "sent")};
        fn(&r, ud);
        free(r.subject);
        free(r.body);
        free(r.sent);
    }
    (void)fclose(file);
    assert_true(count >= 20);
}

void payload_answers(fixture *f, tcn_block *block, const answer_row *rows, size_t count)
{
    tcn_message message = rig_message();
    for (size_t i = 0; i < count; i++) {
        f->in.status = rows[i].status;
        f->in.body = rows[i].body;
        outcome out = rig_send(&f->r, block, &message);
        if (out.status != rows[i].result || out.cause != rows[i].cause ||
            strncmp(out.reason, rows[i].reason, strlen(rows[i].reason)) != 0)
            fail_msg("%d %s: %u %u %s", rows[i].status, rows[i].body, out.status,
                     out.cause, out.reason);
        assert_int_equal(out.code, rows[i].status);
    }
}
