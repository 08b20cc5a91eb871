/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - reading the table of a plugin that may be older, newer, or wrong. Only the
 * head is read before the sizes in it are known to be possible. */
#include "core/gate/table.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/gate/take.h"
#include "core/option/option_value.h"
#include "core/option/options.h"

#define STRUCT_MAX       4096
#define NAME_MAX_BYTES   32
#define TEXT_MAX_BYTES   1000
#define CAPABILITIES_MAX 16
/* What a word of so many bytes may hold. */
#define WORD(extra, max) "a-z, 0-9 and " extra ", beginning with a-z, at most " max

/* Size of tocsin_plugin in each minor version that this host knows. A younger header adds
 * its own; tests of younger hosts give the whole list. */
#ifndef TCN_TABLE_SIZES
#define TCN_TABLE_SIZES sizeof(tocsin_plugin)
#endif
static const uint32_t sizes[] = {TCN_TABLE_SIZES};
_Static_assert(TCN_COUNT(sizes) == TOCSIN_ABI_MINOR + 1,
               "one size for each minor version");

/* One that no version could have. */
static int check_bounds(const tocsin_abi *abi, tcn_err *reterr)
{
    if (abi->struct_size < sizes[0])
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "says ABI %u.%u but its table has %u bytes, not %u",
                           abi->major, abi->minor, abi->struct_size, sizes[0]);
    if (abi->struct_size > STRUCT_MAX)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "says that its table has %u bytes, above the maximum %u",
                           abi->struct_size, STRUCT_MAX);
    return 0;
}

static int check_abi(const tocsin_abi *abi, tcn_err *reterr)
{
    int rc = check_bounds(abi, reterr);
    if (rc < 0)
        return rc;
    if (abi->major != TOCSIN_ABI_MAJOR)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "says ABI %u.%u, but its entry is for ABI %u", abi->major,
                           abi->minor, TOCSIN_ABI_MAJOR);
    if (abi->min_minor > abi->minor)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "says ABI %u.%u and that it needs ABI %u.%u", abi->major,
                           abi->minor, abi->major, abi->min_minor);
    if (abi->min_minor > TOCSIN_ABI_MINOR)
        return tcn_err_set(reterr, TCN_E_UNSUPPORTED,
                           "needs ABI %u.%u, this daemon speaks %u.%u", abi->major,
                           abi->min_minor, TOCSIN_ABI_MAJOR, TOCSIN_ABI_MINOR);
    if (abi->minor < TCN_COUNT(sizes) && abi->struct_size != sizes[abi->minor])
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "says ABI %u.%u but its table has %u bytes, not %u",
                           abi->major, abi->minor, abi->struct_size, sizes[abi->minor]);
    return 0;
}

/* The kernel looks before it copies: a pointer into nowhere is an error and no crash.
 * Only a size that is known to be possible is looked at. */
static bool is_readable(const void *ptr, size_t len)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return true;
    ssize_t n = write(ends[1], ptr, len);
    bool is_fault = n != (ssize_t)len && (n >= 0 || errno == EFAULT);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return !is_fault;
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* [a-z][a-z0-9X]*, where X is extra; at most max bytes. */
bool tcn_is_word(const char *text, char extra, size_t max)
{
    if (text == NULL || !is_lower(text[0]))
        return false;
    size_t len = strnlen(text, max + 1);
    for (size_t i = 0; i < len; i++)
        if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != extra)
            return false;
    return len <= max;
}

static bool is_version(const char *text)
{
    size_t len = text == NULL ? 0 : strnlen(text, NAME_MAX_BYTES + 1);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!is_digit(c) && !is_lower(c) && !(c >= 'A' && c <= 'Z') &&
            strchr(".+-~_", c) == NULL)
            return false;
    }
    return len > 0 && len <= NAME_MAX_BYTES;
}

/* One line of valid text. */
bool tcn_is_line(const char *text)
{
    size_t len = text == NULL ? 0 : strnlen(text, TEXT_MAX_BYTES + 1), bad;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return len > 0 && len <= TEXT_MAX_BYTES &&
           tcn_utf8_valid(tcn_str_of(text, len), &bad);
}

static int malformed(const char *what, const char *text, const char *rule,
                     tcn_err *reterr)
{
    if (text == NULL || text[0] == '\0')
        return tcn_err_set(reterr, TCN_E_INVALID, "lacks %s", what);
    tcn_buf shown;
    tcn_buf_init(&shown, 512);
    (void)tcn_buf_add_printable(&shown, tcn_str_of(text, strnlen(text, 60)));
    int rc = tcn_err_set(reterr, TCN_E_INVALID, "has the malformed %s \"%.*s\": %s", what,
                         TCN_STR_ARG(tcn_buf_str(&shown)), rule);
    tcn_buf_deinit(&shown);
    return rc;
}

