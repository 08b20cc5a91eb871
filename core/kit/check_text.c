/* SPDX-License-Identifier: Apache-2.0 */
/* check_text.c - what goes on the wire: hostile text stays inside its place, secrets stay
 * where they belong, every attempt is the same, a preview is what is sent. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <tocsin/ext/preview.h>
#include <unistd.h>

#include "core/kit/mail_form.h"
#include "core/kit/rig.h"
#include "core/plugin/record.h"

#define SECRET_KEPT_MS 1200 /* the host looks at a file once a second */
#define LONG_BYTES     ((size_t)1 << 20)
#define INJECTED       "X-Kit-Injected"

/* ---- hostile text ---- */

/* A line of the head that begins with what was put into the text. */
static bool is_injected(tcn_str head)
{
    tcn_str line;
    while (tcn_str_split(&head, '\n', &line))
        if (tcn_str_starts(tcn_str_trim(line), TCN_STR(INJECTED)))
            return true;
    return false;
}

static bool is_json_type(const tcn_peer *peer, size_t i)
{
    tcn_str type = tcn_peer_header(peer, i, "Content-Type");
    return type.ptr != NULL && tcn_str_find(type, TCN_STR("json")) != SIZE_MAX;
}

static bool judge_mail(tcn_rig *rig, const char *what, size_t i)
{
    const char *fault =
        rig->peer.is_smtp ? tcn_mail_fault(tcn_peer_whole(&rig->peer, i)) : NULL;
    return fault == NULL || tcn_report_fail(rig->report, "%s: the mail %s", what, fault);
}

static bool judge_requests(tcn_rig *rig, const char *what)
{
    const tcn_peer *peer = &rig->peer;
    for (size_t i = 0; i < peer->count && i < TCN_PEER_KEPT; i++) {
        if (is_injected(tcn_peer_head(peer, i)))
            return tcn_report_fail(rig->report, "%s: a header is injected", what);
        if (!judge_mail(rig, what, i))
            return false;
        tcn_str body = tcn_peer_body(peer, i);
        if (!is_json_type(peer, i) || body.len == 0)
            continue;
        json_t *json =
            json_loadb(body.ptr, body.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (json == NULL)
            return tcn_report_fail(rig->report,
                                   "%s: the body is not the JSON that its "
                                   "Content-Type says",
                                   what);
        json_decref(json);
    }
    return true;
}

static bool try_text(tcn_rig *rig, tcn_block *block, const char *what, tcn_str subject,
                     tcn_str body)
{
    tcn_outcome out;
    tcn_message message = tcn_rig_message();
    message.subject = subject;
    message.body = body;
    tcn_peer_clear(&rig->peer);
    return tcn_rig_send(rig, block, &message, &out) && judge_requests(rig, what);
}

static void check_text(const tcn_kit *kit, tcn_report *report)
{
    const struct {
        const char *what;
        tcn_str text;
    } texts[] = {
        {"CR LF", TCN_STR("a\r\n" INJECTED ": 1\r\n\r\nb")},
        {"a line feed", TCN_STR("a\n" INJECTED ": 1\n\nb")},
        {"NUL", TCN_STR("a\0b")},
        {"invalid UTF-8", TCN_STR("a\xff\xc3(\xed\xa0\x80 b")},
        {"control characters", TCN_STR("a\x01\x1b[31m\x7f b")},
        {"quotes", TCN_STR("\"}, {\"a\": \"\\\" ' `")},
        {"markup", TCN_STR("<!channel> <script>*_~`[a](b)</at> &amp; {{ subject }}")},
        {"dots", TCN_STR(".\r\n..\r\n.\r\nQUIT\r\n")},
        {"plain words", TCN_STR("plain words")},
        {"nothing", TCN_STR("")},
    };
    static char large[LONG_BYTES];
    static tcn_rig rig;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = tcn_rig_block(&rig, "kit");
    bool is_good = block != NULL;
    for (size_t i = 0; is_good && i < TCN_COUNT(texts); i++)
        is_good = try_text(&rig, block, texts[i].what, texts[i].text, texts[i].text);
    memset(large, 'x', sizeof large);
    if (is_good &&
        try_text(&rig, block, "1 MiB", TCN_STR("large"),
                 tcn_str_of(large, sizeof large)) &&
        try_text(&rig, block, "1 MiB", tcn_str_of(large, sizeof large), TCN_STR("large")))
        (void)tcn_rig_stop(&rig);
}

/* ---- secrets ---- */

static bool holds(tcn_str text, const char *part)
{
    return tcn_str_find(text, tcn_str_c(part)) != SIZE_MAX;
}

/* The daemon masks secrets on the way: its mask is the proof that there was one. */
static bool is_clean(tcn_report *report, tcn_str text, const char *where)
{
    if (holds(text, TCN_KIT_CANARY))
        return tcn_report_fail(report, "%s holds a secret", where);
    if (holds(text, "********"))
        return tcn_report_fail(report, "%s holds a secret, which the daemon masked",
                               where);
    return true;
}

static bool try_secrets(tcn_rig *rig, tcn_block *block, int status)
{
    tcn_outcome out;
    rig->peer.script = (tcn_peer_script){TCN_PEER_ANSWER, status, NULL, TCN_STR("no")};
    return tcn_rig_send(rig, block, NULL, &out) &&
           is_clean(rig->report, tcn_str_c(out.reason), "the reason") &&
           is_clean(rig->report, tcn_str_c(out.receipt), "the receipt") &&
           is_clean(rig->report, tcn_str_c(out.progress), "the progress");
}

static bool has_secrets(const tcn_kit *kit)
{
    const json_t *table = json_object_get(kit->plugin, "options");
    for (size_t i = 0; i < json_array_size(table); i++)
        if (json_is_true(json_object_get(json_array_get(table, i), "secret")))
            return true;
    return false;
}

/* With every secret that there is, or, when these exclude each other, with the required
 * ones. */
static tcn_block *secret_block(tcn_rig *rig)
{
    tcn_err why = {0};
    tcn_fill fill = {.base = rig->peer.base,
                     .path = "/" TCN_KIT_CANARY "-path?q=" TCN_KIT_CANARY "-query",
                     .port = rig->peer.port,
                     .is_secret = true};
    tcn_block *block =
        tcn_rig_block_with(rig, "kit", tcn_fill_options(rig->kit, &fill), &why);
    if (block != NULL || !tcn_report_is_ok(rig->report))
        return block;
    if (!is_clean(rig->report, tcn_str_c(why.text), "the error of create"))
        return NULL;
    fill.is_secret = false;
    return tcn_rig_block_with(rig, "kit", tcn_fill_options(rig->kit, &fill), NULL);
}

static void check_secrets(const tcn_kit *kit, tcn_report *report)
{
    static const int statuses[] = {200, 302, 400, 401, 403, 404, 429, 500, 503};
    static tcn_rig rig;
    if (!has_secrets(kit)) {
        (void)tcn_report_skip(report, "the plugin has no secrets");
        return;
    }
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = secret_block(&rig);
    bool is_good = block != NULL;
    for (size_t i = 0; is_good && i < TCN_COUNT(statuses); i++)
        is_good = try_secrets(&rig, block, statuses[i]);
    tcn_outcome out;
    rig.peer.script.act = TCN_PEER_RESET;
    if (is_good && tcn_rig_send(&rig, block, NULL, &out) &&
        is_clean(report, tcn_str_c(out.reason), "the reason") &&
        is_clean(report, tcn_rig_log(&rig), "the log"))
        (void)tcn_rig_stop(&rig);
}

/* ---- a secret that cannot be read now ---- */

/* An option whose value may stand in a file. */
static const json_t *secret_option(const tcn_kit *kit)
{
    const json_t *table = json_object_get(kit->plugin, "options");
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *option = json_array_get(table, i);
        const char *type = json_string_value(json_object_get(option, "type"));
        if (json_is_true(json_object_get(option, "secret")) && strcmp(type, "map") != 0)
            return option;
    }
    return NULL;
}

