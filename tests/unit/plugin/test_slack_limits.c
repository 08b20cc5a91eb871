/* SPDX-License-Identifier: Apache-2.0 */
/* test_slack_limits.c - the plugin slack and Slack's own limits: what is cut, where a
 * text is divided, what is sent as several messages. */
#include "slack_fixture.h"

static void a_long_subject_is_cut(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message("body");
    message.subject = tcn_str_c(payload_filled("\xf0\x9f\x94\xa5", 4000));
    (void)rig_send(&f->r, block(f, HOOK), &message);
    const char *header = text_of_block(f->in.content, 0);
    assert_true(units(header) <= 150 && units(header) > 140);
    assert_true(payload_ends_in(header, "\xf0\x9f\x94\xa5\xe2\x80\xa6"));
}

static void a_long_body_becomes_sections_cut_at_the_sum(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 1 << 20));
    (void)rig_send(&f->r, block(f, HOOK), &message);
    size_t sum = 0;
    unsigned count = 0;
    for (unsigned i = 0; text_of_block(f->in.content, i)[0] != '\0'; i++, count++) {
        const char *text = text_of_block(f->in.content, i);
        assert_true(units(text) <= 3000);
        sum += units(text);
    }
    assert_true(sum <= 12000 && sum > 11000);
    assert_true(
        payload_ends_in(text_of_block(f->in.content, count - 1), "letters\xe2\x80\xa6"));
    assert_true(units(payload_text(f->in.content, "text")) <= 4000);
    assert_int_equal(f->in.count, 1);
}

static void a_body_of_blank_lines_is_divided_there(void **state)
{
    fixture *f = *state;
    static char body[4200];
    memset(body, 'x', sizeof body - 1);
    memcpy(body + 2000, "\n\n", 2);
    tcn_message message = payload_message(body);
    (void)rig_send(&f->r, block(f, HOOK), &message);
    assert_int_equal(strlen(text_of_block(f->in.content, 1)), 2000);
    assert_int_equal(strlen(text_of_block(f->in.content, 2)), 2197);
}

static void a_fence_is_closed_and_opened_again(void **state)
{
    fixture *f = *state;
    static char body[8000];
    (void)snprintf(body, sizeof body, "log:\n```\n%s```\nend",
                   payload_filled("0123456789 ab\n", 5000));
    tcn_message message = payload_message(body);
    (void)rig_send(&f->r, block(f, HOOK), &message);
    assert_true(payload_ends_in(text_of_block(f->in.content, 1), "ab\n```"));
    assert_memory_equal(text_of_block(f->in.content, 2), "```\n0123", 8);
    assert_true(payload_ends_in(text_of_block(f->in.content, 2), "```\nend"));
}

static void links_and_entities_are_not_torn(void **state)
{
    fixture *f = *state;
    static const char *const words[] = {"<https://example.com/a/b/c|d>", "&lt;&amp;&gt;"};
    for (size_t i = 0; i < TCN_COUNT(words); i++) {
        tcn_message message = payload_message(payload_filled(words[i], 9000));
        (void)rig_send(&f->r, block(f, HOOK), &message);
        for (unsigned k = 1; k < 3; k++) {
            const char *text = text_of_block(f->in.content, k);
            assert_true(text[0] == words[i][0]);
            assert_true(payload_ends_in(text, i == 0 ? ">" : ";"));
        }
    }
}

static void split_sends_several_messages(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 40000));
    outcome out = rig_send(&f->r, block(f, HOOK ", \"overflow\": \"split\""), &message);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_int_equal(f->in.count, 4);
    assert_string_equal(payload_text(f->in.contents[0], "blocks/0/type"), "header");
    assert_string_equal(payload_text(f->in.contents[1], "blocks/0/type"), "section");
    for (unsigned i = 0; i < 4; i++)
        assert_null(strstr(f->in.contents[i], "\xe2\x80\xa6\"}}"));
}

static void split_ends_after_five_messages(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 1 << 20));
    (void)rig_send(&f->r, block(f, HOOK ", \"overflow\": \"split\""), &message);
    assert_int_equal(f->in.count, 5);
    assert_null(strstr(f->in.contents[3], "\xe2\x80\xa6\"}}"));
    assert_non_null(strstr(f->in.contents[4], "\xe2\x80\xa6\"}}"));
}

