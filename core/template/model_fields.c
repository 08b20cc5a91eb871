/* SPDX-License-Identifier: Apache-2.0 */
/* model_fields.c - what each of Prefect's classes declares: fields in their order and how
 * the JSON of the API becomes their values. Data only. */
#include "core/template/model_fields.h"

#include <assert.h>

#define P(name)                        \
    {                                  \
        name, TCN_FIELD_PLAIN, 0, NULL \
    }
#define U(name)                       \
    {                                 \
        name, TCN_FIELD_UUID, 0, NULL \
    }
#define D(name)                           \
    {                                     \
        name, TCN_FIELD_DATETIME, 0, NULL \
    }
#define T(name)                        \
    {                                  \
        name, TCN_FIELD_DELTA, 0, NULL \
    }
#define S(name)                      \
    {                                \
        name, TCN_FIELD_SET, 0, NULL \
    }
#define E(name, members)                 \
    {                                    \
        name, TCN_FIELD_ENUM, 0, members \
    }
#define SE(name, members)                    \
    {                                        \
        name, TCN_FIELD_ENUM_SET, 0, members \
    }
#define M(name, kind)                     \
    {                                     \
        name, TCN_FIELD_MODEL, kind, NULL \
    }
#define L(name, kind)                      \
    {                                      \
        name, TCN_FIELD_MODELS, kind, NULL \
    }
#define END                            \
    {                                  \
        NULL, TCN_FIELD_PLAIN, 0, NULL \
    }
#define IDENTITY U("id"), D("created"), D("updated")

#define MEMBER(class, full, name_)                                              \
    {                                                                           \
        class, full " object",                                                  \
            {.ptr = name_, .len = sizeof name_ - 1, .count = sizeof name_ - 1}, \
        {                                                                       \
            .ptr = name_, .len = sizeof name_ - 1, .count = sizeof name_ - 1    \
        }                                                                       \
    }
#define MEMBER_END       \
    {                    \
        NULL, NULL, {0}, \
        {                \
            0            \
        }                \
    }

#define STATE_TYPE(name) \
    MEMBER("StateType", "prefect.server.schemas.states.StateType", name)
static const tcn_enum state_types[] = {STATE_TYPE("SCHEDULED"),  STATE_TYPE("PENDING"),
                                       STATE_TYPE("RUNNING"),    STATE_TYPE("COMPLETED"),
                                       STATE_TYPE("FAILED"),     STATE_TYPE("CANCELLED"),
                                       STATE_TYPE("CRASHED"),    STATE_TYPE("PAUSED"),
                                       STATE_TYPE("CANCELLING"), MEMBER_END};
#define POSTURE(name) \
    MEMBER("Posture", "prefect.server.events.schemas.automations.Posture", name)
static const tcn_enum postures[] = {POSTURE("Reactive"), POSTURE("Proactive"),
                                    POSTURE("Metric"), MEMBER_END};
#define TRIGGER_STATE(name) \
    MEMBER("TriggerState", "prefect.server.events.schemas.automations.TriggerState", name)
static const tcn_enum trigger_states[] = {TRIGGER_STATE("Triggered"),
                                          TRIGGER_STATE("Resolved"), MEMBER_END};
#define STATUS(class, name) MEMBER(class, "prefect.server.schemas.statuses." class, name)
static const tcn_enum pool_statuses[] = {STATUS("WorkPoolStatus", "READY"),
                                         STATUS("WorkPoolStatus", "NOT_READY"),
                                         STATUS("WorkPoolStatus", "PAUSED"), MEMBER_END};
static const tcn_enum queue_statuses[] = {
    STATUS("WorkQueueStatus", "READY"), STATUS("WorkQueueStatus", "NOT_READY"),
    STATUS("WorkQueueStatus", "PAUSED"), MEMBER_END};
static const tcn_enum deployment_statuses[] = {STATUS("DeploymentStatus", "READY"),
                                               STATUS("DeploymentStatus", "NOT_READY"),
                                               MEMBER_END};

