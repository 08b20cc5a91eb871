/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_config.c - any bytes as a YAML document and as the configuration: each problem has
 * a text, and a document has a place for each of its values. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/daemon/config.h"
#include "core/value/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_place(const tcn_yaml *doc, const char *path)
{
    uint32_t line = 0, column = 0;
    tcn_yaml_place(doc, path, &line, &column);
    require(line >= 1 && column >= 1);
    tcn_yaml_key_place(doc, path, &line, &column);
    require(line >= 1 && column >= 1);
}

static void check_yaml(tcn_str text)
{
    tcn_yaml *doc = NULL;
    tcn_err err = {0};
    int rc = tcn_yaml_load(text, "fuzz.yaml", &doc, &err);
    require((rc == 0) == (doc != NULL) && (rc == 0) == (err.code == 0));
    if (rc < 0)
        return;
    json_t *root = tcn_yaml_root(doc);
    const char *key = NULL;
    json_t *value = NULL;
    check_place(doc, "");
    check_place(doc, "[0][1].a");
    json_object_foreach(root, key, value)
    {
        check_place(doc, key);
    }
    /* What was read can be written: no cycles, no endless sharing. */
    char *written = json_dumps(root, JSON_ENCODE_ANY);
    require(written != NULL);
    free(written);
    tcn_yaml_free(doc);
}

static void check_config(const char *path)
{
    tcn_problems problems;
    tcn_problems_init(&problems);
    tcn_config config;
    int rc = tcn_config_load(&config, path, &problems);
    require((rc == 0) == (problems.errors == 0));
    for (size_t i = 0; i < problems.count; i++)
        require(problems.items[i].err.text[0] != '\0');
    tcn_config_deinit(&config);
    tcn_problems_deinit(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_yaml(tcn_str_of((const char *)data, size));
    int fd = memfd_create("config", 0);
    require(fd >= 0);
    if (write(fd, data, size) == (ssize_t)size) {
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        check_config(path);
    }
    (void)close(fd);
    return 0;
}