static void a_retry_sends_only_what_was_not_sent(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("sixteen letters\n", 30000));
    tcn_block *b = block(f, HOOK ", \"overflow\": \"split\"");
    f->in.good = 2;
    f->in.good_body = "ok";
    f->in.status = 500;
    outcome out = rig_send(&f->r, b, &message);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_string_equal(out.progress, "2");
    f->in.status = 200;
    message.progress = TCN_STR("2");
    message.attempt = 2;
    assert_int_equal(rig_send(&f->r, b, &message).status, TOCSIN_DONE);
    assert_int_equal(f->in.count, 4);
    assert_string_equal(f->in.contents[3], f->in.contents[2]);
}

static void long_texts_in_own_blocks_are_cut(void **state)
{
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("x", 9000));
    (void)rig_send(
        &f->r,
        block(
            f, HOOK
            ", \"blocks\": [{\"type\": \"header\", \"text\": {\"type\": "
            "\"plain_text\", \"text\": \"{{ body }}\"}},"
            "{\"text\": {\"text\": \"{{ body }}\", \"type\": \"mrkdwn\"}, \"type\": \"section\"},"
            "{\"type\": \"section\", \"fields\": [{\"type\": \"mrkdwn\", \"text\": \"{{ body }}\"}]},"
            "{\"type\": \"image\", \"image_url\": \"http://x/\", \"alt_text\": \"{{ body }}\"},"
            "{\"type\": \"actions\", \"elements\": [{\"type\": \"button\", \"text\": "
            "{\"type\": \"plain_text\", \"text\": \"{{ body }}\"}}]}]"),
        &message);
    assert_true(units(text_of_block(f->in.content, 0)) <= 150);
    assert_true(units(text_of_block(f->in.content, 1)) <= 3000);
    assert_true(units(text_of_block(f->in.content, 1)) > 2900);
    assert_true(units(payload_text(f->in.content, "blocks/2/fields/0/text")) <= 2000);
    assert_true(units(payload_text(f->in.content, "blocks/3/alt_text")) <= 2000);
    assert_true(units(payload_text(f->in.content, "blocks/4/elements/0/text/text")) <=
                75);
}

static void what_cannot_be_cut_in_own_blocks_fails(void **state)
{
    static const char *const rows[][2] = {
        {"{\"type\": \"actions\", \"elements\": [{\"type\": \"button\", \"url\": \"{{ body }}\"}]}",
         "blocks: button.url is longer than 3000 characters"},
        {"{\"type\": \"actions\", \"elements\": [{\"type\": \"button\", \"value\": \"{{ body }}\"}]}",
         "blocks: button.value is longer than 2000 characters"},
        {"{\"type\": \"divider\", \"block_id\": \"{{ body }}\"}",
         "blocks: block.block_id is longer than 255 characters"},
        {"{\"type\": \"context\", \"elements\": [1,2,3,4,5,6,7,8,9,10,11]}",
         "blocks: context.elements holds more than 10 items"},
    };
    fixture *f = *state;
    tcn_message message = payload_message(payload_filled("x", 9000));
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char options[512];
        (void)snprintf(options, sizeof options, HOOK ", \"blocks\": [%s]", rows[i][0]);
        outcome out = rig_send(&f->r, block(f, options), &message);
        assert_int_equal(out.status, TOCSIN_FAIL);
        assert_int_equal(out.cause, TOCSIN_CAUSE_TOO_LARGE);
        assert_string_equal(out.reason, rows[i][1]);
    }
    assert_int_equal(f->in.count, 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, receiver_tear_down)
static const struct CMUnitTest cases[] = {
    CASE(a_long_subject_is_cut),
    CASE(a_long_body_becomes_sections_cut_at_the_sum),
    CASE(a_body_of_blank_lines_is_divided_there),
    CASE(a_fence_is_closed_and_opened_again),
    CASE(links_and_entities_are_not_torn),
    CASE(split_sends_several_messages),
    CASE(split_ends_after_five_messages),
    CASE(a_retry_sends_only_what_was_not_sent),
    CASE(long_texts_in_own_blocks_are_cut),
    CASE(what_cannot_be_cut_in_own_blocks_fails),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
