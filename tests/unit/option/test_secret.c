/* SPDX-License-Identifier: Apache-2.0 */
/* test_secret.c - where secrets come from, how they follow their files, and how they are
 * masked. */
#include "core/option/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/folder.h"

static folder dir;
static tcn_secret_source source;

static int set_up(void **state)
{
    (void)state;
    folder_make(&dir);
    source = (tcn_secret_source){.credentials_dir = dir.path};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(&dir);
    return 0;
}

static tcn_secret *make(json_t *value, char error[512])
{
    tcn_secret *secret = NULL;
    tcn_err err = {0};
    (void)tcn_secret_new(value, &source, &secret, &err);
    if (error != NULL)
        (void)snprintf(error, 512, "%s", err.text);
    else if (secret == NULL)
        fail_msg("%s", err.text);
    json_decref(value);
    return secret;
}

static void expect(tcn_secret *secret, int64_t now_ms, const char *value)
{
    char buf[256];
    size_t len = 0;
    assert_int_equal(tcn_secret_read(secret, now_ms, buf, sizeof buf, &len, NULL), 0);
    assert_string_equal(buf, value);
    assert_int_equal(len, strlen(value));
}

static void reads_literals_files_credentials_and_the_environment(void **state)
{
    (void)state;
    tcn_secret *secret = make(json_string("hush"), NULL);
    expect(secret, 0, "hush");
    assert_true(tcn_secret_is_literal(secret));
    tcn_secret_free(secret);

    folder_write(&dir, "cred", "from a file\n", 12, 0600);
    secret = make(json_pack("{s:s}", "file", folder_path(&dir, "cred")), NULL);
    expect(secret, 0, "from a file");
    assert_false(tcn_secret_is_literal(secret));
    tcn_secret_free(secret);

    secret = make(json_pack("{s:s}", "credential", "cred"), NULL);
    expect(secret, 0, "from a file");
    tcn_secret_free(secret);

    assert_int_equal(setenv("TOCSIN_TEST_SECRET", "from outside", 1), 0);
    secret = make(json_pack("{s:s}", "env", "TOCSIN_TEST_SECRET"), NULL);
    expect(secret, 0, "from outside");
    tcn_secret_free(secret);
}

static void follows_its_file_looking_once_a_second(void **state)
{
    (void)state;
    folder_write(&dir, "cred", "one", 3, 0600);
    tcn_secret *secret =
        make(json_pack("{s:s}", "file", folder_path(&dir, "cred")), NULL);
    expect(secret, 10000, "one");
    folder_write(&dir, "cred", "second", 6, 0600);
    expect(secret, 10999, "one");
    expect(secret, 11000, "second");
    assert_int_equal(unlink(folder_path(&dir, "cred")), 0);
    char buf[16];
    size_t len;
    tcn_err err = {0};
    assert_int_equal(tcn_secret_read(secret, 11500, buf, sizeof buf, &len, &err), 0);
    assert_int_equal(tcn_secret_read(secret, 12000, buf, sizeof buf, &len, &err),
                     TCN_E_IO);
    assert_non_null(strstr(err.text, "cannot be opened"));
    folder_write(&dir, "cred", "third", 5, 0640);
    expect(secret, 12001, "third");
    tcn_secret_free(secret);
}

static void refuses_what_cannot_be_a_secret(void **state)
{
    (void)state;
    char text[512];
    assert_null(make(json_integer(5), text));
    assert_string_equal(
        text, "must be a text, {credential: NAME}, {file: PATH} or {env: NAME}");
    assert_null(make(json_pack("{s:s}", "vault", "x"), text));
    assert_string_equal(text,
                        "\"vault\" is no source of secrets (credential, file, env)");
    assert_null(make(json_pack("{s:s, s:s}", "file", "x", "env", "y"), text));
    assert_null(make(json_string(""), text));
    assert_string_equal(text, "the text is empty");
    assert_null(make(json_pack("{s:s}", "env", "TOCSIN_NOT_SET"), text));
    assert_string_equal(text, "the environment has no variable TOCSIN_NOT_SET");
    assert_null(make(json_pack("{s:s}", "credential", "../passwd"), text));
    assert_string_equal(text, "credential \"../passwd\" is not a file name");
    source.credentials_dir = NULL;
    assert_null(make(json_pack("{s:s}", "credential", "x"), text));
    assert_non_null(strstr(text, "$CREDENTIALS_DIRECTORY is not set"));
}