static int check_names(const tocsin_plugin *plugin, tcn_err *reterr)
{
    static const char line[] = "one line of UTF-8, at most 1000 bytes";
    if (!tcn_is_word(plugin->id, '-', NAME_MAX_BYTES))
        return malformed("id", plugin->id, WORD("-", "32"), reterr);
    if (!is_version(plugin->version))
        return malformed("version", plugin->version,
                         "at most 32 letters, digits and signs of .+-~_", reterr);
    if (!tcn_is_line(plugin->title))
        return malformed("title", plugin->title, line, reterr);
    if (!tcn_is_line(plugin->summary))
        return malformed("summary", plugin->summary, line, reterr);
    return 0;
}

static int check_slots(const tocsin_plugin *plugin, tcn_err *reterr)
{
    const char *missing = plugin->create == NULL    ? "create"
                          : plugin->send == NULL    ? "send"
                          : plugin->destroy == NULL ? "destroy"
                                                    : NULL;
    if (missing != NULL)
        return tcn_err_set(reterr, TCN_E_INVALID, "lacks %s", missing);
    return 0;
}

static int read_capabilities(tcn_table *table, tcn_err *reterr)
{
    const char *const *names = table->plugin.capabilities;
    for (size_t i = 0; names != NULL && i < CAPABILITIES_MAX && names[i] != NULL; i++) {
        table->can_notify = table->can_notify || strcmp(names[i], "notify") == 0;
        table->can_act = table->can_act || strcmp(names[i], "action") == 0;
    }
    if (!table->can_notify && !table->can_act)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "has no capability that this daemon knows (notify, action)");
    if (table->can_act && table->plugin.action_count == 0)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "has the capability action but no action types");
    return 0;
}

/* Copies count items of their size into items of own size, zeroed beyond what theirs
 * have. */
int tcn_table_copy_items(const void *theirs, uint32_t count, uint32_t their_size,
                         const tcn_item_kind *kind, tcn_arena *arena, void **ret,
                         tcn_err *reterr)
{
    *ret = NULL;
    if (count == 0)
        return 0;
    if (count > kind->limit)
        return tcn_err_set(reterr, TCN_E_LIMIT, "has %u %s, above the maximum %u", count,
                           kind->what, kind->limit);
    if (theirs == NULL)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "says that it has %u %s, but no table of them", count,
                           kind->what);
    if (their_size < kind->first_size || their_size > STRUCT_MAX)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "has a table of %s with entries of %u bytes, not %zu",
                           kind->what, their_size, kind->own_size);
    char *items = tcn_arena_zero(arena, count * kind->own_size);
    if (items == NULL)
        return tcn_err_no_memory(reterr);
    size_t size = their_size < kind->own_size ? their_size : kind->own_size;
    for (uint32_t i = 0; i < count; i++)
        memcpy(items + i * kind->own_size, (const char *)theirs + (size_t)i * their_size,
               size);
    *ret = items;
    return 0;
}

int tcn_table_copy_options(const tocsin_option **options, uint32_t count, uint32_t *size,
                           tcn_arena *arena, tcn_err *reterr)
{
    static const tcn_item_kind kind = {sizeof **options, TCN_FIRST_OPTION,
                                       TCN_OPTIONS_MAX, "options"};
    void *copy = NULL;
    int rc = tcn_table_copy_items(*options, count, *size, &kind, arena, &copy, reterr);
    *options = copy;
    *size = sizeof **options;
    return rc;
}

static int copy_tables(tcn_table *table, tcn_arena *arena, tcn_err *reterr)
{
    static const tcn_item_kind kind = {sizeof(tocsin_action_type), TCN_FIRST_ACTION_TYPE,
                                       TCN_ACTIONS_MAX, "action types"};
    tocsin_plugin *plugin = &table->plugin;
    int rc = tcn_table_copy_options(&plugin->options, plugin->option_count,
                                    &plugin->option_size, arena, reterr);
    if (rc < 0)
        return rc;
    void *copy = NULL;
    rc = tcn_table_copy_items(plugin->actions, plugin->action_count, plugin->action_size,
                              &kind, arena, &copy, reterr);
    tocsin_action_type *actions = copy;
    for (uint32_t i = 0; rc == 0 && i < plugin->action_count; i++)
        rc = tcn_table_copy_options(&actions[i].params, actions[i].param_count,
                                    &actions[i].param_size, arena, reterr);
    plugin->actions = actions;
    plugin->action_size = sizeof *actions;
    return rc;
}

int tcn_table_read(const tocsin_plugin *theirs, tcn_arena *arena, tcn_table *ret,
                   tcn_err *reterr)
{
    tocsin_abi abi;
    if (!is_readable(theirs, sizeof abi))
        return tcn_err_set(reterr, TCN_E_INVALID, "has a table that cannot be read");
    memcpy(&abi, theirs, sizeof abi);
    int rc = check_abi(&abi, reterr);
    if (rc < 0)
        return rc;
    if (!is_readable(theirs, abi.struct_size))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "says that its table has %u bytes, which cannot be read",
                           abi.struct_size);
    tcn_table table = {0};
    size_t size =
        abi.struct_size < sizeof table.plugin ? abi.struct_size : sizeof table.plugin;
    memcpy(&table.plugin, theirs, size);
    rc = check_slots(&table.plugin, reterr);
    if (rc == 0)
        rc = check_names(&table.plugin, reterr);
    if (rc == 0)
        rc = read_capabilities(&table, reterr);
    if (rc == 0)
        rc = copy_tables(&table, arena, reterr);
    if (rc == 0)
        *ret = table;
    return rc;
}

