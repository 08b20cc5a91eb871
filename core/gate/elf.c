/* SPDX-License-Identifier: Apache-2.0 */
/* elf.c - a shared object as bytes: header, segments, the dynamic table, and the symbols
 * that it exports. Sections are only checked to lie inside the file: stripped files have
 * none, so symbols are found as the dynamic linker finds them, through the hash tables.
 * Every read goes through elf_read, which refuses what lies outside the image. */
#include "core/gate/elf.h"

#include <elf.h>
#include <stdio.h>

#define ENTRY        "tocsin_plugin_entry_v"
#define SEGMENTS_MAX 128
#define DYNAMIC_MAX  4096
#define SYMBOLS_MAX  (1u << 20)

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#elif defined(__riscv)
#define OWN_MACHINE EM_RISCV
#else
#error "add the machine here and to machine_name"
#endif

typedef struct elf_file {
    tcn_str image;
    Elf64_Ehdr head;
    Elf64_Phdr segments[SEGMENTS_MAX];
    /* of the dynamic table; offsets in the file, 0: absent */
    uint64_t symbols_at, strings_at, strings_size, hash_at, gnu_hash_at;
    bool has_textrel;
} elf_file;

static bool elf_read(const elf_file *file, uint64_t at, void *out, size_t len)
{
    if (at > file->image.len || len > file->image.len - at)
        return false;
    memcpy(out, file->image.ptr + at, len);
    return true;
}

static bool elf_holds(const elf_file *file, uint64_t at, uint64_t len)
{
    return at <= file->image.len && len <= file->image.len - at;
}

static int damaged(tcn_err *reterr, const char *what)
{
    return tcn_err_set(reterr, TCN_E_INVALID, "is damaged: %s", what);
}

static const char *machine_name(unsigned machine, char *out, size_t size)
{
    switch (machine) {
    case EM_X86_64:
        return "x86-64";
    case EM_AARCH64:
        return "aarch64";
    case EM_386:
        return "i386";
    case EM_ARM:
        return "arm";
    case EM_RISCV:
        return "riscv";
    case EM_PPC64:
        return "ppc64";
    case EM_S390:
        return "s390x";
    default:
        (void)snprintf(out, size, "machine %u", machine);
        return out;
    }
}

static int check_head(elf_file *file, tcn_err *reterr)
{
    Elf64_Ehdr *head = &file->head;
    if (!elf_read(file, 0, head, sizeof *head) ||
        memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
        return tcn_err_set(reterr, TCN_E_INVALID, "is not an ELF file");
    if (head->e_ident[EI_CLASS] != ELFCLASS64)
        return tcn_err_set(reterr, TCN_E_INVALID, "is not a 64-bit ELF file");
    if (head->e_ident[EI_DATA] !=
        (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
        return tcn_err_set(reterr, TCN_E_INVALID, "is built for another byte order");
    if (head->e_machine != OWN_MACHINE) {
        char theirs[24], own[24];
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "is built for %s, this daemon runs on %s",
                           machine_name(head->e_machine, theirs, sizeof theirs),
                           machine_name(OWN_MACHINE, own, sizeof own));
    }
    if (head->e_type != ET_DYN)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "is not a shared object (link it with -shared)");
    return 0;
}

static int check_sections(const elf_file *file, tcn_err *reterr)
{
    const Elf64_Ehdr *head = &file->head;
    if (head->e_shnum == 0)
        return 0;
    if (head->e_shentsize != sizeof(Elf64_Shdr))
        return damaged(reterr, "section headers have another size");
    for (unsigned i = 0; i < head->e_shnum; i++) {
        Elf64_Shdr section;
        if (head->e_shoff > file->image.len ||
            !elf_read(file, head->e_shoff + i * sizeof section, &section, sizeof section))
            return damaged(reterr, "the section headers lie outside the file");
        if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL &&
            !elf_holds(file, section.sh_offset, section.sh_size))
            return damaged(reterr, "a section lies outside the file");
    }
    return 0;
}

