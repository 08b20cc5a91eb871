/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - the templates that come with the program, compiled once: what "include",
 * "extends" and "import" find in an environment that has them. Nothing is read from a
 * disk. */
#ifndef TCN_TEMPLATE_FILES_H
#define TCN_TEMPLATE_FILES_H

#include "core/template/template.h"

/* Compiles the files with env and gives it to them and to what is compiled with it from
 * then on. The array outlives what is made here; no two files have one name. On failure
 * *reterr has the file, env none, and the codes are those of tcn_tpl_compile. */
int tcn_tpl_files_new(tcn_tpl_files **ret, tcn_tpl_env *env, const tcn_tpl_file *files,
                      size_t count, tcn_tpl_error *reterr);
/* After the last rendering of the files and of what was compiled with their environment.
 */
void tcn_tpl_files_free(tcn_tpl_files *files);
/* Borrowed; NULL: there is no file of that name. */
tcn_tpl *tcn_tpl_files_find(const tcn_tpl_files *files, tcn_str name);

#endif
