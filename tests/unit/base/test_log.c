/* SPDX-License-Identifier: Apache-2.0 */
/* test_log.c - lines in each format: levels, fields, escaping, masks, cuts. */
#include "core/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct fixture {
    int fds[2];
    tcn_log *log;
    char text[20000];
} fixture;

static fixture *fixture_new(enum tcn_log_format format, enum tcn_log_level level)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(pipe(f->fds), 0);
    f->log = tcn_log_new(format, level, f->fds[1]);
    assert_non_null(f->log);
    return f;
}

/* What was written, and the end of the fixture's pipe for writing. */
static const char *written(fixture *f)
{
    (void)close(f->fds[1]);
    size_t len = 0;
    ssize_t got = 0;
    while ((got = read(f->fds[0], f->text + len, sizeof f->text - 1 - len)) > 0)
        len += (size_t)got;
    return f->text;
}

static void fixture_free(fixture *f)
{
    (void)close(f->fds[0]);
    tcn_log_free(f->log);
    free(f);
}

static const char *const some_fields[] = {"block", "ops", "cause", "two words", NULL};

static void writes_journal_lines(void **state)
{
    (void)state;
    fixture *f = fixture_new(TCN_LOG_JOURNAL, TCN_LOG_INFO);
    tcn_log_write(f->log, TCN_LOG_WARNING, "store", "full: %d", 5);
    tcn_log_fields(f->log, TCN_LOG_INFO, "slack[ops]", some_fields, "sent");
    tcn_log_write(f->log, TCN_LOG_DEBUG, "store", "not shown");
    assert_string_equal(written(f),
                        "<4>store: full: 5\n"
                        "<6>slack[ops]: sent block=ops cause=\"two words\"\n");
    fixture_free(f);
}

/* The journal's stream is known by what the service manager says of it. */
static void knows_the_journal(void **state)
{
    (void)state;
    fixture *f = fixture_new(TCN_LOG_AUTO, TCN_LOG_INFO);
    struct stat st;
    char stream[64];
    assert_string_equal(tcn_log_priority(TCN_LOG_ERROR, f->fds[1]), "");
    assert_int_equal(fstat(f->fds[1], &st), 0);
    (void)snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev,
                   (uintmax_t)st.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    assert_string_equal(tcn_log_priority(TCN_LOG_ERROR, f->fds[1]), "<3>");
    assert_string_equal(tcn_log_priority(TCN_LOG_DEBUG, f->fds[1]), "<7>");
    assert_string_equal(tcn_log_priority(TCN_LOG_ERROR, STDIN_FILENO), "");
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    fixture_free(f);
}

static void writes_text_lines(void **state)
{
    (void)state;
    fixture *f = fixture_new(TCN_LOG_TEXT, TCN_LOG_INFO);
    tcn_log_write(f->log, TCN_LOG_ERROR, "net", "a\nb\x1b[0m\xff\xc3\xa9");
    const char *text = written(f);
    assert_int_equal(text[10], 'T');
    assert_string_equal(text + 23, "Z error net: a\\x0ab\\x1b[0m\\xff\xc3\xa9\n");
    fixture_free(f);
}

static void writes_json_lines(void **state)
{
    (void)state;
    fixture *f = fixture_new(TCN_LOG_JSON, TCN_LOG_INFO);
    tcn_log_fields(f->log, TCN_LOG_NOTICE, "net", some_fields, "a \"quote\"\n");
    json_t *line = json_loads(written(f), 0, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "level")), "notice");
    assert_string_equal(json_string_value(json_object_get(line, "message")),
                        "a \"quote\"\n");
    assert_string_equal(json_string_value(json_object_get(line, "cause")), "two words");
    json_decref(line);
    fixture_free(f);
}

static void components_have_levels_of_their_own(void **state)
{
    (void)state;
    fixture *f = fixture_new(TCN_LOG_JOURNAL, TCN_LOG_WARNING);
    assert_int_equal(tcn_log_component_set(f->log, "slack", TCN_LOG_DEBUG), 0);
    assert_int_equal(tcn_log_component_set(f->log, "slack[b]", TCN_LOG_ERROR), 0);
    assert_true(tcn_log_is_on(f->log, "slack[a]", TCN_LOG_DEBUG));
    assert_false(tcn_log_is_on(f->log, "slack[b]", TCN_LOG_WARNING));
    assert_false(tcn_log_is_on(f->log, "net", TCN_LOG_INFO));
    tcn_log_level_set(f->log, TCN_LOG_INFO);
    assert_true(tcn_log_is_on(f->log, "net", TCN_LOG_INFO));
    assert_false(tcn_log_is_on(NULL, "net", TCN_LOG_ERROR));
    tcn_log_write(NULL, TCN_LOG_ERROR, "net", "nobody listens");
    fixture_free(f);
}

