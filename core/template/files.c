/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - built-in templates by name. All are compiled before the first one renders, so
 * that a rendering finds its parts without allocating. */
#include "core/template/files.h"

#include "core/base/alloc.h"
#include "core/base/err.h"
#include "core/template/program.h"

struct tcn_tpl_files {
    size_t count;
    tcn_tpl *items[];
};

int tcn_tpl_files_new(tcn_tpl_files **ret, tcn_tpl_env *env, const tcn_tpl_file *files,
                      size_t count, tcn_tpl_error *reterr)
{
    tcn_tpl_files *made = tcn_alloc_zero(sizeof *made + count * sizeof made->items[0]);
    if (made == NULL)
        return TCN_E_NOMEM;
    env->files = made;
    int rc = 0;
    for (size_t i = 0; i < count && rc >= 0; i++) {
        rc = tcn_tpl_compile_file(&made->items[i], env, &files[i], reterr);
        made->count += rc >= 0;
    }
    if (rc < 0) {
        env->files = NULL;
        tcn_tpl_files_free(made);
        return rc;
    }
    *ret = made;
    return 0;
}

void tcn_tpl_files_free(tcn_tpl_files *files)
{
    for (size_t i = 0; files != NULL && i < files->count; i++)
        tcn_tpl_unref(files->items[i]);
    tcn_free(files);
}

tcn_tpl *tcn_tpl_files_find(const tcn_tpl_files *files, tcn_str name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (tcn_str_eq_c(name, files->items[i]->file->name))
            return files->items[i];
    }
    return NULL;
}
