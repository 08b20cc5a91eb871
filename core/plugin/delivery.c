/* SPDX-License-Identifier: Apache-2.0 */
/* delivery.c - the attempt's own copy of the message, its clock, what was rendered for
 * it, and its end. Invariant: cb runs once; the handle finds the delivery until the
 * plugin called done or its instance is gone, so an abandoned delivery keeps its memory.
 */
#include "core/plugin/delivery.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/plugin/exchange.h"
#include "core/plugin/instance.h"
#include "core/plugin/preview.h"
#include "core/plugin/record.h"
#include "core/plugin/render.h"
#include "core/plugin/worker.h"

#define REASON_MAX  1000
#define RECEIPT_MAX 4096
/* Deliveries that a plugin keeps for ever cost memory. */
#define ABANDONED_MAX 256
#define RENDER_LIMIT  ((size_t)8 << 20)

enum delivery_state {
    DELIVERY_RUNNING,
    DELIVERY_CANCELED,
    DELIVERY_OVERDUE,   /* canceled because its time was over */
    DELIVERY_ABANDONED, /* cb has run, the plugin still holds it */
};

struct tcn_delivery {
    tcn_list link; /* in self's deliveries or abandoned */
    tocsin_self *self;
    tocsin_delivery *handle;
    enum delivery_state state;
    tocsin_message message; /* texts stand behind the delivery */
    const tcn_tpl_context *context;
    struct tcn_recorder *recorder;
    tcn_spans subject_values, body_values;
    tcn_delivery_cb cb;
    void *ud;
    uv_timer_t timer;
    bool is_timer_closed, is_released; /* both: it can be freed */
    uint16_t depth;
    uint32_t limit_ms; /* message.timeout_ms, which a worker changes */
    int64_t deadline_mono_ms;
    tcn_list calls, rendered;
    tcn_work work; /* of an instance with workers */
};

/* One rendered text; may hold secrets. */
typedef struct rendered {
    tcn_list link;
    tcn_buf text;
} rendered;

void tcn_public_error(tocsin_error *reterr, int32_t code, const char *key,
                      const char *text)
{
    if (reterr == NULL || reterr->code != 0)
        return;
    reterr->code = code;
    (void)snprintf(reterr->key, sizeof reterr->key, "%s", key);
    (void)snprintf(reterr->text, sizeof reterr->text, "%s", text);
}

/* ---- making ---- */

typedef struct text_member {
    size_t from, to; /* offsets in tcn_message and tocsin_message */
} text_member;

#define TEXT(name)                                                  \
    {                                                               \
        offsetof(tcn_message, name), offsetof(tocsin_message, name) \
    }
static const text_member texts[] = {
    TEXT(invocation), TEXT(action),     TEXT(subject),       TEXT(body),
    TEXT(payload),    TEXT(progress),   TEXT(automation_id), TEXT(automation_name),
    TEXT(event_id),   TEXT(event_name), TEXT(event),
};
#undef TEXT

static tcn_str text_from(const tcn_message *message, const text_member *member)
{
    tcn_str text;
    memcpy(&text, (const char *)message + member->from, sizeof text);
    return text;
}

static void copy_texts(tcn_delivery *delivery, const tcn_message *message)
{
    char *place = (char *)(delivery + 1);
    for (size_t i = 0; i < TCN_COUNT(texts); i++) {
        tcn_str text = text_from(message, &texts[i]);
        if (text.len > 0)
            memcpy(place, text.ptr, text.len);
        tocsin_str copy = {place, text.len};
        memcpy((char *)&delivery->message + texts[i].to, &copy, sizeof copy);
        place += text.len;
    }
}

static tcn_delivery *delivery_new(tocsin_self *self, const tcn_message *message)
{
    size_t size = sizeof(tcn_delivery);
    for (size_t i = 0; i < TCN_COUNT(texts); i++)
        size += text_from(message, &texts[i]).len;
    tcn_delivery *delivery = tcn_alloc_zero(size);
    if (delivery == NULL)
        return NULL;
    delivery->self = self;
    delivery->context = message->context;
    delivery->depth = message->depth;
    delivery->recorder = message->recorder;
    delivery->subject_values = message->subject_values;
    delivery->body_values = message->body_values;
    tcn_list_init(&delivery->calls);
    tcn_list_init(&delivery->rendered);
    tcn_list_init(&delivery->work.link);
    delivery->message = (tocsin_message){
        .struct_size = sizeof delivery->message,
        .flags = message->is_test ? TOCSIN_MSG_TEST : 0,
        .kind = message->kind,
        .severity = message->severity,
        .attempt = message->attempt,
        .timeout_ms = message->timeout_ms,
        .fired_at_ms = message->fired_at_ms,
    };
    copy_texts(delivery, message);
    return delivery;
}

