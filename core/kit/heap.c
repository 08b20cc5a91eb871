/* SPDX-License-Identifier: Apache-2.0 */
/* heap.c - the places of a loaded object that hold the addresses of malloc and its kin
 * are found by its relocations and overwritten. */
#include "core/kit/heap.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/alloc.h"

#define BLOCKS_MAX ((size_t)1 << 16) /* a power of two */

/* Open addressing; a gap that a removal left is TOMBSTONE. */
static struct {
    pthread_mutex_t lock;
    void *blocks[BLOCKS_MAX];
    size_t live, fail_at;
    bool has_failed;
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER, .fail_at = SIZE_MAX};
#define TOMBSTONE ((void *)1)

static size_t place_of(const void *block)
{
    return ((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 40 &
           (BLOCKS_MAX - 1);
}

static void note(void *block)
{
    (void)pthread_mutex_lock(&heap.lock);
    size_t at = place_of(block);
    while (heap.blocks[at] != NULL && heap.blocks[at] != TOMBSTONE)
        at = (at + 1) & (BLOCKS_MAX - 1);
    if (heap.live + 1 < BLOCKS_MAX / 2) {
        heap.blocks[at] = block;
        heap.live++;
    }
    (void)pthread_mutex_unlock(&heap.lock);
}

static void forget(const void *block)
{
    (void)pthread_mutex_lock(&heap.lock);
    size_t at = place_of(block);
    for (size_t i = 0; i < BLOCKS_MAX && heap.blocks[at] != NULL; i++) {
        if (heap.blocks[at] == block) {
            heap.blocks[at] = TOMBSTONE;
            heap.live--;
            break;
        }
        at = (at + 1) & (BLOCKS_MAX - 1);
    }
    (void)pthread_mutex_unlock(&heap.lock);
}

static bool must_fail(void)
{
    (void)pthread_mutex_lock(&heap.lock);
    bool is_now = heap.fail_at == 0;
    if (heap.fail_at != SIZE_MAX)
        heap.fail_at = is_now ? SIZE_MAX : heap.fail_at - 1;
    heap.has_failed = heap.has_failed || is_now;
    (void)pthread_mutex_unlock(&heap.lock);
    if (is_now)
        errno = ENOMEM;
    return is_now;
}

static void *kept(void *block)
{
    if (block != NULL)
        note(block);
    return block;
}

/* ---- what the plugin calls ---- */

static void *heap_malloc(size_t size)
{
    return must_fail() ? NULL : kept(tcn_alloc(size));
}

static void *heap_calloc(size_t count, size_t size)
{
    return must_fail() ? NULL : kept(tcn_alloc_array(count, size));
}

static void *heap_realloc(void *block, size_t size)
{
    if (must_fail())
        return NULL;
    void *moved = tcn_realloc(block, size);
    if (moved == NULL && size > 0)
        return NULL;
    if (block != NULL)
        forget(block);
    return kept(moved);
}

static void *heap_reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes = 0;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL
                                                       : heap_realloc(block, bytes);
}

static char *heap_strndup(const char *text, size_t len)
{
    return must_fail() ? NULL : kept(tcn_strdup_n(text, strnlen(text, len)));
}

static char *heap_strdup(const char *text)
{
    return heap_strndup(text, SIZE_MAX - 1);
}

static void heap_free(void *block)
{
    forget(block);
    tcn_free(block);
}

/* ---- redirecting ---- */

typedef struct object {
    const Elf64_Sym *symbols;
    const char *strings;
    const Elf64_Rela *tables[2];
    size_t counts[2];
    uintptr_t base;
} object;

typedef void (*any_fn)(void);

static any_fn replacement(const char *name)
{
    static const struct {
        const char *name;
        any_fn fn;
    } own[] = {
        {"malloc", (any_fn)heap_malloc},   {"calloc", (any_fn)heap_calloc},
        {"realloc", (any_fn)heap_realloc}, {"reallocarray", (any_fn)heap_reallocarray},
        {"strdup", (any_fn)heap_strdup},   {"__strdup", (any_fn)heap_strdup},
        {"strndup", (any_fn)heap_strndup}, {"free", (any_fn)heap_free},
    };
    for (size_t i = 0; i < TCN_COUNT(own); i++)
        if (strcmp(own[i].name, name) == 0)
            return own[i].fn;
    return NULL;
}

static bool overwrite(uintptr_t place, any_fn fn)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = place & ~(page - 1);
    size_t len = place + sizeof fn - start;
    if (mprotect((void *)start, len, PROT_READ | PROT_WRITE) < 0)
        return false;
    memcpy((void *)place, &fn, sizeof fn);
    return true;
}