static const tcn_field event[] = {D("occurred"),
                                  P("event"),
                                  M("resource", TCN_PREFECT_RESOURCE),
                                  L("related", TCN_PREFECT_RELATED),
                                  P("payload"),
                                  U("id"),
                                  U("follows"),
                                  D("received"),
                                  END};
static const tcn_field automation[] = {P("name"),
                                       P("description"),
                                       P("enabled"),
                                       P("tags"),
                                       M("trigger", TCN_MODEL_TRIGGER),
                                       L("actions", TCN_MODEL_ACTION),
                                       L("actions_on_trigger", TCN_MODEL_ACTION),
                                       L("actions_on_resolve", TCN_MODEL_ACTION),
                                       IDENTITY,
                                       END};
static const tcn_field firing[] = {U("id"),
                                   M("trigger", TCN_MODEL_TRIGGER),
                                   SE("trigger_states", trigger_states),
                                   D("triggered"),
                                   P("triggering_labels"),
                                   L("triggering_firings", TCN_PREFECT_FIRING),
                                   M("triggering_event", TCN_PREFECT_EVENT),
                                   P("triggering_value"),
                                   END};
static const tcn_field flow[] = {IDENTITY, P("name"), P("tags"), P("labels"), END};
static const tcn_field flow_run[] = {IDENTITY,
                                     P("name"),
                                     U("flow_id"),
                                     U("state_id"),
                                     U("deployment_id"),
                                     P("deployment_version"),
                                     U("work_queue_id"),
                                     P("work_queue_name"),
                                     P("flow_version"),
                                     P("parameters"),
                                     P("idempotency_key"),
                                     P("context"),
                                     M("empirical_policy", TCN_MODEL_FLOW_RUN_POLICY),
                                     P("tags"),
                                     P("labels"),
                                     U("parent_task_run_id"),
                                     E("state_type", state_types),
                                     P("state_name"),
                                     P("run_count"),
                                     D("expected_start_time"),
                                     D("next_scheduled_start_time"),
                                     D("start_time"),
                                     D("end_time"),
                                     T("total_run_time"),
                                     T("estimated_run_time"),
                                     T("estimated_start_time_delta"),
                                     P("auto_scheduled"),
                                     U("infrastructure_document_id"),
                                     P("infrastructure_pid"),
                                     M("created_by", TCN_MODEL_CREATED_BY),
                                     U("work_pool_id"),
                                     P("work_pool_name"),
                                     M("state", TCN_PREFECT_STATE),
                                     P("job_variables"),
                                     END};
static const tcn_field task_run[] = {IDENTITY,
                                     P("name"),
                                     U("flow_run_id"),
                                     P("task_key"),
                                     P("dynamic_key"),
                                     P("cache_key"),
                                     D("cache_expiration"),
                                     P("task_version"),
                                     M("empirical_policy", TCN_MODEL_TASK_RUN_POLICY),
                                     P("tags"),
                                     P("labels"),
                                     U("state_id"),
                                     P("task_inputs"),
                                     E("state_type", state_types),
                                     P("state_name"),
                                     P("run_count"),
                                     P("flow_run_run_count"),
                                     D("expected_start_time"),
                                     D("next_scheduled_start_time"),
                                     D("start_time"),
                                     D("end_time"),
                                     T("total_run_time"),
                                     T("estimated_run_time"),
                                     T("estimated_start_time_delta"),
                                     M("state", TCN_PREFECT_STATE),
                                     END};
static const tcn_field deployment[] = {
    IDENTITY,
    P("name"),
    P("version"),
    P("description"),
    U("flow_id"),
    P("paused"),
    P("schedules"),
    P("concurrency_limit"),
    M("global_concurrency_limit", TCN_MODEL_GLOBAL_LIMIT),
    M("concurrency_options", TCN_MODEL_CONCURRENCY_OPTIONS),
    P("job_variables"),
    P("parameters"),
    P("tags"),
    P("labels"),
    P("work_queue_name"),
    U("work_queue_id"),
    D("last_polled"),
    P("parameter_openapi_schema"),
    P("path"),
    P("pull_steps"),
    P("entrypoint"),
    U("storage_document_id"),
    U("infrastructure_document_id"),
    M("created_by", TCN_MODEL_CREATED_BY),
    M("updated_by", TCN_MODEL_UPDATED_BY),
    P("work_pool_name"),
    E("status", deployment_statuses),
    P("enforce_parameter_schema"),
    END};