static void masks_secrets_everywhere(void **state)
{
    (void)state;
    fixture *f = fixture_new(TCN_LOG_JSON, TCN_LOG_INFO);
    assert_int_equal(tcn_log_mask(f->log, TCN_STR("s3\"cret")), 0);
    assert_int_equal(tcn_log_mask(f->log, TCN_STR("s3\"cret-longer")), 0);
    assert_int_equal(tcn_log_mask(f->log, TCN_STR("short")), 0);
    static const char *const fields[] = {"url", "http://s3\"cret-longer/", NULL};
    tcn_log_fields(f->log, TCN_LOG_INFO, "net", fields, "a s3\"crets3\"cret short");
    const char *text = written(f);
    assert_non_null(strstr(text, "\"message\":\"a **************** short\""));
    assert_non_null(strstr(text, "\"url\":\"http://********/\""));
    fixture_free(f);
}

static bool shows(fixture *f, const char *secret)
{
    char line[256];
    tcn_log_write(f->log, TCN_LOG_INFO, "net", "[%s]", secret);
    ssize_t len = read(f->fds[0], line, sizeof line - 1);
    assert_true(len > 0);
    line[len] = '\0';
    return strstr(line, "[********]") == NULL;
}

static void forgets_secrets_a_while_after_the_last_who_had_them(void **state)
{
    (void)state;
    fixture *f = fixture_new(TCN_LOG_JSON, TCN_LOG_INFO);
    assert_int_equal(tcn_log_mask(f->log, TCN_STR("secret-of-two")), 0);
    assert_int_equal(tcn_log_mask(f->log, TCN_STR("secret-of-two")), 0);
    assert_int_equal(tcn_log_mask(f->log, TCN_STR("secret-that-stays")), 0);
    for (int i = 0; i < 200; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "secret-%d", i);
        assert_int_equal(tcn_log_mask(f->log, tcn_str_of(text, (size_t)len)), 0);
        tcn_log_unmask(f->log, tcn_str_of(text, (size_t)len));
        if (i == 0 || i == 100)
            tcn_log_unmask(f->log, TCN_STR("secret-of-two"));
        assert_false(shows(f, text));
        assert_false(shows(f, "secret-that-stays"));
        assert_int_equal(shows(f, "secret-of-two"), i >= 100 + 64);
        assert_int_equal(shows(f, "secret-0"), i >= 64);
    }
    tcn_log_unmask(f->log, TCN_STR("never-masked"));
    fixture_free(f);
}

static void cuts_lines_at_8_kib(void **state)
{
    (void)state;
    static const enum tcn_log_format formats[] = {TCN_LOG_JSON, TCN_LOG_TEXT};
    static char big[30000];
    memset(big, '\n', sizeof big - 1);
    for (size_t i = 0; i < 2; i++) {
        fixture *f = fixture_new(formats[i], TCN_LOG_INFO);
        const char *const fields[] = {"a", big, "b", big, "c", "x", NULL};
        tcn_log_fields(f->log, TCN_LOG_INFO, "net", fields, "%s", big);
        const char *text = written(f);
        assert_true(strlen(text) <= 8192);
        assert_true(strlen(text) > 8000);
        assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
        json_t *line = json_loads(text, 0, NULL);
        assert_int_equal(line != NULL, formats[i] == TCN_LOG_JSON);
        json_decref(line);
        fixture_free(f);
    }
}

static void knows_the_names_of_levels(void **state)
{
    (void)state;
    assert_int_equal(tcn_log_level_parse(TCN_STR("warning")), TCN_LOG_WARNING);
    assert_int_equal(tcn_log_level_parse(TCN_STR("debug")), TCN_LOG_DEBUG);
    assert_int_equal(tcn_log_level_parse(TCN_STR("loud")), -1);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(writes_journal_lines),
    cmocka_unit_test(knows_the_journal),
    cmocka_unit_test(writes_text_lines),
    cmocka_unit_test(writes_json_lines),
    cmocka_unit_test(components_have_levels_of_their_own),
    cmocka_unit_test(masks_secrets_everywhere),
    cmocka_unit_test(forgets_secrets_a_while_after_the_last_who_had_them),
    cmocka_unit_test(cuts_lines_at_8_kib),
    cmocka_unit_test(knows_the_names_of_levels),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
