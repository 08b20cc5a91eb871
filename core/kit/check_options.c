/* SPDX-License-Identifier: Apache-2.0 */
/* check_options.c - each option on its own: its default, its bounds, a value of another
 * type, without it where it is required, and a key that is none. What the daemon refuses
 * never reaches the plugin; what it takes, create must take or refuse with a reason. */
#include <stdio.h>
#include <string.h>
#include <tocsin/plugin.h>

#include "core/kit/rig.h"

typedef struct trial {
    tcn_rig rig;
    unsigned number; /* of the block */
} trial;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static const char *name_next(trial *t, char out[32])
{
    (void)snprintf(out, 32, "kit-%u", t->number++);
    return out;
}

/* Takes options. The daemon's own refusals name the option; create's must have words. */
static bool try_options(trial *t, json_t *options, const char *what, tcn_err *ret)
{
    char name[32];
    tcn_err why = {0};
    (void)name_next(t, name);
    tcn_block *block = tcn_rig_block_with(&t->rig, name, options, &why);
    if (block != NULL && !tcn_rig_remove(&t->rig, name))
        return false;
    if (!tcn_report_is_ok(t->rig.report))
        return false;
    if (block == NULL && strcmp(why.text, "the plugin refused these options") == 0)
        return tcn_report_fail(t->rig.report, "create refuses %s without a reason", what);
    *ret = why;
    return true;
}

static json_t *with(const trial *t, const char *key, json_t *value)
{
    json_t *options = tcn_rig_options(&t->rig);
    (void)json_object_set_new(options, key, value);
    return options;
}

static bool must_refuse(trial *t, json_t *options, const char *key, const char *what)
{
    char told[200];
    tcn_err why = {0};
    (void)snprintf(told, sizeof told, "option %s: %s", key, what);
    if (!try_options(t, options, told, &why))
        return false;
    if (!tcn_err_is_set(&why))
        return tcn_report_fail(t->rig.report, "%s is taken", told);
    return true;
}

static bool may_take(trial *t, json_t *options, const char *key, const char *what)
{
    char told[200];
    tcn_err why = {0};
    (void)snprintf(told, sizeof told, "option %s: %s", key, what);
    return try_options(t, options, told, &why);
}

