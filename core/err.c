#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char *const NAMES[] = {
    [OK] = "done",
    [ERR_INPUT] = "bad input",
    [ERR_NOT_FOUND] = "not found",
    [ERR_EXISTS] = "exists already",
    [ERR_CONFLICT] = "conflict",
    [ERR_UNKNOWN] = "made by a later version",
    [ERR_CORRUPT] = "damaged",
    [ERR_FULL] = "no space left on the disk",
    [ERR_IO] = "input/output error",
    [ERR_MEMORY] = "out of memory",
    [ERR_BUSY] = "in use",
};
static_assert(COUNT_OF(NAMES) == ERR_COUNT, "a name for every fault");

/* Diagnostics only, written once: nothing decides by it. */
static _Atomic(const char *) witness_file;
static _Atomic int witness_line;

const char *
err_name(enum err err)
{
    assert((unsigned)err < ERR_COUNT);
    return NAMES[err];
}

enum err
err_of_errno(int code)
{
    if (code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG)
        return ERR_NOT_FOUND;
    return err_of_write(code);
}

enum err
err_of_write(int code)
{
    return code == ENOSPC || code == EDQUOT ? ERR_FULL : ERR_IO;
}

enum err
err_corrupt_at(const char *file, int line)
{
    const char *none = NULL;

    if (atomic_compare_exchange_strong(&witness_file, &none, file))
        atomic_store(&witness_line, line);
    return ERR_CORRUPT;
}

const char *
err_witness(void)
{
    static _Thread_local char text[128];
    const char *file = atomic_load(&witness_file);

    if (file == NULL)
        return "";
    snprintf(text, sizeof text, "%s:%d", file, atomic_load(&witness_line));
    return text;
}

enum err
complain(struct complaint *complaint, const char *format, ...)
{
    if (complaint != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(complaint->text, sizeof complaint->text, format, arguments);
        va_end(arguments);
    }
    return ERR_INPUT;
}

struct quoted
err_quote(view found)
{
    struct quoted quoted;
    uint32_t shown = found.size < 76 ? found.size : 76;
    uint32_t size = 0;

    /* Never cuts a character of UTF-8 in two. */
    while (shown < found.size && shown > 0 &&
           (found.bytes[shown] & 0xc0) == 0x80)
        shown--;

    quoted.text[size++] = '"';
    for (uint32_t i = 0; i < shown; i++) {
        uint8_t c = found.bytes[i];
        quoted.text[size++] = (char)(c < ' ' || c == 0x7f ? '?' : c);
    }
    if (shown < found.size) {
        memcpy(quoted.text + size, "...", 3);
        size += 3;
    }
    quoted.text[size++] = '"';
    quoted.text[size] = '\0';
    return quoted;
}
