/* SPDX-License-Identifier: Apache-2.0 */
/* action_type.c - the table of Prefect's 17 action types. `block` beside
 * `block_document_id` is ours. */
#include "core/action/action_type.h"

#include "core/base/compiler.h"

/* clang-format off */
#define BLOCK_FIELDS                                                                               \
    {.name = "block", .kind = TCN_FIELD_BLOCK},                                                    \
    {.name = "block_document_id", .kind = TCN_FIELD_BLOCK_ID}
#define TARGET_FIELDS(id)                                                                          \
    {.name = "source", .kind = TCN_FIELD_SOURCE},                                                  \
    {.name = id, .kind = TCN_FIELD_TARGET, .can_be_null = true}

static const tcn_action_type types[] = {
    {.name = "do-nothing", .means = TCN_ACTION_NOTHING},
    {.name = "send-notification", .means = TCN_ACTION_NOTIFY, .fields = {
        BLOCK_FIELDS,
        {.name = "subject", .kind = TCN_FIELD_TEMPLATE},
        {.name = "body", .kind = TCN_FIELD_TEMPLATE, .is_required = true}}},
    {.name = "call-webhook", .means = TCN_ACTION_ON_BLOCK, .fields = {
        BLOCK_FIELDS,
        {.name = "payload", .kind = TCN_FIELD_PAYLOAD}}},
    {.name = "run-deployment", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("deployment_id"),
        {.name = "parameters", .kind = TCN_FIELD_PARAMETERS, .can_be_null = true},
        {.name = "job_variables", .kind = TCN_FIELD_OBJECT, .can_be_null = true},
        {.name = "schedule_after", .kind = TCN_FIELD_SECONDS}}},
    {.name = "pause-deployment", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("deployment_id")}},
    {.name = "resume-deployment", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("deployment_id")}},
    {.name = "cancel-flow-run", .means = TCN_ACTION_PREFECT},
    {.name = "suspend-flow-run", .means = TCN_ACTION_PREFECT},
    {.name = "resume-flow-run", .means = TCN_ACTION_PREFECT},
    {.name = "delete-flow-run", .means = TCN_ACTION_PREFECT},
    {.name = "change-flow-run-state", .means = TCN_ACTION_PREFECT, .fields = {
        {.name = "name", .kind = TCN_FIELD_TEXT, .can_be_null = true},
        {.name = "state", .kind = TCN_FIELD_STATE, .is_required = true},
        {.name = "message", .kind = TCN_FIELD_TEXT, .can_be_null = true},
        {.name = "force", .kind = TCN_FIELD_BOOL}}},
    {.name = "pause-work-queue", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("work_queue_id")}},
    {.name = "resume-work-queue", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("work_queue_id")}},
    {.name = "pause-work-pool", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("work_pool_id")}},
    {.name = "resume-work-pool", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("work_pool_id")}},
    {.name = "pause-automation", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("automation_id")}},
    {.name = "resume-automation", .means = TCN_ACTION_PREFECT, .fields = {
        TARGET_FIELDS("automation_id")}},
};
/* clang-format on */

const tcn_action_type *tcn_action_type_find(tcn_str name)
{
    for (size_t i = 0; i < TCN_COUNT(types); i++) {
        if (tcn_str_eq_c(name, types[i].name))
            return &types[i];
    }
    return NULL;
}

const char *tcn_action_type_nearest(tcn_str name)
{
    const char *names[TCN_COUNT(types) + 1] = {NULL};
    for (size_t i = 0; i < TCN_COUNT(types); i++)
        names[i] = types[i].name;
    return tcn_str_nearest(name, names);
}