/* ---- its end ---- */

static void drop_rendered(tcn_delivery *delivery)
{
    tcn_list_foreach (link, &delivery->rendered) {
        rendered *r = tcn_container_of(link, rendered, link);
        if (r->text.ptr != NULL)
            tcn_secret_wipe(r->text.ptr, r->text.capacity);
        tcn_buf_deinit(&r->text);
        tcn_free(r);
    }
    tcn_list_init(&delivery->rendered);
}

static void on_timer_closed(uv_handle_t *handle)
{
    tcn_delivery *delivery =
        tcn_container_of((uv_timer_t *)(void *)handle, tcn_delivery, timer);
    tocsin_self *self = delivery->self;
    delivery->is_timer_closed = true;
    if (delivery->is_released)
        tcn_free(delivery);
    tcn_instance_handle_closed(self);
}

static void timer_close(tcn_delivery *delivery)
{
    uv_handle_t *handle = (uv_handle_t *)&delivery->timer;
    if (!uv_is_closing(handle))
        uv_close(handle, on_timer_closed);
}

/* The plugin has let go of it. Its memory stays until the loop has closed the timer. */
static void release(tcn_delivery *delivery)
{
    if (delivery->self->workers != NULL)
        (void)tcn_workers_withdraw(delivery->self->workers, &delivery->work);
    tcn_list_remove(&delivery->link);
    tcn_slot_release(delivery->handle);
    drop_rendered(delivery);
    if (delivery->state == DELIVERY_ABANDONED)
        delivery->self->abandoned_count--;
    delivery->is_released = true;
    if (delivery->is_timer_closed)
        tcn_free(delivery);
    else
        timer_close(delivery);
}

static void finish(tcn_delivery *delivery, const tcn_delivery_result *result,
                   bool is_held)
{
    tocsin_self *self = delivery->self;
    tcn_delivery_cb cb = delivery->cb;
    void *ud = delivery->ud;
    tcn_exchange_cancel_delivery(&delivery->calls);
    self->in_flight--;
    if (is_held) {
        delivery->state = DELIVERY_ABANDONED;
        delivery->context = NULL;
        delivery->recorder = NULL;
        self->abandoned_count++;
        timer_close(delivery);
        tcn_list_remove(&delivery->link);
        tcn_list_append(&self->abandoned, &delivery->link);
    } else {
        release(delivery);
    }
    cb(result, ud);
    tcn_instance_progress(self);
}

static tcn_str public_text(tocsin_str text, size_t limit)
{
    return tcn_str_of(text.ptr, text.len > limit ? limit : text.len);
}

/* A cut never splits a code point. */
static tcn_str cut_text(tcn_str text, size_t limit)
{
    if (text.len <= limit)
        return text;
    size_t len = limit;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return tcn_str_of(text.ptr, len);
}

/* One line, without the instance's secrets. */
static void clean_reason(const tocsin_self *self, tocsin_str reason, tcn_buf *out)
{
    tcn_buf masked;
    tcn_buf_init(&masked, (size_t)64 << 10);
    if (tcn_options_mask(self->config, public_text(reason, REASON_MAX * 4), &masked) == 0)
        (void)tcn_buf_add_printable(out, cut_text(tcn_buf_str(&masked), REASON_MAX));
    tcn_buf_deinit(&masked);
}

static bool is_known_result(const tocsin_result *result)
{
    return result->status >= TOCSIN_DONE && result->status <= TOCSIN_FAIL &&
           result->cause <= TOCSIN_CAUSE_INTERNAL;
}

