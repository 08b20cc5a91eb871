/* SPDX-License-Identifier: Apache-2.0 */
/* check_answer.c - whatever the peer answers, done comes once, with the class that the
 * common table gives. */
#include <stdio.h>
#include <string.h>
#include <tocsin/plugin.h>

#include "core/kit/rig.h"

/* The class of the common table; of a mail: 4yz is for now, 5yz for good. */
static uint32_t expected(const tcn_rig *rig, int status)
{
    if (rig->peer.is_smtp)
        return status < 400 ? TOCSIN_DONE : status < 500 ? TOCSIN_RETRY : TOCSIN_FAIL;
    static const struct {
        int first, last;
        uint32_t class;
    } table[] = {
        {200, 299, TOCSIN_DONE},  {408, 408, TOCSIN_RETRY}, {425, 425, TOCSIN_RETRY},
        {429, 429, TOCSIN_RETRY}, {501, 501, TOCSIN_FAIL},  {505, 505, TOCSIN_FAIL},
        {500, 599, TOCSIN_RETRY},
    };
    for (size_t i = 0; i < TCN_COUNT(table); i++)
        if (status >= table[i].first && status <= table[i].last)
            return table[i].class;
    return TOCSIN_FAIL;
}

typedef struct stand {
    tcn_rig rig;
    tcn_block *block;
} stand;

/* False: failed, or the plugin does not speak HTTP. */
static bool stand_up(stand *s, const tcn_kit *kit, tcn_report *report)
{
    if (!tcn_rig_start(&s->rig, kit, NULL, report))
        return false;
    s->block = tcn_rig_block(&s->rig, "kit");
    return s->block != NULL && tcn_rig_please(&s->rig, s->block);
}

static bool judge(stand *s, const tcn_outcome *out, const char *what, uint32_t class)
{
    if (out->status != class)
        return tcn_report_fail(
            s->rig.report, "%s is %s, not %s%s%s", what, tcn_rig_status_name(out->status),
            tcn_rig_status_name(class), out->reason[0] != '\0' ? ": " : "", out->reason);
    if (class != TOCSIN_DONE && out->reason[0] == '\0')
        return tcn_report_fail(s->rig.report, "%s: %s without a reason", what,
                               tcn_rig_status_name(class));
    if (class != TOCSIN_DONE && out->cause == TOCSIN_CAUSE_NONE)
        return tcn_report_fail(s->rig.report, "%s: %s without a cause", what,
                               tcn_rig_status_name(class));
    return true;
}

static bool try_status(stand *s, int status, tcn_str body)
{
    char what[40];
    tcn_outcome out;
    s->rig.peer.script = (tcn_peer_script){TCN_PEER_ANSWER, status, NULL, body};
    (void)snprintf(what, sizeof what, "an answer %d", status);
    if (!tcn_rig_send(&s->rig, s->block, NULL, &out))
        return false;
    /* A peer's own table may call every 5xx temporary. */
    bool is_either = !s->rig.peer.is_smtp && (status == 501 || status == 505);
    return judge(s, &out, what,
                 is_either && out.status == TOCSIN_RETRY ? TOCSIN_RETRY
                                                         : expected(&s->rig, status));
}

static void check_statuses(const tcn_kit *kit, tcn_report *report)
{
    static const int statuses[] = {
        400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413,
        414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431,
        451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 599,
    };
    static const int codes[] = {421, 450, 451, 452, 454, 500, 501,
                                550, 551, 552, 553, 554, 571};
    static stand s;
    bool is_good = stand_up(&s, kit, report), is_mail = s.rig.peer.is_smtp;
    size_t count = is_mail ? TCN_COUNT(codes) : TCN_COUNT(statuses);
    if (is_good)
        is_good = try_status(&s, 200, s.rig.peer.script.body);
    for (size_t i = 0; is_good && i < count; i++)
        is_good = try_status(&s, is_mail ? codes[i] : statuses[i], TCN_STR("no"));
    if (is_good)
        (void)tcn_rig_stop(&s.rig);
}

