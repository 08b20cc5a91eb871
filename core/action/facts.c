/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - the row's documents are read with the reader of values, because events hold
 * integers of any size; its event is decoded as an event, which builds no tree of the
 * payload. */
#include "core/action/facts.h"

#include "core/base/datetime.h"
#include "core/event/decode.h"
#include "core/value/json.h"

/* Rows were made by the engine: an emitted event holds the event before it, which may
 * hold another one, so they are larger and deeper than events from outside. */
static const tcn_event_limits stored_event = {
    .event_size = (size_t)64 << 20,
    .batch_events = 1,
    .json_depth = 2048,
    .json_strings = 64u << 20,
};
const tcn_json_limits tcn_stored_json = {.bytes = (size_t)256 << 20, .depth = 2048};

tcn_value tcn_dict_value(tcn_value dict, const char *key)
{
    if (dict.type != TCN_V_DICT)
        return (tcn_value){.type = TCN_V_MISSING};
    const tcn_value *value = tcn_vdict_get_c(dict.dict, key);
    return value != NULL ? *value : (tcn_value){.type = TCN_V_MISSING};
}

tcn_str tcn_dict_text(tcn_value dict, const char *key)
{
    tcn_value value = tcn_dict_value(dict, key);
    return value.type == TCN_V_STR ? tcn_text_str(value.text) : TCN_STR("");
}

static int read_dict(tcn_str json, const char *what, tcn_arena *arena, tcn_value *ret,
                     tcn_err *reterr)
{
    tcn_err err = {0};
    int rc = tcn_json_read(json, arena, &tcn_stored_json, ret, &err);
    if (rc == TCN_E_NOMEM)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    if (rc < 0)
        return tcn_err_set(reterr, TCN_E_CORRUPT, "the stored %s is damaged: %s", what,
                           err.text);
    if (ret->type != TCN_V_DICT)
        return tcn_err_set(reterr, TCN_E_CORRUPT, "the stored %s is no object", what);
    return 0;
}

static int read_event(tcn_str json, const char *what, tcn_arena *arena, tcn_event *ret,
                      tcn_err *reterr)
{
    tcn_event_error error = {0};
    int rc = tcn_event_decode(json, &stored_event, arena, ret, &error);
    if (rc == TCN_E_NOMEM)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    if (rc < 0)
        return tcn_err_set(reterr, TCN_E_CORRUPT, "the stored %s is damaged: %s", what,
                           error.text);
    return 0;
}

static int uuid_text(const tcn_uuid *id, tcn_arena *arena, tcn_str *ret, tcn_err *reterr)
{
    char text[TCN_UUID_TEXT + 1];
    *ret = tcn_arena_str(arena, tcn_str_c(tcn_uuid_format(id, text)));
    return ret->ptr != NULL
               ? 0
               : tcn_err_set(reterr, TCN_E_NOMEM, "%s", tcn_err_text(TCN_E_NOMEM));
}

static int read_events(const tcn_outbox_entry *entry, tcn_arena *arena, tcn_facts *facts,
                       tcn_err *reterr)
{
    int rc = 0;
    if (entry->event.len > 0) {
        rc = read_event(entry->event, "triggering event", arena, &facts->event, reterr);
        if (rc >= 0)
            rc = uuid_text(&facts->event.id, arena, &facts->event_id, reterr);
        facts->has_event = rc >= 0;
    }
    if (rc >= 0 && entry->emitted.len > 0) {
        tcn_event emitted = {0};
        rc = read_event(entry->emitted, "event of the firing", arena, &emitted, reterr);
        if (rc >= 0)
            rc = uuid_text(&emitted.id, arena, &facts->emitted_id, reterr);
    }
    return rc;
}

static void read_names(tcn_facts *facts)
{
    tcn_value trigger = tcn_dict_value(facts->automation, "trigger");
    facts->automation_id = tcn_dict_text(facts->automation, "id");
    facts->automation_name = tcn_dict_text(facts->automation, "name");
    facts->trigger_type = tcn_dict_text(trigger, "type");
    facts->posture = tcn_dict_text(trigger, "posture");
    facts->type = tcn_action_type_find(tcn_dict_text(facts->action, "type"));
    tcn_value depth = tcn_dict_value(facts->firing, "depth");
    if (depth.type == TCN_V_INT && depth.integer >= 0 && depth.integer <= UINT16_MAX)
        facts->depth = (uint16_t)depth.integer;
}

int tcn_facts_read(const tcn_outbox_entry *entry, tcn_arena *arena, tcn_facts *ret,
                   tcn_err *reterr)
{
    tcn_facts facts = {.entry = entry};
    int rc = read_dict(entry->action, "action", arena, &facts.action, reterr);
    if (rc >= 0)
        rc = read_dict(entry->automation, "automation", arena, &facts.automation, reterr);
    if (rc >= 0)
        rc = read_dict(entry->firing, "firing", arena, &facts.firing, reterr);
    if (rc >= 0)
        rc = read_events(entry, arena, &facts, reterr);
    if (rc >= 0)
        rc = uuid_text(&entry->invocation, arena, &facts.invocation, reterr);
    if (rc < 0)
        return rc;
    read_names(&facts);
    tcn_str triggered = tcn_dict_text(facts.firing, "triggered");
    if (facts.type == NULL)
        return tcn_err_set(reterr, TCN_E_CORRUPT, "the stored action has no type");
    if (!tcn_datetime_parse(triggered, &facts.triggered_at_us, NULL))
        return tcn_err_set(reterr, TCN_E_CORRUPT, "the stored firing has no time");
    *ret = facts;
    return 0;
}