static size_t redirect(const object *o)
{
    size_t count = 0;
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < o->counts[t]; i++) {
            const Elf64_Rela *rela = &o->tables[t][i];
            const Elf64_Sym *symbol = &o->symbols[ELF64_R_SYM(rela->r_info)];
            any_fn fn = ELF64_R_SYM(rela->r_info) == 0
                            ? NULL
                            : replacement(o->strings + symbol->st_name);
            if (fn != NULL && symbol->st_shndx == SHN_UNDEF &&
                overwrite(o->base + rela->r_offset, fn))
                count++;
        }
    }
    return count;
}

/* glibc turns the addresses of a dynamic table into absolute ones; others do not. */
static const void *at(const object *o, Elf64_Addr address)
{
    return (const void *)(address < o->base ? o->base + address : address);
}

static void read_dynamic(object *o, const Elf64_Dyn *entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SYMTAB)
            o->symbols = at(o, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_STRTAB)
            o->strings = at(o, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_JMPREL)
            o->tables[0] = at(o, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_PLTRELSZ)
            o->counts[0] = entry->d_un.d_val / sizeof(Elf64_Rela);
        else if (entry->d_tag == DT_RELA)
            o->tables[1] = at(o, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_RELASZ)
            o->counts[1] = entry->d_un.d_val / sizeof(Elf64_Rela);
    }
}

typedef struct watch {
    size_t objects, places;
} watch;

/* Copies of plugins are opened by their descriptor, or from a folder of copies
 * (core/gate/copy.h). */
static bool is_copy(const char *name)
{
    return strncmp(name, "/proc/self/fd/", 14) == 0 ||
           strstr(name, "/plugin-copies/") != NULL;
}

static int visit(struct dl_phdr_info *info, size_t size, void *ud)
{
    watch *w = ud;
    object o = {.base = info->dlpi_addr};
    (void)size;
    if (!is_copy(info->dlpi_name))
        return 0;
    w->objects++;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            read_dynamic(&o, (const Elf64_Dyn *)(o.base + info->dlpi_phdr[i].p_vaddr));
    if (o.symbols != NULL && o.strings != NULL)
        w->places += redirect(&o);
    return 0;
}

int tcn_heap_watch(void)
{
    watch w = {0};
    (void)dl_iterate_phdr(visit, &w);
    return w.objects == 0 ? TCN_E_NOT_FOUND : w.places == 0 ? TCN_E_UNSUPPORTED : 0;
}

size_t tcn_heap_live(void)
{
    (void)pthread_mutex_lock(&heap.lock);
    size_t live = heap.live;
    (void)pthread_mutex_unlock(&heap.lock);
    return live;
}

void tcn_heap_fail_at(size_t n)
{
    (void)pthread_mutex_lock(&heap.lock);
    heap.fail_at = n;
    heap.has_failed = false;
    (void)pthread_mutex_unlock(&heap.lock);
}

bool tcn_heap_has_failed(void)
{
    (void)pthread_mutex_lock(&heap.lock);
    bool has_failed = heap.has_failed;
    (void)pthread_mutex_unlock(&heap.lock);
    return has_failed;
}