static void check_result(const tocsin_self *self, tocsin_result *result)
{
    static const char why[] = "the plugin gave no valid result: look at its struct_size, "
                              "status and cause";
    if (!is_known_result(result)) {
        *result = (tocsin_result){.status = TOCSIN_RETRY,
                                  .cause = TOCSIN_CAUSE_INTERNAL,
                                  .retry_after_ms = -1,
                                  .reason = {why, sizeof why - 1}};
    }
    tcn_str receipt = tcn_str_of(result->receipt.ptr, result->receipt.len);
    if (!tcn_utf8_valid(receipt, NULL))
        result->receipt.len = 0; /* it goes into an event */
    if (result->receipt.len > RECEIPT_MAX || result->progress.len > RECEIPT_MAX)
        tcn_log_write(self->plugins->log, TCN_LOG_WARNING, "plugin",
                      "block %s: receipt or progress of more than %d bytes was dropped",
                      self->name, RECEIPT_MAX);
    if (result->receipt.len > RECEIPT_MAX)
        result->receipt.len = 0;
    if (result->progress.len > RECEIPT_MAX)
        result->progress.len = 0;
}

static void report(tcn_delivery *delivery, const tocsin_result *given)
{
    tocsin_result result = *given;
    tcn_buf reason;
    tcn_buf_init(&reason, (size_t)16 << 10);
    check_result(delivery->self, &result);
    bool is_overdue = delivery->state == DELIVERY_OVERDUE && result.status != TOCSIN_DONE;
    if (is_overdue)
        (void)tcn_buf_printf(&reason, "no answer within %u ms", delivery->limit_ms);
    else
        clean_reason(delivery->self, result.reason, &reason);
    tcn_delivery_result out = {
        .status = is_overdue ? TOCSIN_RETRY : result.status,
        .cause = is_overdue ? TOCSIN_CAUSE_TIMEOUT : result.cause,
        .code = result.code,
        .retry_after_ms = result.status == TOCSIN_RETRY ? result.retry_after_ms : -1,
        .reason = tcn_buf_str(&reason),
        .receipt = tcn_str_of(result.receipt.ptr, result.receipt.len),
        .progress = tcn_str_of(result.progress.ptr, result.progress.len),
    };
    finish(delivery, &out, false);
    tcn_buf_deinit(&reason);
}

static void abandon(tcn_delivery *delivery)
{
    char reason[160];
    bool is_overdue = delivery->state == DELIVERY_OVERDUE;
    (void)snprintf(reason, sizeof reason,
                   "plugin %s did not end the delivery within %u ms",
                   delivery->self->table->id, delivery->limit_ms);
    tcn_log_write(delivery->self->plugins->log, TCN_LOG_WARNING, "plugin",
                  "block %s: %s, abandoned", delivery->self->name, reason);
    tcn_delivery_result result = {
        .status = TOCSIN_RETRY,
        .cause = is_overdue ? TOCSIN_CAUSE_TIMEOUT : TOCSIN_CAUSE_CANCELED,
        .retry_after_ms = -1,
        .reason = tcn_str_c(reason),
    };
    tcn_workers_give_up(delivery->self->workers, delivery->handle);
    finish(delivery, &result, true);
}

/* It waits for a worker. What prepare has kept for it is freed by send, which is called
 * late and then finds it canceled; without a prepare it can end here. */
static bool cancel_queued(tcn_delivery *delivery)
{
    tocsin_self *self = delivery->self;
    if (self->workers == NULL || !tcn_workers_is_queued(self->workers, &delivery->work))
        return false;
    if (self->table->prepare == NULL &&
        tcn_workers_withdraw(self->workers, &delivery->work)) {
        tocsin_result result = {.status = TOCSIN_RETRY,
                                .cause = TOCSIN_CAUSE_CANCELED,
                                .retry_after_ms = -1,
                                .reason = {"canceled before a worker was free", 33}};
        report(delivery, &result);
    }
    return true;
}

static void on_time(uv_timer_t *timer);

static void cancel_as(tcn_delivery *delivery, enum delivery_state state)
{
    tocsin_self *self = delivery->self;
    delivery->state = state;
    tcn_slot_cancel(delivery->handle);
    (void)uv_timer_start(&delivery->timer, on_time, self->plugins->times.cancel_ms, 0);
    tcn_exchange_cancel_delivery(&delivery->calls);
    if (cancel_queued(delivery) || self->table->cancel == NULL)
        return;
    tcn_visit visit = tcn_visit_begin(self, "cancel", delivery->depth);
    self->table->cancel(self->instance, delivery->handle);
    tcn_visit_end(&visit);
}