static bool needs_http(const tcn_kit *kit, tcn_report *report)
{
    return !tcn_fill_is_mail(kit) ||
           tcn_report_skip(report,
                           "the kit speaks SMTP to it, which has no such answers");
}

static void check_retry_after(const tcn_kit *kit, tcn_report *report)
{
    static const struct {
        const char *headers;
        bool is_given;
    } forms[] = {
        {"Retry-After: 30\r\n", true},
        {"Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", true},
        {"Retry-After: soon\r\n", false},
        {"Retry-After: -5\r\n", false},
        {NULL, false},
    };
    static stand s;
    if (!needs_http(kit, report) || !stand_up(&s, kit, report))
        return;
    for (size_t i = 0; i < TCN_COUNT(forms); i++) {
        tcn_outcome out;
        s.rig.peer.script = (tcn_peer_script){TCN_PEER_ANSWER, 429, forms[i].headers,
                                              TCN_STR("slow down")};
        if (!tcn_rig_send(&s.rig, s.block, NULL, &out) ||
            !judge(&s, &out, "an answer 429", TOCSIN_RETRY))
            return;
        if (forms[i].is_given && out.retry_after_ms < 25000) {
            (void)tcn_report_fail(report, "the wait of \"%.*s\" is not handed on",
                                  (int)strlen(forms[i].headers) - 2, forms[i].headers);
            return;
        }
    }
    (void)tcn_rig_stop(&s.rig);
}

/* What proxies and servers say when they are ill. */
static bool try_error_bodies(stand *s)
{
    const struct {
        const char *what;
        tcn_str body;
    } rows[] = {
        {"of several lines", TCN_STR("<html>\r\n<h1>Bad Gateway</h1>\n\n</html>\n")},
        {"of binary bytes", TCN_STR("\x1f\x8b\0\xff\xfe\x80 \0\x1b[2J\x07 \xc3(")},
        {"of broken JSON", TCN_STR("{\"error\": {\"message\": \"over")},
    };
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        for (int status = 400; status <= 503; status += 103) {
            char what[64];
            tcn_outcome out;
            s->rig.peer.script =
                (tcn_peer_script){TCN_PEER_ANSWER, status, NULL, rows[i].body};
            (void)snprintf(what, sizeof what, "an answer %d %s", status, rows[i].what);
            if (!tcn_rig_send(&s->rig, s->block, NULL, &out) ||
                !judge(s, &out, what, expected(&s->rig, status)))
                return false;
        }
    }
    return true;
}

static void check_bodies(const tcn_kit *kit, tcn_report *report)
{
    static char large[10 << 20];
    static stand s;
    tcn_outcome out;
    if (!needs_http(kit, report) || !stand_up(&s, kit, report))
        return;
    memset(large, 'x', sizeof large);
    tcn_peer_script *script = &s.rig.peer.script;
    *script =
        (tcn_peer_script){TCN_PEER_ANSWER, 302, "Location: /elsewhere\r\n", TCN_STR("")};
    if (!tcn_rig_send(&s.rig, s.block, NULL, &out) ||
        !judge(&s, &out, "a redirect", TOCSIN_FAIL))
        return;
    *script = (tcn_peer_script){TCN_PEER_ANSWER, 200, NULL, TCN_STR("")};
    if (!tcn_rig_send(&s.rig, s.block, NULL, &out))
        return;
    script->body = tcn_str_of(large, sizeof large);
    if (!tcn_rig_send(&s.rig, s.block, NULL, &out))
        return;
    script->status = 503;
    if (!tcn_rig_send(&s.rig, s.block, NULL, &out) ||
        !judge(&s, &out, "an answer 503 of 10 MB", TOCSIN_RETRY))
        return;
    if (!try_error_bodies(&s))
        return;
    *script =
        (tcn_peer_script){TCN_PEER_CUT, 200, NULL, TCN_STR("{\"ok\":true, \"a\":1}")};
    if (tcn_rig_send(&s.rig, s.block, NULL, &out) &&
        judge(&s, &out, "a cut answer", TOCSIN_RETRY))
        (void)tcn_rig_stop(&s.rig);
}