static void refuses_open_long_and_binary_files(void **state)
{
    (void)state;
    char text[512], expected[600];
    folder_write(&dir, "open", "x", 1, 0644);
    assert_null(make(json_pack("{s:s}", "file", folder_path(&dir, "open")), text));
    (void)snprintf(expected, sizeof expected,
                   "%s is open to others (mode 0644, use 0600 or 0640)",
                   folder_path(&dir, "open"));
    assert_string_equal(text, expected);
    folder_write(&dir, "nul", "a\0b", 3, 0600);
    assert_null(make(json_pack("{s:s}", "file", folder_path(&dir, "nul")), text));
    assert_non_null(strstr(text, "holds a NUL byte"));
    folder_write(&dir, "long", "x", 1, 0600);
    assert_int_equal(truncate(folder_path(&dir, "long"), (64 << 10) + 1), 0);
    assert_null(make(json_pack("{s:s}", "file", folder_path(&dir, "long")), text));
    assert_non_null(strstr(text, "is longer than 64 KiB"));
    assert_int_equal(mkfifo(folder_path(&dir, "pipe"), 0600), 0);
    assert_null(make(json_pack("{s:s}", "file", folder_path(&dir, "pipe")), text));
    assert_non_null(strstr(text, "is not a regular file"));
}

static void says_when_the_buffer_is_too_small(void **state)
{
    (void)state;
    char buf[4];
    size_t len;
    tcn_secret *secret = make(json_string("four"), NULL);
    assert_int_equal(tcn_secret_read(secret, 0, buf, sizeof buf, &len, NULL),
                     TCN_E_LIMIT);
    tcn_secret_free(secret);
}

static void masks_every_place_of_a_long_enough_value(void **state)
{
    (void)state;
    tcn_buf out;
    tcn_buf_init(&out, 1000);
    tcn_secret *secret = make(json_string("canary"), NULL);
    assert_int_equal(tcn_secret_mask(secret, TCN_STR("a canary, canarycanary"), &out), 0);
    assert_string_equal(out.ptr, "a ********, ****************");
    tcn_secret_free(secret);
    tcn_buf_reset(&out);
    secret = make(json_string("short"), NULL);
    assert_int_equal(tcn_secret_mask(secret, TCN_STR("a short text"), &out), 0);
    assert_string_equal(out.ptr, "a short text");
    tcn_secret_free(secret);
    tcn_buf_deinit(&out);
}

static void masks_what_a_cut_or_base64_makes_of_a_value(void **state)
{
    static const char *const rows[][2] = {
        {"it said canary-b ... and the rest", "it said ******** ... and the rest"},
        {"it said canary-b\xe2\x80\xa6", "it said ********\xe2\x80\xa6"},
        {"head ... ry-bird, tail", "head ... ********, tail"},
        {"canar ... -bird", "canar ... -bird"},
        {"cut at the end: canary-bi", "cut at the end: ********"},
        {"canary-bird ... canary-bir", "******** ... ********"},
        {"canary-birds fly ... canary!", "********s fly ... canary!"},
        {"Basic Y2FuYXJ5LWJpcmQ=", "Basic ********Q="},
        {"Basic dTpjYW5hcnktYmlyZA==", "Basic dTp********A=="},
        {"Basic dXM6Y2FuYXJ5LWJpcmQ=", "Basic dXM6********Q="},
        {"Basic dTE6OmNhbmFyeS1iaXJk", "Basic dTE6Om********"},
        {"Basic Y2FuYXJ5LW ... JpcmQ=", "Basic ******** ... JpcmQ="},
    };
    (void)state;
    tcn_buf out;
    tcn_buf_init(&out, 1000);
    tcn_secret *secret = make(json_string("canary-bird"), NULL);
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        tcn_buf_reset(&out);
        assert_int_equal(tcn_secret_mask(secret, tcn_str_c(rows[i][0]), &out), 0);
        assert_string_equal(out.ptr, rows[i][1]);
    }
    tcn_secret_free(secret);
    tcn_buf_deinit(&out);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(reads_literals_files_credentials_and_the_environment,
                                    set_up, tear_down),
    cmocka_unit_test_setup_teardown(follows_its_file_looking_once_a_second, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(refuses_what_cannot_be_a_secret, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_open_long_and_binary_files, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(says_when_the_buffer_is_too_small, set_up, tear_down),
    cmocka_unit_test_setup_teardown(masks_every_place_of_a_long_enough_value, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(masks_what_a_cut_or_base64_makes_of_a_value, set_up,
                                    tear_down),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