/* First its own time is over, then that of its cancel. */
static void on_time(uv_timer_t *timer)
{
    tcn_delivery *delivery = tcn_container_of(timer, tcn_delivery, timer);
    if (delivery->state == DELIVERY_RUNNING)
        cancel_as(delivery, DELIVERY_OVERDUE);
    else
        abandon(delivery);
}

void tcn_delivery_cancel(tcn_delivery *delivery)
{
    if (delivery->state == DELIVERY_RUNNING)
        cancel_as(delivery, DELIVERY_CANCELED);
}

void tcn_delivery_cancel_all(tocsin_self *self)
{
    /* Canceling one may end others: begin anew until all are canceled. */
    bool is_more = true;
    while (is_more) {
        is_more = false;
        tcn_list_foreach (link, &self->deliveries) {
            tcn_delivery *delivery = tcn_container_of(link, tcn_delivery, link);
            if (delivery->state == DELIVERY_RUNNING) {
                tcn_delivery_cancel(delivery);
                is_more = true;
                break;
            }
        }
    }
}

void tcn_delivery_forget_abandoned(tocsin_self *self)
{
    tcn_list_foreach (link, &self->abandoned)
        release(tcn_container_of(link, tcn_delivery, link));
}

/* ---- send ---- */

/* A message that the plugin did not take. why: in its own words, or empty. */
static void refuse(tcn_delivery *delivery, int32_t code, const char *why)
{
    static const struct {
        int32_t code;
        uint32_t status, cause;
        const char *name;
    } classes[] = {
        {TOCSIN_E_INVALID, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "E_INVALID"},
        {TOCSIN_E_UNSUPPORTED, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "E_UNSUPPORTED"},
        {TOCSIN_E_DENIED, TOCSIN_FAIL, TOCSIN_CAUSE_DENIED, "E_DENIED"},
        {TOCSIN_E_NOMEM, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "E_NOMEM"},
        {TOCSIN_E_BUSY, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "E_BUSY"},
        {TOCSIN_E_LIMIT, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "E_LIMIT"},
        {TOCSIN_E_CANCELED, TOCSIN_RETRY, TOCSIN_CAUSE_CANCELED, "E_CANCELED"},
        {0, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "an error"},
    };
    size_t i = 0;
    while (classes[i].code != 0 && classes[i].code != code)
        i++;
    char reason[500];
    const char *refusal = code == TOCSIN_E_INVALID ? delivery->self->refusal : "";
    (void)snprintf(reason, sizeof reason,
                   "plugin %s did not accept the message (%s, %d)%s%s",
                   delivery->self->table->id, classes[i].name, code,
                   refusal[0] != '\0' ? ": " : "", refusal);
    const char *told = why[0] != '\0' ? why : reason;
    tocsin_result result = {
        .status = classes[i].status,
        .cause = classes[i].cause,
        .retry_after_ms = -1,
        .reason = {told, strlen(told)},
    };
    report(delivery, &result);
}

/* false: the delivery is over. */
static bool call_prepare(tcn_delivery *delivery)
{
    tocsin_self *self = delivery->self;
    tocsin_delivery *handle = delivery->handle;
    if (self->table->prepare == NULL)
        return true;
    tocsin_error error = {.struct_size = sizeof error};
    tcn_visit visit = tcn_visit_begin(self, "prepare", delivery->depth);
    int32_t rc = self->table->prepare(self->instance, &delivery->message, handle, &error);
    tcn_visit_end(&visit);
    error.text[sizeof error.text - 1] = '\0';
    if (rc < 0 && tcn_slot_delivery(handle) != NULL)
        refuse(delivery, rc, error.text);
    return tcn_slot_delivery(handle) != NULL;
}

static void call_send(tcn_delivery *delivery)
{
    tocsin_self *self = delivery->self;
    tocsin_delivery *handle = delivery->handle;
    self->refusal[0] = '\0';
    tcn_visit visit = tcn_visit_begin(self, "send", delivery->depth);
    int32_t rc = self->table->send(self->instance, &delivery->message, handle);
    tcn_visit_end(&visit);
    if (rc < 0)
        tcn_delivery_refuse(handle, rc);
}

static void queue_send(tcn_delivery *delivery)
{
    delivery->work = (tcn_work){
        .handle = delivery->handle,
        .message = &delivery->message,
        .depth = delivery->depth,
        .deadline_mono_ms = delivery->deadline_mono_ms,
    };
    tcn_list_init(&delivery->work.link);
    tcn_workers_submit(delivery->self->workers, &delivery->work);
}