/* ---- option tables ---- */

static int check_key(const tocsin_option *options, size_t i, tcn_err *reterr)
{
    if (!tcn_is_word(options[i].key, '_', 63))
        return malformed("option key", options[i].key, WORD("_", "63"), reterr);
    for (size_t k = 0; k < i; k++)
        if (strcmp(options[k].key, options[i].key) == 0)
            return tcn_err_set(reterr, TCN_E_INVALID, "option \"%s\": stands twice",
                               options[i].key);
    return 0;
}

static bool is_any(uint32_t type, const uint32_t *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (types[i] == type)
            return true;
    return false;
}

static const char *flag_mistake(const tocsin_option *option)
{
    static const uint32_t secret[] = {TOCSIN_OPT_STRING, TOCSIN_OPT_TEXT, TOCSIN_OPT_URL,
                                      TOCSIN_OPT_MAP};
    static const uint32_t template[] = {TOCSIN_OPT_STRING, TOCSIN_OPT_TEXT,
                                        TOCSIN_OPT_URL,    TOCSIN_OPT_LIST,
                                        TOCSIN_OPT_MAP,    TOCSIN_OPT_JSON};
    if ((option->flags & TOCSIN_OPT_SECRET) != 0) {
        if (!is_any(option->type, secret, TCN_COUNT(secret)))
            return "its type cannot be SECRET";
        if (option->dflt != NULL)
            return "is SECRET and has a default";
    }
    if ((option->flags & TOCSIN_OPT_TEMPLATE) != 0 &&
        !is_any(option->type, template, TCN_COUNT(template)))
        return "its type cannot be TEMPLATE";
    return NULL;
}

static const char *option_mistake(const tocsin_option *option, bool may_be_host_key)
{
    if (!may_be_host_key && tcn_is_host_key(option->key))
        return "is a key of the daemon's own";
    if (!tcn_option_type_known(option->type))
        return "has an unknown type";
    if (option->doc == NULL || option->doc[0] == '\0')
        return "lacks doc";
    if ((option->choices != NULL) != (option->type == TOCSIN_OPT_ENUM))
        return option->choices != NULL ? "has choices but is no ENUM"
                                       : "is an ENUM without choices";
    if (option->min > option->max)
        return "its minimum is above its maximum";
    return flag_mistake(option);
}

static int check_default(const tocsin_option *option, tcn_err *reterr)
{
    json_t *standard = tcn_option_default(option);
    if (standard == NULL)
        return option->dflt == NULL
                   ? 0
                   : tcn_err_set(reterr, TCN_E_INVALID,
                                 "option \"%s\": default is not UTF-8", option->key);
    tcn_arena scratch;
    tcn_arena_init(&scratch, (size_t)4 << 20);
    tcn_option_value value = {0};
    tcn_err err = {0};
    int rc = tcn_option_value_read(option, standard, &scratch, &value, &err);
    tcn_arena_deinit(&scratch);
    json_decref(standard);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "option \"%s\": default %.300s", option->key,
                           err.text);
    return 0;
}

int tcn_table_check_list(const tocsin_option *options, size_t count, bool may_be_host_key,
                         tcn_err *reterr)
{
    for (size_t i = 0; i < count; i++) {
        int rc = check_key(options, i, reterr);
        if (rc < 0)
            return rc;
        const char *mistake = option_mistake(&options[i], may_be_host_key);
        if (mistake != NULL)
            return tcn_err_set(reterr, TCN_E_INVALID, "option \"%s\": %s", options[i].key,
                               mistake);
        rc = check_default(&options[i], reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int tcn_table_check_options(const tcn_table *table, tcn_err *reterr)
{
    const tocsin_plugin *plugin = &table->plugin;
    int rc = tcn_table_check_list(plugin->options, plugin->option_count, false, reterr);
    for (uint32_t i = 0; rc == 0 && i < plugin->action_count; i++) {
        const tocsin_action_type *action = &plugin->actions[i];
        tcn_err err = {0};
        if (!tcn_is_word(action->type, '-', 63))
            return malformed("action type", action->type, WORD("-", "63"), reterr);
        if (action->doc == NULL || action->doc[0] == '\0')
            return tcn_err_set(reterr, TCN_E_INVALID, "action \"%s\": lacks doc",
                               action->type);
        rc = tcn_table_check_list(action->params, action->param_count, false, &err);
        if (rc < 0)
            return tcn_err_set(reterr, rc, "action \"%s\": %.400s", action->type,
                               err.text);
    }
    return rc;
}
