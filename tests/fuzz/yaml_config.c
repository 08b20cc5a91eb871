/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_config.c - any bytes as a YAML document and as the configuration: each problem has
 * a text, and a document has a place for each of its values; as a JSON list that is read
 * by item it means what it means as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/daemon/config.h"
#include "core/value/document.h"
#include "core/value/json_list.h"
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

static void check_json_list(tcn_str text)
{
    tcn_json_list list = {0};
    json_t *whole = NULL;
    bool is_cut = tcn_json_list_cut(&list, text, "blocks") > 0;
    bool is_json = tcn_document_read(text, &whole, NULL) == 0;
    const json_t *items =
        list.has_key ? json_object_get(whole, "blocks") : (const json_t *)whole;
    bool is_whole = is_cut;
    for (size_t i = 0; i < list.count; i++) {
        json_t *item = NULL;
        bool is_read = tcn_json_list_read(&list, i, &item) == 0;
        is_whole = is_whole && is_read;
        require(!is_cut || !is_json || json_equal(item, json_array_get(items, i)));
        json_decref(item);
    }
    require(!is_cut || is_whole == is_json);
    json_decref(whole);
    tcn_json_list_deinit(&list);
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
    check_json_list(tcn_str_of((const char *)data, size));
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