/* Why the plugin cannot take one more now, or NULL. */
static const char *find_obstacle(const tocsin_self *self)
{
    if (self->abandoned_count >= ABANDONED_MAX)
        return "too many deliveries were never ended by the plugin";
    if (self->workers != NULL && tcn_workers_are_full(self->workers))
        return "every worker is busy and their queue is full";
    return NULL;
}

static bool is_preview(const tcn_delivery *delivery)
{
    return delivery->recorder != NULL && delivery->recorder->is_dry &&
           tcn_preview_is_needed(delivery->self);
}

static void call_preview(tcn_delivery *delivery)
{
    int32_t rc = tcn_preview_run(delivery->self, &delivery->message, delivery->handle,
                                 delivery->recorder);
    const tcn_delivery_result done = {.status = TOCSIN_DONE, .retry_after_ms = -1};
    if (rc >= 0)
        finish(delivery, &done, false);
    else
        refuse(delivery, rc,
               rc == TOCSIN_E_UNSUPPORTED
                   ? "the plugin sends by itself and gives no preview of it"
                   : "the preview failed");
}

static void hand_over(tcn_delivery *delivery)
{
    const char *obstacle = find_obstacle(delivery->self);
    if (is_preview(delivery)) {
        call_preview(delivery);
    } else if (obstacle != NULL) {
        refuse(delivery, TOCSIN_E_BUSY, obstacle);
    } else if (call_prepare(delivery)) {
        if (delivery->self->workers != NULL)
            queue_send(delivery);
        else
            call_send(delivery);
    }
}

void tcn_delivery_refuse(tocsin_delivery *handle, int32_t code)
{
    tcn_delivery *delivery = tcn_slot_delivery(handle);
    if (delivery == NULL)
        tcn_log_write(tcn_slot_plugins(handle)->log, TCN_LOG_WARNING, "plugin",
                      "plugin %s called done and refused the message",
                      tcn_slot_plugin(handle));
    else if (delivery->state == DELIVERY_ABANDONED)
        release(delivery);
    else
        refuse(delivery, code, "");
}

int tcn_block_send(tcn_block *block, const tcn_message *message, tcn_delivery_cb cb,
                   void *ud, tcn_delivery **ret)
{
    tocsin_self *self = block->self;
    if (self == NULL || self->state != TCN_INSTANCE_READY)
        return TCN_E_STATE;
    tcn_delivery *delivery = delivery_new(self, message);
    if (delivery == NULL)
        return TCN_E_NOMEM;
    tocsin_delivery *handle =
        tcn_slot_take(&self->plugins->slots, delivery, self->table->id);
    if (handle == NULL) {
        tcn_free(delivery);
        return TCN_E_NOMEM;
    }
    delivery->handle = handle;
    delivery->cb = cb;
    delivery->ud = ud;
    delivery->limit_ms = message->timeout_ms;
    delivery->deadline_mono_ms = tcn_clock_mono_ms() + message->timeout_ms;
    (void)uv_timer_init(self->plugins->loop, &delivery->timer);
    (void)uv_timer_start(&delivery->timer, on_time, message->timeout_ms, 0);
    self->handle_count++;
    self->in_flight++;
    tcn_list_append(&self->deliveries, &delivery->link);
    hand_over(delivery);
    if (ret != NULL)
        *ret = tcn_slot_delivery(handle) != NULL ? delivery : NULL;
    return 0;
}

void tcn_delivery_receive(tocsin_delivery *handle, const tocsin_result *result)
{
    tcn_delivery *delivery = tcn_slot_delivery(handle);
    if (delivery == NULL) {
        tcn_log_write(
            tcn_slot_plugins(handle)->log, TCN_LOG_ERROR, "plugin",
            "plugin %s called done twice for one delivery; the second call is ignored",
            tcn_slot_plugin(handle));
    } else if (delivery->state == DELIVERY_ABANDONED) {
        release(delivery);
    } else {
        report(delivery, result);
    }
}

void tcn_delivery_done(tocsin_delivery *handle, const tocsin_result *result)
{
    if (handle == NULL || result == NULL)
        return;
    tocsin_result own = {.retry_after_ms = -1};
    size_t size = result->struct_size < sizeof own ? result->struct_size : sizeof own;
    memcpy(&own, result, size);
    tcn_plugins *plugins = tcn_slot_plugins(handle);
    if (tcn_plugins_on_loop(plugins))
        tcn_delivery_receive(handle, &own);
    else
        tcn_posts_done(&plugins->posts, handle, &own);
}

