/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_pack.c - packed bytes come back, or are refused. */
#include "fixture.h"

#include "core/store/pack.h"

typedef struct packing {
    tcn_packer *packer;
    tcn_buf plain, packed;
} packing;

static int setup(void **state)
{
    static packing p;
    p.packer = tcn_packer_new();
    tcn_buf_init(&p.plain, SIZE_MAX);
    tcn_buf_init(&p.packed, SIZE_MAX);
    *state = &p;
    return p.packer == NULL;
}

static int teardown(void **state)
{
    packing *p = *state;
    tcn_packer_free(p->packer);
    tcn_buf_deinit(&p->plain);
    tcn_buf_deinit(&p->packed);
    return 0;
}

static void comes_back_at_every_size(void **state)
{
    packing *p = *state;
    static char text[100000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "abcdefghij"[i % 7 + i % 3];
    static const size_t sizes[] = {0, 1, 255, 256, 4096, 8191, 8192, sizeof text};
    for (size_t i = 0; i < TCN_COUNT(sizes); i++) {
        tcn_str plain = tcn_str_of(text, sizes[i]);
        tcn_buf_reset(&p->packed);
        assert_int_equal(tcn_pack(p->packer, plain, 7, &p->packed), 0);
        assert_int_equal(
            tcn_unpack(p->packer, tcn_buf_str(&p->packed), 7, sizeof text, &p->plain), 0);
        assert_true(tcn_str_eq(tcn_buf_str(&p->plain), plain));
    }
    assert_in_range(p->packed.len, 1, sizeof text / 10);
}

static void refuses_each_changed_bit(void **state)
{
    packing *p = *state;
    static const char text[] = "not much, but enough to be packed and changed afterwards";
    assert_int_equal(tcn_pack(p->packer, tcn_str_c(text), 7, &p->packed), 0);
    for (size_t i = 0; i < p->packed.len * 8; i++) {
        p->packed.ptr[i / 8] = (char)(p->packed.ptr[i / 8] ^ 1 << (i % 8));
        int rc = tcn_unpack(p->packer, tcn_buf_str(&p->packed), 7, 1000, &p->plain);
        assert_int_equal(rc, i < 8 ? TCN_E_UNSUPPORTED : TCN_E_CORRUPT);
        p->packed.ptr[i / 8] = (char)(p->packed.ptr[i / 8] ^ 1 << (i % 8));
    }
}

static void refuses_what_was_cut_or_moved(void **state)
{
    packing *p = *state;
    assert_int_equal(tcn_pack(p->packer, TCN_STR("some bytes"), 7, &p->packed), 0);
    tcn_str whole = tcn_buf_str(&p->packed);
    for (size_t len = 0; len < whole.len; len++)
        assert_int_equal(
            tcn_unpack(p->packer, tcn_str_of(whole.ptr, len), 7, 1000, &p->plain),
            TCN_E_CORRUPT);
    assert_int_equal(tcn_unpack(p->packer, whole, 8, 1000, &p->plain), TCN_E_CORRUPT);
    assert_int_equal(tcn_unpack(p->packer, whole, 7, 9, &p->plain), TCN_E_LIMIT);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(comes_back_at_every_size, setup, teardown),
    cmocka_unit_test_setup_teardown(refuses_each_changed_bit, setup, teardown),
    cmocka_unit_test_setup_teardown(refuses_what_was_cut_or_moved, setup, teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