static bool is_number(const char *type)
{
    static const char *const types[] = {"int", "number", "duration", "size"};
    for (size_t i = 0; i < TCN_COUNT(types); i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

static bool check_bounds(trial *t, const json_t *option)
{
    const char *key = text_of(option, "key");
    json_t *min = json_object_get(option, "min"), *max = json_object_get(option, "max");
    if (!is_number(text_of(option, "type")) || max == NULL)
        return true;
    return may_take(t, with(t, key, json_incref(min)), key, "its minimum") &&
           may_take(t, with(t, key, json_incref(max)), key, "its maximum") &&
           must_refuse(t, with(t, key, json_integer(INT64_C(1) << 60)), key,
                       "a value above its maximum");
}

static bool check_option(trial *t, const json_t *option)
{
    const char *key = text_of(option, "key"), *type = text_of(option, "type");
    json_t *standard = json_object_get(option, "default");
    bool is_good = true;
    if (standard != NULL && strcmp(type, "url") != 0)
        is_good = may_take(t, with(t, key, json_incref(standard)), key, "its default");
    if (is_good && strcmp(type, "json") != 0)
        is_good = must_refuse(t, with(t, key, json_pack("[[]]")), key,
                              "a value of another type");
    if (is_good && json_is_true(json_object_get(option, "required"))) {
        json_t *options = tcn_rig_options(&t->rig);
        (void)json_object_del(options, key);
        is_good =
            must_refuse(t, options, key, "a block without it, though it is required");
    }
    json_t *choices = json_object_get(option, "choices");
    for (size_t i = 0; is_good && i < json_array_size(choices); i++)
        is_good = may_take(t, with(t, key, json_incref(json_array_get(choices, i))), key,
                           "one of its choices");
    return is_good && check_bounds(t, option);
}

static void check_each(const tcn_kit *kit, tcn_report *report)
{
    static trial t;
    const json_t *table = json_object_get(kit->plugin, "options");
    if (!tcn_rig_start(&t.rig, kit, NULL, report))
        return;
    bool is_good = true;
    for (size_t i = 0; is_good && i < json_array_size(table); i++)
        is_good = check_option(&t, json_array_get(table, i));
    if (is_good && must_refuse(&t, with(&t, "no_such_option", json_true()),
                               "no_such_option", "a key that is none"))
        (void)tcn_rig_stop(&t.rig);
}

static void check_block(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    if (tcn_rig_start(&rig, kit, NULL, report) && tcn_rig_block(&rig, "kit") != NULL)
        (void)tcn_rig_stop(&rig);
}

/* The reason, and behind it what the host refused of the plugin, unless it says so: that
 * stands in its log. */
static const char *whole_reason(tcn_rig *rig, const tcn_outcome *out, char *text,
                                size_t size)
{
    static const char mark[] = "refused a request of plugin";
    tcn_str line, said = TCN_STR(""), log = tcn_rig_log(rig);
    while (tcn_str_split(&log, '\n', &line)) {
        size_t at = tcn_str_find(line, tcn_str_c(mark));
        if (at != SIZE_MAX)
            said = tcn_str_of(line.ptr + at, line.len - at);
    }
    bool is_known = said.len == 0 || strstr(out->reason, "did not accept") != NULL;
    (void)snprintf(text, size, "%.300s%s%.*s", out->reason, is_known ? "" : "; the host ",
                   is_known ? 0 : (int)said.len, said.ptr);
    return text;
}

/* Nothing came to the peer. A plugin with a protocol of its own, or with none, can do no
 * more here than end well. */
static bool judge_silent(tcn_rig *rig, const tcn_outcome *out)
{
    char reason[800];
    bool has_url = tcn_fill_url_key(rig->kit) != NULL;
    const char *hint = rig->kit->options.options == NULL
                           ? "give the options that it needs with --options FILE"
                           : "mend the options that were given";
    (void)whole_reason(rig, out, reason, sizeof reason);
    if (out->status == TOCSIN_DONE)
        return (!has_url && !rig->peer.is_smtp) ||
               tcn_report_skip(rig->report,
                               "not proven: it is DONE, but nothing was sent to the "
                               "kit's peer");
    if (rig->peer.was_met)
        return tcn_report_skip(
            rig->report,
            "not proven: the plugin connects, but speaks neither HTTP nor SMTP to the "
            "kit's peer (%s)",
            reason);
    if (out->status == TOCSIN_FAIL)
        return tcn_report_fail(rig->report,
                               "a message with nothing wrong in it is refused for good, "
                               "and nothing was sent (%s): let send accept it, or %s",
                               reason, hint);
    if (has_url)
        return tcn_report_fail(rig->report,
                               "a message is to be tried again, and nothing was sent "
                               "(%s): let send send it, or %s",
                               reason, hint);
    return tcn_report_skip(rig->report,
                           "not proven: nothing was sent to the kit's peer, and the "
                           "message is to be tried again (%s)",
                           reason);
}

static void check_send(const tcn_kit *kit, tcn_report *report)
{
    static tcn_rig rig;
    tcn_outcome out;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = tcn_rig_block(&rig, "kit");
    if (block == NULL || !tcn_rig_send(&rig, block, NULL, &out))
        return;
    bool is_good = rig.peer.count == 0
                       ? judge_silent(&rig, &out)
                       : out.status == TOCSIN_DONE || tcn_rig_please(&rig, block);
    if (is_good)
        (void)tcn_rig_stop(&rig);
}

const tcn_check tcn_checks_options[] = {
    {"block", "a block can be made, started and stopped", check_block, 0,
     "no block can be made until \"block\" is mended"},
    {"send", "a good message is sent, done comes once", check_send, 8000,
     "nothing can be sent until \"send\" is mended"},
    {"options", "each option: default, bounds, wrong type, missing, unknown key",
     check_each, 0, NULL},
    {0},
};
