/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - one generation of a plugin: a file that was let through the gate, its private
 * copy, loaded and never unmapped, and its table. Unloading would crash on a stray
 * callback and win a few hundred KiB. */
#ifndef TCN_GATE_FILE_H
#define TCN_GATE_FILE_H

#include "core/base/list.h"
#include "core/gate/copy.h"
#include "core/gate/gate.h"
#include "core/gate/prefect_type.h"
#include "core/gate/table.h"
#include "core/option/options.h"

typedef struct tcn_plugin_file {
    tcn_list link;       /* in the registry's generations */
    char *path;          /* from which it was loaded */
    uint32_t generation; /* 1 for the first copy of the process, and so on */
    tcn_file_mark mark;  /* of the file that had this content when it was read last */
    tcn_copy copy;
    void *handle;
    tcn_arena arena;
    tcn_table table;
    tcn_options_table options;
    tcn_prefect_types prefect;
    size_t instances; /* that were made of it and are not freed */
    bool is_checked;  /* its table was read and is in order */
    bool is_current;  /* a plugin directory holds it */
    bool is_stuck;    /* a stop of it never ended */
} tcn_plugin_file;

typedef struct tcn_plugin_loader {
    tcn_gate gate;
    const char *state_dir; /* for copies in files; or NULL */
    const tocsin_host *host;
    uint32_t generation;       /* of the next copy */
    uint32_t probe_ms;         /* how long loading may take in a child */
    const char *probe_program; /* which child; NULL: a fork */
    bool is_file_wanted;       /* copies in named files, for debuggers */
    /* Code that is loaded already and was read from the file that has this mark, or NULL:
     * then the file is not read again. */
    tcn_plugin_file *(*find_mark)(const tcn_file_mark *mark, void *ud);
    /* Is the file that has this mark known to be in order, but not wanted? */
    bool (*is_unwanted)(const tcn_file_mark *mark, void *ud);
    /* Code that is loaded already and has this content, or NULL. *reterr: why no more
     * can be loaded. */
    tcn_plugin_file *(*find_code)(const uint8_t sha256[TCN_SHA256], void *ud,
                                  tcn_err *reterr);
    /* Are other SHA-256 configured for that id, or file name without ".so"? */
    bool (*is_other)(const char *id, const char *sha256, void *ud);
    /* Is the id configured to be loaded? Asked before check 10. */
    bool (*is_wanted)(const char *id, void *ud);
    /* Check 10: the path of another file that has the id, or NULL. */
    const char *(*find_id)(const char *id, void *ud);
    void *ud;
} tcn_plugin_loader;

/* How a file was taken in. */
enum tcn_plugin_taken {
    TCN_PLUGIN_NEW = 0, /* *ret is a copy that is to be loaded */
    TCN_PLUGIN_KNOWN,   /* *ret is code that was loaded already and has this content */
    TCN_PLUGIN_SAME,    /* as KNOWN, and the file was not even read */
};

/* Checks 1 to 5, and the content against what is configured. TCN_E_CANCELED: it is not
 * wanted, which is known without reading it. Texts are what follows
 * "plugin FILE: "; ret_warning as tcn_gate_open's. Blocks: it reads the file. [any], one
 * at a time. */
int tcn_plugin_file_take(tcn_plugin_loader *loader, const char *path,
                         tcn_plugin_file **ret, tcn_err *ret_warning, tcn_err *reterr);
/* Check 6 of what was taken in and is new: a trial in a child each, several at a time,
 * then *file is loaded, but nothing of it has run except its constructors. Results as
 * status and err of each. Blocks: it waits for the children. [any], one at a time. */
typedef struct tcn_plugin_loading {
    tcn_plugin_file *file;
    int status;
    tcn_err *err;
} tcn_plugin_loading;
void tcn_plugin_files_load(const tcn_plugin_loader *loader, tcn_plugin_loading *loads,
                           size_t count);
/* Checks 7 to 11 of what was opened; of code that was loaded already only 10.
 * TCN_E_CANCELED: in order, but not wanted. [loop] */
int tcn_plugin_file_check(const tcn_plugin_loader *loader, tcn_plugin_file *file,
                          tcn_err *reterr);
/* Calls the entry of checked code once more. */
const tocsin_plugin *tcn_plugin_file_entry(const tcn_plugin_loader *loader,
                                           const tcn_plugin_file *file);
/* Unloads what was opened and not kept. Not for code that was loaded already. */
void tcn_plugin_file_discard(tcn_plugin_file *file);
/* Frees the host's side; the code stays loaded and its descriptor open. */
void tcn_plugin_file_retire(tcn_plugin_file *file);

#endif
