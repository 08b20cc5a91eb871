/* SPDX-License-Identifier: Apache-2.0 */
/* post.h - what plugins say from other threads: done, ready and stopped, and how their
 * workers fare, carried over to the loop in the order in which it was said. */
#ifndef TCN_PLUGIN_POST_H
#define TCN_PLUGIN_POST_H

#include <tocsin/plugin.h>
#include <uv.h>

#include "core/base/list.h"
#include "core/base/str.h"

enum tcn_post_kind {
    TCN_POST_DONE = 1,
    TCN_POST_READY = 2,
    TCN_POST_STOPPED = 3,
    TCN_POST_REFUSED = 4, /* send on a worker returned code */
    TCN_POST_IDLE = 5,    /* the workers have nothing to do */
    TCN_POST_EMIT = 6,
};

/* In one allocation; event and the texts of result stand behind it. */
typedef struct tcn_post {
    tcn_list link;
    enum tcn_post_kind kind;
    tocsin_delivery *delivery; /* DONE, REFUSED */
    int32_t code;
    tocsin_result result;
    tocsin_self *self; /* READY, STOPPED, IDLE */
    bool is_failed;    /* READY: error says how */
    tocsin_error error;
    struct tcn_plugins *plugins; /* EMIT */
    tcn_str event;
    uint16_t depth;
} tcn_post;

typedef struct tcn_posts {
    uv_mutex_t lock;
    uv_async_t wake;
    tcn_list waiting;
    bool is_closed;
    void (*receive)(const tcn_post *post);
} tcn_posts;

int tcn_posts_init(tcn_posts *posts, uv_loop_t *loop,
                   void (*receive)(const tcn_post *post));
/* What comes from now on is dropped; the caller closes the handle. */
void tcn_posts_close(tcn_posts *posts);
/* What waits is dropped. */
void tcn_posts_deinit(tcn_posts *posts);
/* [any] What cannot be carried for want of memory is lost: the time limits of deliveries
 * and instances cover that. */
void tcn_posts_done(tcn_posts *posts, tocsin_delivery *delivery,
                    const tocsin_result *result);
void tcn_posts_ready(tcn_posts *posts, tocsin_self *self, const tocsin_error *error);
void tcn_posts_stopped(tcn_posts *posts, tocsin_self *self);
void tcn_posts_refused(tcn_posts *posts, tocsin_delivery *delivery, int32_t code);
/* 0 or TCN_E_NOMEM: it is not taken. */
int tcn_posts_emit(tcn_posts *posts, struct tcn_plugins *plugins, tcn_str event,
                   uint16_t depth);
void tcn_posts_idle(tcn_posts *posts, tocsin_self *self);
/* Drops what waits for an instance that is freed. [loop] */
void tcn_posts_forget(tcn_posts *posts, const tocsin_self *self);

#endif
