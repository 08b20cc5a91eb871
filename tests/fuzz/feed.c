/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - runs a fuzz target over the files of the folders that are named, without a
 * fuzzer. Each input stands in memory of exactly its size, so that a sanitizer sees a
 * byte too far. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)8 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *input = malloc(INPUT_MAX);
    size_t size = file != NULL && input != NULL ? fread(input, 1, INPUT_MAX, file) : 0;
    bool is_read = file != NULL && input != NULL && ferror(file) == 0;
    if (file != NULL)
        (void)fclose(file);
    uint8_t *exact = is_read ? malloc(size != 0 ? size : 1) : NULL;
    if (exact == NULL) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        free(input);
        return 1;
    }
    memcpy(exact, input, size);
    free(input);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

static int feed_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        (void)fprintf(stderr, "cannot open %s\n", folder);
        return 1;
    }
    int status = 0;
    size_t count = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[4096];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || len >= (int)sizeof path)
            continue;
        status |= feed_file(path);
        count++;
    }
    (void)closedir(dir);
    (void)printf("%s: %zu inputs\n", folder, count);
    return count != 0 ? status : 1;
}

int main(int argc, char **argv)
{
    int status = 0;
    for (int i = 1; i < argc; i++)
        status |= feed_folder(argv[i]);
    return status;
}