static bool write_secret(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t len = strlen(text);
    bool is_good = fd >= 0 && write(fd, text, len) == (ssize_t)len;
    if (fd >= 0)
        (void)close(fd);
    return is_good;
}

/* A block whose secret stands in a file; NULL: skipped, or failed. */
static tcn_block *block_of_file(tcn_rig *rig, const char *path)
{
    const json_t *option = secret_option(rig->kit);
    const char *key = json_string_value(json_object_get(option, "key"));
    tcn_err why = {0};
    tcn_fill fill = {.base = rig->peer.base,
                     .path = "/kit",
                     .port = rig->peer.port,
                     .is_secret = true};
    json_t *options = tcn_rig_options(rig), *sample = tcn_fill_sample(option, &fill);
    bool is_written =
        json_is_string(sample) && write_secret(path, json_string_value(sample));
    json_decref(sample);
    (void)json_object_set_new(options, key, json_pack("{s:s}", "file", path));
    tcn_block *block = tcn_rig_block_with(rig, "kit", options, &why);
    if (block == NULL || !is_written)
        (void)tcn_report_skip(rig->report, "%s cannot stand in a file alone (%s)", key,
                              why.text);
    return is_written ? block : NULL;
}

static bool is_never(void *ud)
{
    (void)ud;
    return false;
}

