/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plugin_new.c - tocsin plugin new: a folder with a plugin that works, its test, its
 * build file and a README that says how to go on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/str.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/skeleton.h"

#define NAME_BYTES 32
#define FILE_BYTES ((size_t)1 << 20)

static const char usage[] =
    "usage: tocsin plugin new NAME\n"
    "\n"
    "Writes a plugin that works into the new folder NAME: NAME.c, test_NAME.c, CMakeLists.txt and\n"
    "README.md, which says how to build, test, check and install it. NAME is the plugin's id.\n";

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_name(const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++)
        if (!is_letter(name[i]) && !(name[i] >= '0' && name[i] <= '9') && name[i] != '-')
            return false;
    return is_letter(name[0]) && len <= NAME_BYTES;
}

/* The name that was probably meant: "My Sink" gives "my-sink". False: there is none. */
static bool suggest(const char *name, char out[NAME_BYTES + 1])
{
    size_t used = 0;
    for (; *name != '\0' && used < NAME_BYTES; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        bool is_good = is_letter(c) || (used > 0 && c >= '0' && c <= '9');
        if (is_good)
            out[used++] = c;
        else if (used > 0 && out[used - 1] != '-')
            out[used++] = '-';
    }
    while (used > 0 && out[used - 1] == '-')
        used--;
    out[used] = '\0';
    return used > 0;
}

static int refuse_name(const char *name)
{
    char better[NAME_BYTES + 1];
    static const char rule[] = "a plugin's name begins with a-z and holds a-z, 0-9 and "
                               "-, at most 32 characters";
    if (suggest(name, better))
        return tcn_usage_error("plugin new", "\"%.60s\": %s; did you mean \"%s\"?", name,
                               rule, better);
    return tcn_usage_error("plugin new", "\"%.60s\": %s", name, rule);
}

static bool is_shipped(const char *name)
{
    static const char *const ids[] = {"email", "prefect", "slack", "teams", "webhook"};
    for (size_t i = 0; i < TCN_COUNT(ids); i++)
        if (strcmp(ids[i], name) == 0)
            return true;
    return false;
}

/* "my-sink" as "My sink". */
static void title_of(const char *name, char out[NAME_BYTES + 1])
{
    (void)snprintf(out, NAME_BYTES + 1, "%s", name);
    out[0] = (char)(out[0] - 'a' + 'A');
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '-' ? ' ' : *c;
}

/* Where this program is installed, for find_package; nothing when CMake looks there
 * anyhow, or when it was not installed. */
static void hints_of(char *out, size_t size)
{
    char path[4096], header[4200];
    out[0] = '\0';
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len < 0)
        return;
    path[len] = '\0';
    for (int i = 0; i < 2; i++) { /* bin/tocsin */
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path)
            return;
        *slash = '\0';
    }
    (void)snprintf(header, sizeof header, "%s/include/tocsin/plugin.h", path);
    bool is_usual = strcmp(path, "/usr") == 0 || strcmp(path, "/usr/local") == 0;
    if (!is_usual && access(header, R_OK) == 0 && strpbrk(path, "\"$\\;") == NULL)
        (void)snprintf(out, size, " HINTS \"%s\"", path);
}

static int write_file(const char *path, const tcn_buf *text, tcn_err *reterr)
{
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        return tcn_err_set(reterr, TCN_E_IO, "%s: %s", path, strerror(errno));
    size_t written = fwrite(text->ptr, 1, text->len, file);
    if (fclose(file) == 0 && written == text->len)
        return 0;
    return tcn_err_set(reterr, TCN_E_IO, "%s: %s", path, strerror(errno));
}

static int write_one(const tcn_embedded *file, const tcn_skeleton_names *names,
                     tcn_err *reterr)
{
    tcn_buf path, text;
    tcn_buf_init(&path, 4096);
    tcn_buf_init(&text, FILE_BYTES);
    (void)tcn_buf_printf(&path, "%s/", names->name);
    int rc = tcn_skeleton_fill(file->name, names, &path);
    if (rc == 0)
        rc = tcn_skeleton_fill(file->text, names, &text);
    if (rc == 0)
        rc = write_file(path.ptr, &text, reterr);
    else
        (void)tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    if (rc == 0)
        printf("%s\n", path.ptr);
    tcn_buf_deinit(&path);
    tcn_buf_deinit(&text);
    return rc;
}

static void print_next(const char *name)
{
    printf("\nNext:\n"
           "  cmake -S %s -B %s/build && cmake --build %s/build\n"
           "  ctest --test-dir %s/build\n"
           "  tocsin plugin check %s/build/%s.so\n"
           "%s/README.md says the rest. What is marked YOURS in %s/%s.c is yours to "
           "change.\n",
           name, name, name, name, name, name, name, name, name);
}

int tcn_cmd_plugin_new(int argc, char **argv)
{
    const tcn_option options[] = {{0}};
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count != 1)
        return tcn_usage_error(argv[0], "takes one NAME");
    const char *name = operands.items[0];
    if (!is_name(name))
        return refuse_name(name);
    if (is_shipped(name))
        return tcn_cli_fail("\"%s\" is the id of a plugin that comes with tocsin; choose "
                            "another name",
                            name);
    if (mkdir(name, 0777) < 0)
        return errno == EEXIST
                   ? tcn_cli_fail("%s is there already; choose another name or remove it",
                                  name)
                   : tcn_cli_fail("cannot make the folder %s: %s", name, strerror(errno));
    char title[NAME_BYTES + 1], hints[4200];
    title_of(name, title);
    hints_of(hints, sizeof hints);
    const tcn_skeleton_names names = {name, title, hints};
    tcn_err err = {0};
    for (const tcn_embedded *file = tcn_skeleton; file->name != NULL; file++)
        if (write_one(file, &names, &err) < 0)
            return tcn_cli_fail_err(&err);
    print_next(name);
    return TCN_EXIT_OK;
}
