/* SPDX-License-Identifier: Apache-2.0 */
/* file.c - from a path to a loaded plugin: gate, copy, ELF, a child that tries it,
 * dlopen, entry, table. What is refused after dlopen is closed again; what was loaded
 * never is. The only dlopen of the house. */
#include "core/gate/file.h"

#include <dlfcn.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/gate/elf.h"
#include "core/gate/probe.h"

#define ARENA_LIMIT ((size_t)4 << 20)

typedef const tocsin_plugin *(*entry_fn)(const tocsin_host *host);

/* By the file's name, or, once it is known, by the id. */
static int check_pin(const tcn_plugin_loader *loader, const tcn_copy *copy,
                     const char *name, tcn_err *reterr)
{
    char id[256], sha256[TCN_SHA256 * 2 + 1];
    size_t len = strlen(name);
    bool is_file = tcn_str_ends(tcn_str_of(name, len), TCN_STR(".so"));
    (void)snprintf(id, sizeof id, "%.*s", (int)(is_file ? len - 3 : len), name);
    tcn_copy_sha256_text(copy, sha256);
    if (loader->is_other(id, sha256, loader->ud))
        return tcn_err_set(reterr, TCN_E_DENIED, "has another SHA-256 than configured");
    return 0;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int copy_and_check(const tcn_plugin_loader *loader, int fd, tcn_plugin_file *file,
                          tcn_plugin_file **ret_known, tcn_err *reterr)
{
    tcn_copy_source source = {
        .fd = fd,
        .size = (size_t)file->mark.size,
        .name = name_of(file->path),
        .generation = loader->generation,
        .state_dir = loader->state_dir,
        .is_file_wanted = loader->is_file_wanted,
    };
    int rc = tcn_copy_make(&source, &file->copy, reterr);
    if (rc < 0)
        return rc;
    rc = check_pin(loader, &file->copy, source.name, reterr);
    if (rc < 0)
        return rc;
    tcn_err full = {0};
    *ret_known = loader->find_code(file->copy.sha256, loader->ud, &full);
    if (*ret_known != NULL)
        return 0;
    if (tcn_err_is_set(&full))
        return tcn_err_set(reterr, full.code, "%s", full.text);
    rc = tcn_elf_check(file->copy.image, reterr);
    tcn_copy_unmap(&file->copy);
    return rc;
}

/* The path's text is new to the process as long as every loaded copy keeps its
 * descriptor; were it not, dlopen would answer with old code. */
static int open_code(const tcn_plugin_loader *loader, tcn_plugin_file *file,
                     tcn_err *reterr)
{
    void *old = dlopen(file->copy.path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (old != NULL) {
        (void)dlclose(old);
        return tcn_err_set(reterr, TCN_E_INTERNAL,
                           "cannot be loaded: its copy is loaded already");
    }
    file->handle = dlopen(file->copy.path, RTLD_NOW | RTLD_LOCAL);
    if (!loader->is_file_wanted)
        tcn_copy_unlink(&file->copy);
    if (file->handle != NULL)
        return 0;
    const char *text = dlerror();
    /* The copy's own name says nothing to people. */
    size_t len = strlen(file->copy.path);
    if (text != NULL && strncmp(text, file->copy.path, len) == 0 && text[len] == ':')
        text += len + 2;
    return tcn_err_set(reterr, TCN_E_INVALID, "cannot be loaded: %.400s",
                       text != NULL ? text : "?");
}

/* NULL: there is no entry. */
static entry_fn find_entry(const tcn_plugin_file *file)
{
    void *symbol = dlsym(file->handle, "tocsin_plugin_entry_v1");
    entry_fn entry = NULL;
    if (symbol != NULL)
        memcpy(&entry, &symbol, sizeof entry);
    return entry;
}

static int call_entry(const tcn_plugin_loader *loader, tcn_plugin_file *file,
                      tcn_err *reterr)
{
    entry_fn entry = find_entry(file);
    if (entry == NULL)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "does not export tocsin_plugin_entry_v1");
    const tocsin_plugin *table = entry(loader->host);
    if (table == NULL)
        return tcn_err_set(reterr, TCN_E_UNSUPPORTED,
                           "declined to load on this daemon (ABI %u.%u)",
                           TOCSIN_ABI_MAJOR, TOCSIN_ABI_MINOR);
    return tcn_table_read(table, &file->arena, &file->table, reterr);
}

const tocsin_plugin *tcn_plugin_file_entry(const tcn_plugin_loader *loader,
                                           const tcn_plugin_file *file)
{
    return find_entry(file)(loader->host);
}

static int check_id(const tcn_plugin_loader *loader, const tcn_plugin_file *file,
                    tcn_err *reterr)
{
    const char *id = file->table.plugin.id;
    int rc = check_pin(loader, &file->copy, id, reterr);
    if (rc < 0)
        return rc;
    if (!loader->is_wanted(id, loader->ud))
        return tcn_err_set(reterr, TCN_E_CANCELED, "is not among the plugins to load");
    const char *other = loader->find_id(id, loader->ud);
    if (other != NULL)
        return tcn_err_set(reterr, TCN_E_EXISTS,
                           "has the id \"%s\", already provided by %.300s", id, other);
    return 0;
}

int tcn_plugin_file_check(const tcn_plugin_loader *loader, tcn_plugin_file *file,
                          tcn_err *reterr)
{
    if (file->is_checked)
        return check_id(loader, file, reterr);
    int rc = call_entry(loader, file, reterr);
    if (rc == 0)
        rc = check_id(loader, file, reterr);
    if (rc == 0)
        rc = tcn_table_check_options(&file->table, reterr);
    if (rc == 0)
        rc = tcn_prefect_types_read(&file->table, &file->arena, &file->prefect, reterr);
    if (rc < 0)
        return rc;
    const tocsin_plugin *plugin = &file->table.plugin;
    file->options =
        (tcn_options_table){plugin->id, plugin->options, plugin->option_count};
    file->is_checked = true;
    return 0;
}

void tcn_plugin_file_retire(tcn_plugin_file *file)
{
    if (file == NULL)
        return;
    tcn_copy_unlink(&file->copy);
    tcn_arena_deinit(&file->arena);
    tcn_free(file->path);
    tcn_free(file);
}

void tcn_plugin_file_discard(tcn_plugin_file *file)
{
    if (file->handle != NULL)
        (void)dlclose(file->handle);
    tcn_copy_deinit(&file->copy);
    tcn_plugin_file_retire(file);
}

static tcn_plugin_file *file_new(const tcn_plugin_loader *loader, const char *path)
{
    tcn_plugin_file *file = tcn_alloc_zero(sizeof *file);
    char *copy = tcn_strdup(path);
    if (file == NULL || copy == NULL) {
        tcn_free(file);
        tcn_free(copy);
        return NULL;
    }
    tcn_list_init(&file->link);
    file->path = copy;
    file->copy.fd = -1;
    file->generation = loader->generation;
    tcn_arena_init(&file->arena, ARENA_LIMIT);
    return file;
}

/* The code that was loaded from the file that has this mark; its content was compared
 * with what is configured then, but that may have changed. */
static int find_unread(const tcn_plugin_loader *loader, const char *path,
                       const tcn_file_mark *mark, tcn_plugin_file **ret, tcn_err *reterr)
{
    tcn_plugin_file *known = loader->find_mark(mark, loader->ud);
    *ret = known;
    return known == NULL ? 0 : check_pin(loader, &known->copy, name_of(path), reterr);
}

static int read_file(tcn_plugin_loader *loader, const char *path, int fd,
                     const tcn_file_mark *mark, tcn_plugin_file **ret, tcn_err *reterr)
{
    tcn_plugin_file *known = NULL, *file = file_new(loader, path);
    if (file == NULL)
        return tcn_err_no_memory(reterr);
    file->mark = *mark;
    int rc = copy_and_check(loader, fd, file, &known, reterr);
    if (rc == 0 && known == NULL) {
        loader->generation++;
        *ret = file;
        return TCN_PLUGIN_NEW;
    }
    tcn_plugin_file_discard(file);
    if (rc < 0)
        return rc;
    known->mark = *mark;
    *ret = known;
    return TCN_PLUGIN_KNOWN;
}

int tcn_plugin_file_take(tcn_plugin_loader *loader, const char *path,
                         tcn_plugin_file **ret, tcn_err *ret_warning, tcn_err *reterr)
{
    int fd = -1;
    tcn_file_mark mark;
    tcn_plugin_file *same = NULL;
    int rc = tcn_gate_open(&loader->gate, path, &fd, &mark, ret_warning, reterr);
    if (rc < 0)
        return rc;
    if (loader->is_unwanted(&mark, loader->ud))
        rc = tcn_err_set(reterr, TCN_E_CANCELED, "is not among the plugins to load");
    else
        rc = find_unread(loader, path, &mark, &same, reterr);
    if (rc == 0 && same == NULL)
        rc = read_file(loader, path, fd, &mark, ret, reterr);
    else if (rc == 0) {
        *ret = same;
        rc = TCN_PLUGIN_SAME;
    }
    (void)close(fd);
    return rc;
}

static tcn_probe probe_of(const tcn_plugin_loader *loader, tcn_plugin_loading *load)
{
    const tcn_copy *copy = &load->file->copy;
    return (tcn_probe){
        .path = copy->path,
        .fd = copy->is_file ? -1 : copy->fd,
        .program = loader->probe_program,
        .host = loader->host,
        .limit_ms = loader->probe_ms,
        .err = load->err,
    };
}

void tcn_plugin_files_load(const tcn_plugin_loader *loader, tcn_plugin_loading *loads,
                           size_t count)
{
    tcn_probe *probes = tcn_alloc_array(count + 1, sizeof *probes);
    for (size_t i = 0; i < count && probes != NULL; i++)
        probes[i] = probe_of(loader, &loads[i]);
    if (probes != NULL)
        tcn_probe_load(probes, count);
    for (size_t i = 0; i < count; i++) {
        loads[i].status =
            probes != NULL ? probes[i].status : tcn_err_no_memory(loads[i].err);
        if (loads[i].status == 0)
            loads[i].status = open_code(loader, loads[i].file, loads[i].err);
    }
    tcn_free(probes);
}