static const tcn_field work_pool[] = {IDENTITY,
                                      P("name"),
                                      P("description"),
                                      P("type"),
                                      P("base_job_template"),
                                      P("is_paused"),
                                      P("concurrency_limit"),
                                      E("status", pool_statuses),
                                      U("default_queue_id"),
                                      M("storage_configuration", TCN_MODEL_STORAGE),
                                      END};
static const tcn_field work_queue[] = {P("healthy"),
                                       P("late_runs_count"),
                                       D("last_polled"),
                                       M("health_check_policy", TCN_MODEL_HEALTH_POLICY),
                                       IDENTITY,
                                       P("name"),
                                       P("description"),
                                       P("is_paused"),
                                       P("concurrency_limit"),
                                       P("priority"),
                                       U("work_pool_id"),
                                       P("filter"),
                                       P("work_pool_name"),
                                       E("status", queue_statuses),
                                       P("active_slots"),
                                       END};
static const tcn_field concurrency_limit[] = {IDENTITY,
                                              P("active"),
                                              P("name"),
                                              P("limit"),
                                              P("active_slots"),
                                              P("denied_slots"),
                                              P("slot_decay_per_second"),
                                              P("avg_slot_occupancy_seconds"),
                                              END};
static const tcn_field state[] = {U("id"),
                                  E("type", state_types),
                                  P("name"),
                                  D("timestamp"),
                                  P("message"),
                                  P("data"),
                                  M("state_details", TCN_MODEL_STATE_DETAILS),
                                  END};
static const tcn_field state_details[] = {U("flow_run_id"),
                                          U("task_run_id"),
                                          U("child_flow_run_id"),
                                          D("scheduled_time"),
                                          P("cache_key"),
                                          D("cache_expiration"),
                                          P("deferred"),
                                          P("untrackable_result"),
                                          D("pause_timeout"),
                                          P("pause_reschedule"),
                                          P("pause_key"),
                                          P("run_input_keyset"),
                                          P("refresh_cache"),
                                          P("retriable"),
                                          U("transition_id"),
                                          U("task_parameters_id"),
                                          P("traceparent"),
                                          U("deployment_concurrency_lease_id"),
                                          END};
static const tcn_field flow_run_policy[] = {P("max_retries"), P("retry_delay_seconds"),
                                            P("retries"),     P("retry_delay"),
                                            S("pause_keys"),  P("resuming"),
                                            P("retry_type"),  END};
static const tcn_field task_run_policy[] = {
    P("max_retries"), P("retry_delay_seconds"), P("retries"),
    P("retry_delay"), P("retry_jitter_factor"), END};
static const tcn_field by_whom[] = {U("id"), P("type"), P("display_value"), END};
static const tcn_field health_policy[] = {P("maximum_late_runs"),
                                          P("maximum_seconds_since_last_polled"), END};
static const tcn_field storage[] = {P("bundle_upload_step"), P("bundle_execution_step"),
                                    U("default_result_storage_block_id"), END};
static const tcn_field concurrency_options[] = {P("collision_strategy"),
                                                P("grace_period_seconds"), END};
static const tcn_field event_trigger[] = {P("type"),
                                          U("id"),
                                          M("match", TCN_MODEL_SPECIFICATION),
                                          M("match_related", TCN_MODEL_SPECIFICATION),
                                          S("after"),
                                          S("expect"),
                                          S("for_each"),
                                          E("posture", postures),
                                          P("threshold"),
                                          T("within"),
                                          END};
static const tcn_field compound_trigger[] = {
    P("type"), U("id"), L("triggers", TCN_MODEL_TRIGGER), T("within"), P("require"), END};