/* A block whose URL is this one. NULL: it is refused, which is as good. */
static tcn_block *block_at(stand *s, const char *name, const char *url)
{
    tcn_err why = {0};
    json_t *options = tcn_rig_options(&s->rig);
    (void)json_object_set_new(options, tcn_fill_url_key(s->rig.kit), json_string(url));
    return tcn_rig_block_with(&s->rig, name, options, &why);
}

static bool try_url(stand *s, const char *name, const char *url, const char *what)
{
    tcn_outcome out;
    tcn_message message = tcn_rig_message();
    tcn_block *block = block_at(s, name, url);
    if (block == NULL)
        return tcn_report_is_ok(s->rig.report);
    message.timeout_ms = 2000; /* a name server may be silent */
    return tcn_rig_send(&s->rig, block, &message, &out) &&
           judge(s, &out, what, TOCSIN_RETRY);
}

/* A server that is not there, and one that has no TLS. */
static bool try_mail(stand *s)
{
    static const struct {
        const char *name, *key, *text;
        int number;
        const char *what;
    } rows[] = {
        {"refused", "port", NULL, 1, "a refused connection"},
        {"tls", "tls", "starttls", 0, "a server without TLS"},
    };
    s->rig.peer.script.act = TCN_PEER_ANSWER;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        tcn_err why = {0};
        tcn_outcome out;
        json_t *options = tcn_rig_options(&s->rig);
        (void)json_object_set_new(options, rows[i].key,
                                  rows[i].text != NULL ? json_string(rows[i].text)
                                                       : json_integer(rows[i].number));
        tcn_block *block = tcn_rig_block_with(&s->rig, rows[i].name, options, &why);
        if (block == NULL)
            continue; /* such a block is refused, which is as good */
        if (!tcn_rig_send(&s->rig, block, NULL, &out) ||
            !judge(s, &out, rows[i].what, TOCSIN_RETRY))
            return false;
    }
    return tcn_report_is_ok(s->rig.report);
}

static void check_network(const tcn_kit *kit, tcn_report *report)
{
    static stand s;
    char secure[80];
    tcn_outcome out;
    if (!stand_up(&s, kit, report))
        return;
    s.rig.peer.script.act = TCN_PEER_RESET;
    if (!tcn_rig_send(&s.rig, s.block, NULL, &out) ||
        !judge(&s, &out, "a reset connection", TOCSIN_RETRY))
        return;
    if (tcn_fill_is_mail(kit)) {
        if (try_mail(&s))
            (void)tcn_rig_stop(&s.rig);
        return;
    }
    if (tcn_fill_url_key(kit) == NULL) {
        (void)tcn_report_skip(report, "the plugin has no URL that could be changed");
        return;
    }
    (void)snprintf(secure, sizeof secure, "https%.60s/kit", s.rig.peer.base + 4);
    if (try_url(&s, "tls", secure, "a TLS failure") &&
        try_url(&s, "refused", "http://127.0.0.1:1/kit", "a refused connection") &&
        try_url(&s, "name", "http://no-such-host.invalid/kit", "an unknown host"))
        (void)tcn_rig_stop(&s.rig);
}

const tcn_check tcn_checks_answer[] = {
    {"answers", "each HTTP status has its class, done comes once", check_statuses, 0,
     NULL},
    {"retry-after", "Retry-After as seconds, date and garbage", check_retry_after, 0,
     NULL},
    {"bodies", "redirect; empty, 10 MB, binary, many-lined and cut answers", check_bodies,
     0, NULL},
    {"network", "reset, TLS failure, refused connection, unknown host", check_network,
     60000, NULL},
    {0},
};
