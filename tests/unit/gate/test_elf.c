/* SPDX-License-Identifier: Apache-2.0 */
/* test_elf.c - checks 4 and 5 of the gate on real plugins, cut ones and mutated ones. */
#include "core/gate/elf.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct image {
    char *ptr;
    size_t len;
} image;

static image image_read(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, TEST_PLUGIN_DIR "/%s.so", name);
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    image im = {NULL, (size_t)ftell(file)};
    im.ptr = malloc(im.len);
    assert_non_null(im.ptr);
    rewind(file);
    assert_int_equal(fread(im.ptr, 1, im.len, file), im.len);
    (void)fclose(file);
    return im;
}

static int check(image im, char text[512])
{
    tcn_err err = {0};
    int rc = tcn_elf_check(tcn_str_of(im.ptr, im.len), &err);
    (void)snprintf(text, 512, "%s", err.text);
    return rc;
}

static void expect(const char *name, const char *text)
{
    char got[512];
    image im = image_read(name);
    assert_int_equal(check(im, got), text == NULL ? 0 : TCN_E_INVALID);
    assert_string_equal(got, text == NULL ? "" : text);
    free(im.ptr);
}

static void accepts_what_is_built_as_a_plugin(void **state)
{
    (void)state;
    expect("good", NULL);
    expect("puppet", NULL);
    expect("both_entries", NULL);
}

static void names_what_a_file_lacks_or_has_too_much(void **state)
{
    (void)state;
    expect("no_entry", "does not export tocsin_plugin_entry_v1");
    expect("entry_v2",
           "does not export tocsin_plugin_entry_v1 (exports tocsin_plugin_entry_v2: made "
           "for ABI 2, this daemon speaks 1)");
    expect("unique", "needs -fno-gnu-unique");
    expect("exec_stack", "asks for an executable stack (link it with -z noexecstack)");
    expect("textrel", "has text relocations (compile it with -fPIC)");
    expect("run_path",
           "has $ORIGIN in its run path, which means nothing in a private copy; link "
           "private code in statically");
}

static void refuses_what_is_not_elf(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "\x7f",
        "\x7f"
        "ELF",
        "#!/bin/sh\necho hello, this is a script and no more\n"
        "# and it is long enough to hold a header"};
    for (size_t i = 0; i < TCN_COUNT(texts); i++) {
        tcn_err err = {0};
        assert_int_equal(tcn_elf_check(tcn_str_c(texts[i]), &err), TCN_E_INVALID);
        assert_string_equal(err.text, "is not an ELF file");
    }
}

static void refuses_other_machines_and_kinds_of_file(void **state)
{
    (void)state;
    char text[512];
    image im = image_read("good");
    Elf64_Ehdr *head = (void *)im.ptr;
    Elf64_Half machine = head->e_machine;
    head->e_machine = machine == EM_AARCH64 ? EM_X86_64 : EM_AARCH64;
    assert_int_equal(check(im, text), TCN_E_INVALID);
    assert_string_equal(text, machine == EM_AARCH64
                                  ? "is built for x86-64, this daemon runs on aarch64"
                                  : "is built for aarch64, this daemon runs on x86-64");
    head->e_machine = 9999;
    (void)check(im, text);
    assert_memory_equal(text, "is built for machine 9999,", 26);
    head->e_machine = machine;
    head->e_type = ET_EXEC;
    (void)check(im, text);
    assert_string_equal(text, "is not a shared object (link it with -shared)");
    head->e_type = ET_DYN;
    head->e_ident[EI_CLASS] = ELFCLASS32;
    (void)check(im, text);
    assert_string_equal(text, "is not a 64-bit ELF file");
    head->e_ident[EI_CLASS] = ELFCLASS64;
    head->e_ident[EI_DATA] = ELFDATA2MSB;
    (void)check(im, text);
    assert_string_equal(text, "is built for another byte order");
    free(im.ptr);
}

static void refuses_a_file_cut_anywhere(void **state)
{
    (void)state;
    char text[512];
    image im = image_read("good");
    for (size_t len = 0; len < im.len; len += len < 4096 ? 1 : 97) {
        /* A heap copy of that very size, so that a read behind it is seen. */
        char *exact = malloc(len == 0 ? 1 : len);
        assert_non_null(exact);
        memcpy(exact, im.ptr, len);
        assert_int_equal(check((image){exact, len}, text), TCN_E_INVALID);
        assert_int_not_equal(text[0], '\0');
        free(exact);
    }
    free(im.ptr);
}

/* Most mutations hit code, which no check can see: the point is that none of them reads
 * outside. */
static void survives_ten_thousand_mutations(void **state)
{
    (void)state;
    char text[512];
    image im = image_read("good");
    char *exact = malloc(im.len);
    assert_non_null(exact);
    uint64_t seed = 0x9e3779b97f4a7c15u;
    for (int round = 0; round < 10000; round++) {
        memcpy(exact, im.ptr, im.len);
        for (int k = 0; k < 8; k++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            /* Half of them in the headers and tables at the front. */
            size_t range = k % 2 == 0 ? 2048 : im.len;
            exact[seed % range] = (char)(k % 3 == 0 ? 0xff : seed >> 40);
        }
        (void)check((image){exact, im.len}, text);
    }
    free(exact);
    free(im.ptr);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(accepts_what_is_built_as_a_plugin),
    cmocka_unit_test(names_what_a_file_lacks_or_has_too_much),
    cmocka_unit_test(refuses_what_is_not_elf),
    cmocka_unit_test(refuses_other_machines_and_kinds_of_file),
    cmocka_unit_test(refuses_a_file_cut_anywhere),
    cmocka_unit_test(survives_ten_thousand_mutations),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