static const tcn_field sequence_trigger[] = {
    P("type"), U("id"), L("triggers", TCN_MODEL_TRIGGER), T("within"), END};

#define CLASS(kind_, name_, module_, fields_)                                   \
    {                                                                           \
        .kind = kind_, .name = name_, .full_name = module_ "." name_ " object", \
        .fields = fields_                                                       \
    }
static const tcn_class classes[] = {
    CLASS(TCN_PREFECT_EVENT, "ReceivedEvent", "prefect.server.events.schemas.events",
          event),
    CLASS(TCN_PREFECT_AUTOMATION, "Automation",
          "prefect.server.events.schemas.automations", automation),
    CLASS(TCN_PREFECT_FIRING, "Firing", "prefect.server.events.schemas.automations",
          firing),
    CLASS(TCN_PREFECT_FLOW, "Flow", "prefect.server.schemas.core", flow),
    CLASS(TCN_PREFECT_FLOW_RUN, "FlowRunResponse", "prefect.server.schemas.responses",
          flow_run),
    CLASS(TCN_PREFECT_TASK_RUN, "TaskRun", "prefect.server.schemas.core", task_run),
    CLASS(TCN_PREFECT_DEPLOYMENT, "DeploymentResponse",
          "prefect.server.schemas.responses", deployment),
    CLASS(TCN_PREFECT_WORK_POOL, "WorkPool", "prefect.server.schemas.core", work_pool),
    CLASS(TCN_PREFECT_WORK_QUEUE, "WorkQueueWithStatus",
          "prefect.server.schemas.responses", work_queue),
    CLASS(TCN_PREFECT_CONCURRENCY_LIMIT, "ConcurrencyLimitV2",
          "prefect.server.schemas.core", concurrency_limit),
    CLASS(TCN_PREFECT_STATE, "State", "prefect.server.schemas.states", state),
    CLASS(TCN_MODEL_STATE_DETAILS, "StateDetails", "prefect.server.schemas.states",
          state_details),
    CLASS(TCN_MODEL_FLOW_RUN_POLICY, "FlowRunPolicy", "prefect.server.schemas.core",
          flow_run_policy),
    CLASS(TCN_MODEL_TASK_RUN_POLICY, "TaskRunPolicy", "prefect.server.schemas.core",
          task_run_policy),
    CLASS(TCN_MODEL_CREATED_BY, "CreatedBy", "prefect.server.schemas.core", by_whom),
    CLASS(TCN_MODEL_UPDATED_BY, "UpdatedBy", "prefect.server.schemas.core", by_whom),
    CLASS(TCN_MODEL_HEALTH_POLICY, "WorkQueueHealthPolicy", "prefect.server.schemas.core",
          health_policy),
    CLASS(TCN_MODEL_STORAGE, "WorkPoolStorageConfiguration",
          "prefect.server.schemas.core", storage),
    CLASS(TCN_MODEL_CONCURRENCY_OPTIONS, "ConcurrencyOptions",
          "prefect.server.schemas.core", concurrency_options),
    CLASS(TCN_MODEL_GLOBAL_LIMIT, "GlobalConcurrencyLimitResponse",
          "prefect.server.schemas.responses", concurrency_limit),
    CLASS(TCN_MODEL_EVENT_TRIGGER, "EventTrigger",
          "prefect.server.events.schemas.automations", event_trigger),
    CLASS(TCN_MODEL_COMPOUND_TRIGGER, "CompoundTrigger",
          "prefect.server.events.schemas.automations", compound_trigger),
    CLASS(TCN_MODEL_SEQUENCE_TRIGGER, "SequenceTrigger",
          "prefect.server.events.schemas.automations", sequence_trigger),
};

#define ACTION(type_, name_)                                              \
    {                                                                     \
        type_,                                                            \
        {                                                                 \
            .kind = TCN_MODEL_ACTION, .name = name_,                      \
            .full_name = "prefect.server.events.actions." name_ " object" \
        }                                                                 \
    }