static void check_unreadable(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    char path[80];
    tcn_outcome out;
    (void)snprintf(path, sizeof path, "%s/secret", kit->folder);
    if (secret_option(kit) == NULL) {
        (void)tcn_report_skip(report, "the plugin has no secrets");
        return;
    }
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = block_of_file(&rig, path);
    if (block == NULL)
        return;
    (void)unlink(path);
    (void)tcn_rig_wait(&rig, is_never, NULL, SECRET_KEPT_MS);
    if (!tcn_rig_send(&rig, block, NULL, &out))
        return;
    /* What was sent without it was answered as such. */
    if (out.status == TOCSIN_FAIL && rig.peer.count == 0)
        (void)tcn_report_fail(
            report,
            "while a secret cannot be read, the message is given up for "
            "good: %s",
            out.reason);
    else
        (void)tcn_rig_stop(&rig);
}

/* ---- attempts ---- */

static bool has_invocation(const tcn_peer *peer, size_t i)
{
    return holds(tcn_peer_head(peer, i), TCN_RIG_INVOCATION) ||
           holds(tcn_peer_body(peer, i), TCN_RIG_INVOCATION);
}

static void check_attempts(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = tcn_rig_block(&rig, "kit");
    if (block == NULL)
        return;
    tcn_message message = tcn_rig_message();
    rig.peer.script = (tcn_peer_script){TCN_PEER_ANSWER, 503, NULL, TCN_STR("later")};
    for (uint32_t i = 1; i <= 3; i++) {
        message.attempt = i;
        if (!tcn_rig_send(&rig, block, &message, &out))
            return;
        message.progress = tcn_str_c(out.progress);
    }
    const tcn_peer *peer = &rig.peer;
    if (peer->count == 0)
        (void)tcn_report_skip(report, "no request came to the kit's peer");
    else if (!has_invocation(peer, 0))
        (void)tcn_report_skip(report, "the plugin does not send the invocation id");
    for (size_t i = 1; i < peer->count && i < TCN_PEER_KEPT; i++)
        if (!has_invocation(peer, i))
            (void)tcn_report_fail(report, "attempt %zu lacks the invocation id", i + 1);
    if (tcn_report_is_ok(report))
        (void)tcn_rig_stop(&rig);
}

/* ---- preview ---- */

static bool has_extension(const tcn_kit *kit, const char *id)
{
    const json_t *list = json_object_get(kit->plugin, "extensions");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), id) == 0)
            return true;
    return false;
}

/* What a dry run records, which is what a person is shown. */
static json_t *dry_run(tcn_rig *rig, tcn_block *block)
{
    tcn_recorder recorder;
    tcn_outcome out;
    tcn_message message = tcn_rig_message();
    if (tcn_recorder_init(&recorder, true) < 0)
        return NULL;
    message.recorder = &recorder;
    message.is_test = true;
    bool is_good = tcn_rig_send(rig, block, &message, &out);
    json_t *exchanges = is_good ? json_incref(recorder.exchanges) : NULL;
    tcn_recorder_deinit(&recorder);
    return exchanges;
}

/* Of a mail behind its headers, which hold the time. */
static bool same_body(tcn_rig *rig, const json_t *shown, size_t i)
{
    const char *text = json_string_value(json_object_get(shown, "body"));
    const char *head =
        text == NULL || !rig->peer.is_smtp ? NULL : strstr(text, "\r\n\r\n");
    return text != NULL &&
           tcn_str_eq_c(tcn_peer_body(&rig->peer, i), head != NULL ? head + 4 : text);
}

static void check_preview(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = tcn_rig_block(&rig, "kit");
    json_t *shown = block == NULL ? NULL : dry_run(&rig, block);
    if (shown == NULL)
        return;
    if (rig.peer.count > 0)
        (void)tcn_report_fail(report, "a dry run sends something");
    if (json_array_size(shown) == 0)
        (void)tcn_report_skip(report,
                              has_extension(kit, TOCSIN_PREVIEW_ID)
                                  ? "the preview is empty"
                                  : "nothing to compare: no request was recorded");
    tcn_message message = tcn_rig_message();
    message.is_test = true;
    if (tcn_report_is_ok(report) && tcn_rig_send(&rig, block, &message, &out) &&
        rig.peer.count > 0 && !same_body(&rig, json_array_get(shown, 0), 0))
        (void)tcn_report_fail(report, "what is sent differs from what a dry run shows");
    json_decref(shown);
    if (tcn_report_is_ok(report))
        (void)tcn_rig_stop(&rig);
}

const tcn_check tcn_checks_text[] = {
    {"text", "line breaks, NUL, bad UTF-8, markup, 1 MiB: well-formed, no injection",
     check_text, 0, NULL},
    {"secrets", "no secret in a log, reason, receipt, progress or error", check_secrets,
     0, NULL},
    {"unreadable", "a secret that cannot be read now: the message waits",
     check_unreadable, 0, NULL},
    {"attempts", "the invocation id stands in each attempt", check_attempts, 0, NULL},
    {"preview", "a dry run shows what is sent, and sends nothing", check_preview, 0,
     NULL},
    {0},
};
