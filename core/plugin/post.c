/* SPDX-License-Identifier: Apache-2.0 */
/* post.c - a locked list and a uv_async. */
#include "core/plugin/post.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

static void on_wake(uv_async_t *wake)
{
    tcn_posts *posts = tcn_container_of(wake, tcn_posts, wake);
    for (;;) {
        uv_mutex_lock(&posts->lock);
        tcn_list *first = tcn_list_first(&posts->waiting);
        if (first != NULL)
            tcn_list_remove(first);
        uv_mutex_unlock(&posts->lock);
        if (first == NULL)
            return;
        tcn_post *post = tcn_container_of(first, tcn_post, link);
        posts->receive(post);
        tcn_free(post);
    }
}

int tcn_posts_init(tcn_posts *posts, uv_loop_t *loop,
                   void (*receive)(const tcn_post *post))
{
    posts->receive = receive;
    tcn_list_init(&posts->waiting);
    int rc = uv_mutex_init(&posts->lock);
    if (rc < 0)
        return rc;
    rc = uv_async_init(loop, &posts->wake, on_wake);
    if (rc < 0)
        uv_mutex_destroy(&posts->lock);
    else
        uv_unref((uv_handle_t *)&posts->wake);
    return rc;
}

void tcn_posts_deinit(tcn_posts *posts)
{
    tcn_list_foreach (link, &posts->waiting)
        tcn_free(tcn_container_of(link, tcn_post, link));
    uv_mutex_destroy(&posts->lock);
}

void tcn_posts_close(tcn_posts *posts)
{
    uv_mutex_lock(&posts->lock);
    posts->is_closed = true;
    uv_mutex_unlock(&posts->lock);
}

/* The loop is woken under the lock: a handle that is closed must not be touched. */
static void submit(tcn_posts *posts, tcn_post *post)
{
    uv_mutex_lock(&posts->lock);
    bool is_taken = !posts->is_closed;
    if (is_taken) {
        tcn_list_append(&posts->waiting, &post->link);
        (void)uv_async_send(&posts->wake);
    }
    uv_mutex_unlock(&posts->lock);
    if (!is_taken)
        tcn_free(post);
}

static tocsin_str keep(char **place, tocsin_str text)
{
    if (text.len == 0)
        return (tocsin_str){NULL, 0};
    memcpy(*place, text.ptr, text.len);
    tocsin_str kept = {*place, text.len};
    *place += text.len;
    return kept;
}

void tcn_posts_done(tcn_posts *posts, tocsin_delivery *delivery,
                    const tocsin_result *result)
{
    size_t size = result->reason.len + result->receipt.len + result->progress.len;
    tcn_post *post = tcn_alloc_zero(sizeof *post + size);
    if (post == NULL)
        return;
    char *place = (char *)(post + 1);
    post->kind = TCN_POST_DONE;
    post->delivery = delivery;
    post->result = *result;
    post->result.reason = keep(&place, result->reason);
    post->result.receipt = keep(&place, result->receipt);
    post->result.progress = keep(&place, result->progress);
    submit(posts, post);
}

void tcn_posts_ready(tcn_posts *posts, tocsin_self *self, const tocsin_error *error)
{
    tcn_post *post = tcn_alloc_zero(sizeof *post);
    if (post == NULL)
        return;
    post->kind = TCN_POST_READY;
    post->self = self;
    post->is_failed = error != NULL;
    if (error != NULL)
        post->error = *error;
    submit(posts, post);
}

static void submit_kind(tcn_posts *posts, enum tcn_post_kind kind, tocsin_self *self)
{
    tcn_post *post = tcn_alloc_zero(sizeof *post);
    if (post == NULL)
        return;
    post->kind = kind;
    post->self = self;
    submit(posts, post);
}

void tcn_posts_stopped(tcn_posts *posts, tocsin_self *self)
{
    submit_kind(posts, TCN_POST_STOPPED, self);
}

void tcn_posts_idle(tcn_posts *posts, tocsin_self *self)
{
    submit_kind(posts, TCN_POST_IDLE, self);
}

void tcn_posts_refused(tcn_posts *posts, tocsin_delivery *delivery, int32_t code)
{
    tcn_post *post = tcn_alloc_zero(sizeof *post);
    if (post == NULL)
        return;
    post->kind = TCN_POST_REFUSED;
    post->delivery = delivery;
    post->code = code;
    submit(posts, post);
}

int tcn_posts_emit(tcn_posts *posts, struct tcn_plugins *plugins, tcn_str event,
                   uint16_t depth)
{
    tcn_post *post = tcn_alloc_zero(sizeof *post + event.len);
    if (post == NULL)
        return TCN_E_NOMEM;
    memcpy(post + 1, event.ptr, event.len);
    post->kind = TCN_POST_EMIT;
    post->plugins = plugins;
    post->event = tcn_str_of((const char *)(post + 1), event.len);
    post->depth = depth;
    submit(posts, post);
    return 0;
}

void tcn_posts_forget(tcn_posts *posts, const tocsin_self *self)
{
    uv_mutex_lock(&posts->lock);
    tcn_list_foreach (link, &posts->waiting) {
        tcn_post *post = tcn_container_of(link, tcn_post, link);
        if (post->self != self)
            continue;
        tcn_list_remove(link);
        tcn_free(post);
    }
    uv_mutex_unlock(&posts->lock);
}