static const struct action {
    const char *type;
    tcn_class class;
} actions[] = {
    ACTION("do-nothing", "DoNothing"),
    ACTION("run-deployment", "RunDeployment"),
    ACTION("send-notification", "SendNotification"),
    ACTION("call-webhook", "CallWebhook"),
    ACTION("cancel-flow-run", "CancelFlowRun"),
    ACTION("suspend-flow-run", "SuspendFlowRun"),
    ACTION("resume-flow-run", "ResumeFlowRun"),
    ACTION("change-flow-run-state", "ChangeFlowRunState"),
    ACTION("pause-deployment", "PauseDeployment"),
    ACTION("resume-deployment", "ResumeDeployment"),
    ACTION("pause-work-queue", "PauseWorkQueue"),
    ACTION("resume-work-queue", "ResumeWorkQueue"),
    ACTION("pause-work-pool", "PauseWorkPool"),
    ACTION("resume-work-pool", "ResumeWorkPool"),
    ACTION("pause-automation", "PauseAutomation"),
    ACTION("resume-automation", "ResumeAutomation"),
};

const tcn_class *tcn_class_of(unsigned kind)
{
    for (size_t i = 0; i < TCN_COUNT(classes); i++) {
        if (classes[i].kind == kind)
            return &classes[i];
    }
    return NULL;
}

const tcn_class *tcn_class_named(const char *full_name)
{
    for (size_t i = 0; i < TCN_COUNT(classes); i++) {
        if (strcmp(classes[i].full_name, full_name) == 0)
            return &classes[i];
    }
    return NULL;
}

enum {
    NAMES_MAX = 64
};

/* What an object can be asked beyond its fields (model_kinds.c). */
static const char *const *computed_names(unsigned kind)
{
    static const char *const none[] = {NULL};
    static const char *const of_event[] = {"involved_resources",
                                           "resource_in_role",
                                           "resources_in_role",
                                           "url",
                                           "size_bytes",
                                           "find_resource_label",
                                           NULL};
    static const char *const of_firing[] = {"all_firings", "all_events", NULL};
    static const char *const of_state[] = {"is_scheduled",
                                           "is_pending",
                                           "is_running",
                                           "is_completed",
                                           "is_failed",
                                           "is_crashed",
                                           "is_cancelled",
                                           "is_cancelling",
                                           "is_final",
                                           "is_paused",
                                           NULL};
    switch (kind) {
    case TCN_PREFECT_EVENT:
        return of_event;
    case TCN_PREFECT_FIRING:
        return of_firing;
    case TCN_PREFECT_STATE:
        return of_state;
    default:
        return none;
    }
}

static void names_of(const tcn_class *class, const char *ret[NAMES_MAX + 1])
{
    size_t count = 0;
    for (const tcn_field *field = class->fields; field->name != NULL; field++) {
        assert(count < NAMES_MAX);
        ret[count++] = field->name;
    }
    for (const char *const *name = computed_names(class->kind); *name != NULL; name++) {
        assert(count < NAMES_MAX);
        ret[count++] = *name;
    }
    ret[count] = NULL;
}

bool tcn_class_has(const tcn_class *class, tcn_str name)
{
    const char *names[NAMES_MAX + 1];
    if (class->fields == NULL || tcn_str_eq_c(name, "model_fields_set"))
        return true;
    names_of(class, names);
    for (size_t i = 0; names[i] != NULL; i++) {
        if (tcn_str_eq_c(name, names[i]))
            return true;
    }
    return false;
}

const char *tcn_class_nearest(const tcn_class *class, tcn_str name)
{
    const char *names[NAMES_MAX + 1];
    if (class->fields == NULL)
        return NULL;
    names_of(class, names);
    return tcn_str_nearest(name, names);
}

const tcn_class *tcn_action_class_of(tcn_str type)
{
    for (size_t i = 0; i < TCN_COUNT(actions); i++) {
        if (tcn_str_eq_c(type, actions[i].type))
            return &actions[i].class;
    }
    return NULL;
}