/* ---- render ---- */

static int32_t render_into(tcn_delivery *delivery, const tcn_render_job *job,
                           const char *key, tocsin_str *ret, tocsin_error *reterr)
{
    rendered *r = tcn_alloc_zero(sizeof *r);
    if (r == NULL)
        return TOCSIN_E_NOMEM;
    tcn_buf_init(&r->text, RENDER_LIMIT);
    tcn_list_append(&delivery->rendered, &r->link);
    tcn_err err = {0};
    int rc = key[0] == '@' ? tcn_render_own(job, key, &r->text)
                           : tcn_render(job, &r->text, &err);
    if (rc < 0) {
        int32_t code = tcn_render_code(rc);
        tcn_public_error(reterr, code, key,
                         tcn_err_is_set(&err) ? err.text : tcn_err_text(rc));
        return code;
    }
    *ret = (tocsin_str){r->text.ptr, r->text.len};
    return TOCSIN_OK;
}

int32_t tcn_delivery_render(tocsin_delivery *handle, const char *key, const char *sub,
                            uint32_t escape, tocsin_str *ret, tocsin_error *reterr)
{
    if (!tcn_plugins_on_loop(tcn_slot_plugins(handle)))
        return TOCSIN_E_STATE;
    tcn_delivery *delivery = tcn_slot_delivery(handle);
    if (delivery == NULL || delivery->state == DELIVERY_ABANDONED)
        return TOCSIN_E_STATE;
    tcn_render_job job = {
        .context = delivery->context,
        .message = &delivery->message,
        .subject_values = &delivery->subject_values,
        .body_values = &delivery->body_values,
        .is_markup = escape == TOCSIN_ESC_HTML || escape == TOCSIN_ESC_SLACK ||
                     escape == TOCSIN_ESC_CARD,
        .scratch = &delivery->self->plugins->scratch,
    };
    if (tcn_escape_type(escape, &job.type) < 0)
        return TOCSIN_E_UNSUPPORTED;
    int32_t rc = TOCSIN_OK;
    if (key[0] != '@')
        rc = tcn_options_template(delivery->self->config, key, sub, &job.source);
    return rc != TOCSIN_OK ? rc : render_into(delivery, &job, key, ret, reterr);
}

/* ---- asking ---- */

uint32_t tcn_delivery_left_ms(const tcn_delivery *delivery)
{
    int64_t left = delivery->deadline_mono_ms - tcn_clock_mono_ms();
    return left > 0 ? (uint32_t)left : 0;
}

bool tcn_delivery_is_canceled(const tcn_delivery *delivery)
{
    return delivery->state != DELIVERY_RUNNING;
}

tocsin_self *tcn_delivery_self(const tcn_delivery *delivery)
{
    return delivery->self;
}

struct tcn_recorder *tcn_delivery_recorder(const tcn_delivery *delivery)
{
    return delivery->recorder;
}

tcn_list *tcn_delivery_calls(tcn_delivery *delivery)
{
    return &delivery->calls;
}

const char *tcn_cause_name(uint32_t cause)
{
    static const char *const names[] = {
        [TOCSIN_CAUSE_NONE] = "none",
        [TOCSIN_CAUSE_NETWORK] = "network",
        [TOCSIN_CAUSE_TLS] = "tls",
        [TOCSIN_CAUSE_TIMEOUT] = "timeout",
        [TOCSIN_CAUSE_RATE_LIMIT] = "rate_limit",
        [TOCSIN_CAUSE_SERVER] = "server",
        [TOCSIN_CAUSE_AUTH] = "auth",
        [TOCSIN_CAUSE_REJECTED] = "rejected",
        [TOCSIN_CAUSE_GONE] = "gone",
        [TOCSIN_CAUSE_TOO_LARGE] = "too_large",
        [TOCSIN_CAUSE_CONFIG] = "config",
        [TOCSIN_CAUSE_TEMPLATE] = "template",
        [TOCSIN_CAUSE_DENIED] = "denied",
        [TOCSIN_CAUSE_CANCELED] = "canceled",
        [TOCSIN_CAUSE_INTERNAL] = "internal",
    };
    return cause < TCN_COUNT(names) ? names[cause] : "internal";
}