static int check_segment(const elf_file *file, const Elf64_Phdr *segment, tcn_err *reterr)
{
    if (!elf_holds(file, segment->p_offset, segment->p_filesz))
        return damaged(reterr, "a segment lies outside the file");
    if (segment->p_type == PT_LOAD &&
        (segment->p_memsz < segment->p_filesz ||
         segment->p_vaddr + segment->p_memsz < segment->p_vaddr))
        return damaged(reterr, "a segment has an impossible size");
    return 0;
}

static int read_segments(elf_file *file, tcn_err *reterr)
{
    const Elf64_Ehdr *head = &file->head;
    if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0)
        return damaged(reterr, "there are no program headers");
    if (head->e_phnum > SEGMENTS_MAX)
        return damaged(reterr, "there are too many program headers");
    size_t size = head->e_phnum * sizeof(Elf64_Phdr);
    if (!elf_read(file, head->e_phoff, file->segments, size))
        return damaged(reterr, "the program headers lie outside the file");
    for (unsigned i = 0; i < head->e_phnum; i++) {
        int rc = check_segment(file, &file->segments[i], reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static const Elf64_Phdr *find_segment(const elf_file *file, uint32_t type)
{
    for (unsigned i = 0; i < file->head.e_phnum; i++)
        if (file->segments[i].p_type == type)
            return &file->segments[i];
    return NULL;
}

/* Where an address of the loaded object stands in the file; 0 when it does not. */
static uint64_t offset_of(const elf_file *file, uint64_t address)
{
    for (unsigned i = 0; i < file->head.e_phnum; i++) {
        const Elf64_Phdr *segment = &file->segments[i];
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr &&
            address - segment->p_vaddr < segment->p_filesz)
            return segment->p_offset + (address - segment->p_vaddr);
    }
    return 0;
}

static void take_dynamic(elf_file *file, const Elf64_Dyn *entry)
{
    switch (entry->d_tag) {
    case DT_SYMTAB:
        file->symbols_at = offset_of(file, entry->d_un.d_ptr);
        break;
    case DT_STRTAB:
        file->strings_at = offset_of(file, entry->d_un.d_ptr);
        break;
    case DT_STRSZ:
        file->strings_size = entry->d_un.d_val;
        break;
    case DT_HASH:
        file->hash_at = offset_of(file, entry->d_un.d_ptr);
        break;
    case DT_GNU_HASH:
        file->gnu_hash_at = offset_of(file, entry->d_un.d_ptr);
        break;
    case DT_TEXTREL:
        file->has_textrel = true;
        break;
    case DT_FLAGS:
        file->has_textrel = file->has_textrel || (entry->d_un.d_val & DF_TEXTREL) != 0;
        break;
    default:
        break;
    }
}

/* Walks the dynamic table with fn until it returns non-zero or the table ends. */
static int each_dynamic(elf_file *file, const Elf64_Phdr *table,
                        int (*fn)(elf_file *file, const Elf64_Dyn *entry,
                                  tcn_err *reterr),
                        tcn_err *reterr)
{
    Elf64_Dyn entry;
    uint64_t count = table->p_filesz / sizeof entry;
    if (count > DYNAMIC_MAX)
        return damaged(reterr, "the dynamic table is too long");
    for (uint64_t i = 0; i < count; i++) {
        if (!elf_read(file, table->p_offset + i * sizeof entry, &entry, sizeof entry))
            return damaged(reterr, "the dynamic table lies outside the file");
        if (entry.d_tag == DT_NULL)
            return 0;
        int rc = fn(file, &entry, reterr);
        if (rc < 0)
            return rc;
    }
    return damaged(reterr, "the dynamic table has no end");
}

static int note_dynamic(elf_file *file, const Elf64_Dyn *entry, tcn_err *reterr)
{
    (void)reterr;
    take_dynamic(file, entry);
    return 0;
}

/* A name in the string table; ptr is NULL when it does not end inside it. */
static tcn_str string_at(const elf_file *file, uint64_t index)
{
    if (index >= file->strings_size)
        return (tcn_str){NULL, 0};
    const char *start = file->image.ptr + file->strings_at + index;
    const char *end = memchr(start, '\0', (size_t)(file->strings_size - index));
    return end == NULL ? (tcn_str){NULL, 0} : tcn_str_of(start, (size_t)(end - start));
}

static int check_run_path(elf_file *file, const Elf64_Dyn *entry, tcn_err *reterr)
{
    if (entry->d_tag != DT_RPATH && entry->d_tag != DT_RUNPATH)
        return 0;
    tcn_str path = string_at(file, entry->d_un.d_val);
    if (path.ptr == NULL)
        return damaged(reterr, "a run path lies outside the string table");
    if (tcn_str_find(path, TCN_STR("$ORIGIN")) == SIZE_MAX &&
        tcn_str_find(path, TCN_STR("${ORIGIN}")) == SIZE_MAX)
        return 0;
    return tcn_err_set(
        reterr, TCN_E_INVALID,
        "has $ORIGIN in its run path, which means nothing in a private copy; link "
        "private code in statically");
}

/* Number of symbols by the GNU hash table: the end of the chain that begins last. */
static int gnu_symbol_count(const elf_file *file, uint32_t *ret, tcn_err *reterr)
{
    uint32_t head[4]; /* buckets, first symbol, bloom words, shift */
    if (!elf_read(file, file->gnu_hash_at, head, sizeof head))
        return damaged(reterr, "the hash table lies outside the file");
    uint64_t buckets_at = file->gnu_hash_at + sizeof head + (uint64_t)head[2] * 8;
    uint64_t chains_at = buckets_at + (uint64_t)head[0] * 4;
    if (head[0] > SYMBOLS_MAX || !elf_holds(file, buckets_at, (uint64_t)head[0] * 4))
        return damaged(reterr, "the hash table lies outside the file");
    uint32_t last = 0, word = 0;
    for (uint32_t i = 0; i < head[0]; i++) {
        (void)elf_read(file, buckets_at + (uint64_t)i * 4, &word, sizeof word);
        last = word > last ? word : last;
    }
    if (last < head[1]) {
        *ret = head[1];
        return 0;
    }
    do {
        if (last > SYMBOLS_MAX ||
            !elf_read(file, chains_at + (uint64_t)(last - head[1]) * 4, &word,
                      sizeof word))
            return damaged(reterr, "a hash chain lies outside the file");
        last++;
    } while ((word & 1) == 0);
    *ret = last;
    return 0;
}

static int symbol_count(const elf_file *file, uint32_t *ret, tcn_err *reterr)
{
    uint32_t head[2]; /* buckets, chains: one chain entry for each symbol */
    if (file->gnu_hash_at != 0)
        return gnu_symbol_count(file, ret, reterr);
    if (file->hash_at == 0 || !elf_read(file, file->hash_at, head, sizeof head))
        return damaged(reterr, "there is no hash table of symbols");
    *ret = head[1];
    return 0;
}

static bool is_exported(const Elf64_Sym *symbol)
{
    unsigned bind = ELF64_ST_BIND(symbol->st_info);
    unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    return symbol->st_shndx != SHN_UNDEF && bind != STB_LOCAL &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static int refuse_entry(tcn_str other, tcn_err *reterr)
{
    if (other.len == 0)
        return tcn_err_set(reterr, TCN_E_INVALID, "does not export " ENTRY "1");
    tcn_str major = {other.ptr + sizeof ENTRY - 1, other.len - (sizeof ENTRY - 1)};
    return tcn_err_set(reterr, TCN_E_INVALID,
                       "does not export " ENTRY "1 (exports " ENTRY
                       "%.*s: made for ABI %.*s, this "
                       "daemon speaks 1)",
                       TCN_STR_ARG(major), TCN_STR_ARG(major));
}

static bool is_other_entry(tcn_str name)
{
    int64_t major;
    return tcn_str_starts(name, TCN_STR(ENTRY)) &&
           tcn_str_int(
               tcn_str_of(name.ptr + sizeof ENTRY - 1, name.len - (sizeof ENTRY - 1)), 0,
               UINT16_MAX, &major);
}

/* Calls fn for each exported symbol. */
static int each_export(const elf_file *file,
                       void (*fn)(tcn_str name, const Elf64_Sym *symbol, void *ud),
                       void *ud, tcn_err *reterr)
{
    uint32_t count = 0;
    int rc = symbol_count(file, &count, reterr);
    if (rc < 0)
        return rc;
    if (count > SYMBOLS_MAX ||
        !elf_holds(file, file->symbols_at, count * sizeof(Elf64_Sym)))
        return damaged(reterr, "the symbol table lies outside the file");
    for (uint32_t i = 1; i < count; i++) {
        Elf64_Sym symbol;
        (void)elf_read(file, file->symbols_at + i * sizeof symbol, &symbol,
                       sizeof symbol);
        if (!is_exported(&symbol))
            continue;
        tcn_str name = string_at(file, symbol.st_name);
        if (name.ptr == NULL)
            return damaged(reterr, "the name of a symbol lies outside the string table");
        fn(name, &symbol, ud);
    }
    return 0;
}

typedef struct symbol_facts {
    bool has_entry, has_unique;
    tcn_str other; /* an entry of another major version */
} symbol_facts;

static void note_symbol(tcn_str name, const Elf64_Sym *symbol, void *ud)
{
    symbol_facts *facts = ud;
    facts->has_unique =
        facts->has_unique || ELF64_ST_BIND(symbol->st_info) == STB_GNU_UNIQUE;
    if (tcn_str_eq(name, TCN_STR(ENTRY "1")))
        facts->has_entry = ELF64_ST_TYPE(symbol->st_info) == STT_FUNC;
    else if (is_other_entry(name))
        facts->other = name;
}

static int check_stack(const elf_file *file, tcn_err *reterr)
{
    const Elf64_Phdr *stack = find_segment(file, PT_GNU_STACK);
    if (stack != NULL && (stack->p_flags & PF_X) == 0)
        return 0;
    return tcn_err_set(reterr, TCN_E_INVALID,
                       "asks for an executable stack (link it with -z noexecstack)");
}

static int read_dynamic(elf_file *file, tcn_err *reterr)
{
    const Elf64_Phdr *table = find_segment(file, PT_DYNAMIC);
    if (table == NULL)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "is not a shared object (link it with -shared)");
    int rc = each_dynamic(file, table, note_dynamic, reterr);
    if (rc < 0)
        return rc;
    if (file->symbols_at == 0 || file->strings_at == 0 ||
        !elf_holds(file, file->strings_at, file->strings_size))
        return damaged(reterr, "the symbol table lies outside the file");
    return 0;
}

/* In the order in which the refusals are documented. */
static int check_dynamic(elf_file *file, tcn_err *reterr)
{
    symbol_facts facts = {0};
    int rc = each_export(file, note_symbol, &facts, reterr);
    if (rc < 0)
        return rc;
    if (!facts.has_entry)
        return refuse_entry(facts.other, reterr);
    if (file->has_textrel)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "has text relocations (compile it with -fPIC)");
    rc = check_stack(file, reterr);
    if (rc < 0)
        return rc;
    if (facts.has_unique)
        return tcn_err_set(reterr, TCN_E_INVALID, "needs -fno-gnu-unique");
    return each_dynamic(file, find_segment(file, PT_DYNAMIC), check_run_path, reterr);
}

static int read_file(elf_file *file, tcn_err *reterr)
{
    int rc = check_head(file, reterr);
    if (rc == 0)
        rc = read_segments(file, reterr);
    if (rc == 0)
        rc = check_sections(file, reterr);
    return rc == 0 ? read_dynamic(file, reterr) : rc;
}

int tcn_elf_check(tcn_str image, tcn_err *reterr)
{
    elf_file file = {.image = image};
    int rc = read_file(&file, reterr);
    return rc == 0 ? check_dynamic(&file, reterr) : rc;
}

typedef struct name_sink {
    void (*fn)(tcn_str name, void *ud);
    void *ud;
} name_sink;

static void hand_on(tcn_str name, const Elf64_Sym *symbol, void *ud)
{
    const name_sink *sink = ud;
    (void)symbol;
    sink->fn(name, sink->ud);
}

int tcn_elf_exports(tcn_str image, void (*fn)(tcn_str name, void *ud), void *ud,
                    tcn_err *reterr)
{
    elf_file file = {.image = image};
    name_sink sink = {fn, ud};
    int rc = read_file(&file, reterr);
    return rc == 0 ? each_export(&file, hand_on, &sink, reterr) : rc;
}
