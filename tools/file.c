#include "tools/file.h"

#include "core/json.h"
#include "core/limits.h"
#include "core/text.h"
#include "tools/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_standard(const char *path)
{
    return strcmp(path, "-") == 0;
}

const char *
file_name(const char *path)
{
    return is_standard(path) ? "standard input" : path;
}

void
file_hold_standard(void)
{
    static const int WAYS[] = {
        [STDIN_FILENO] = O_WRONLY,
        [STDOUT_FILENO] = O_RDONLY,
        [STDERR_FILENO] = O_RDWR,
    };

    /* The lowest free number is taken, which is the one that was missed. */
    for (int number = 0; number < (int)COUNT_OF(WAYS); number++)
        if (fcntl(number, F_GETFD) < 0 &&
            open("/dev/null", WAYS[number]) != number)
            abort();
}

enum err
file_fault(const char *path, struct complaint *complaint)
{
    const int code = errno;

    if (code == EISDIR) {
        complain(complaint, "%s: a directory; expected a file", path);
        return ERR_INPUT;
    }
    enum err err = err_of_errno(code);
    complain(complaint, "%s: %s", path[0] == '\0' ? "\"\"" : path,
             err == ERR_FULL || code == EIO ? err_name(err) : strerror(code));
    return err;
}

/* Not by opening it: a pipe can be opened only once. */
enum err
file_check(const char *path, struct complaint *complaint)
{
    struct stat about;

    if (is_standard(path))
        return OK;
    if (access(path, R_OK) != 0 || stat(path, &about) != 0)
        return file_fault(path, complaint);
    if (!S_ISDIR(about.st_mode))
        return OK;
    errno = EISDIR;
    return file_fault(path, complaint);
}

enum err
file_open(const char *path, FILE **ret_file, struct complaint *complaint)
{
    struct stat about;
    FILE *file = is_standard(path) ? stdin : fopen(path, "rb");

    if (file == NULL)
        return file_fault(path, complaint);
    /* A directory opens, too, and fails when it is read. */
    if (fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode)) {
        if (file != stdin)
            fclose(file);
        errno = EISDIR;
        return file_fault(file_name(path), complaint);
    }
    *ret_file = file;
    return OK;
}

enum err
file_create(const char *path, FILE **ret_file, struct complaint *complaint)
{
    FILE *file = is_standard(path) ? stdout : fopen(path, "wb");

    if (file == NULL)
        return file_fault(path, complaint);
    *ret_file = file;
    return OK;
}

/* As it comes: room for the most that is allowed may be a gigabyte.  False:
 * no memory. */
static bool
read_all(FILE *in, size_t size_max, struct text *text)
{
    enum { STEP = 1 << 16 };
    size_t got = 1;

    while (got > 0 && text->size < size_max && text_reserve(text, STEP)) {
        size_t left = size_max - text->size;
        got = fread(text->bytes + text->size, 1, left < STEP ? left : STEP, in);
        text->size += got;
    }
    return text_ok(text);
}

struct wanted {
    uint32_t size_max;
    const char *(*look)(view start); /* what it is that is not wanted */
};

static enum err
read_wanted(const char *path, struct wanted wanted, struct arena *arena,
            view *ret_bytes, struct complaint *complaint)
{
    FILE *in = NULL;
    enum err err = file_open(path, &in, complaint);

    if (err != OK)
        return err;
    struct text text = { 0 };
    const char *name = file_name(path), *words;
    if (!read_all(in, (size_t)wanted.size_max + 1, &text)) {
        complain(complaint, "%s: %s", name, err_name(ERR_MEMORY));
        err = ERR_MEMORY;
    } else if (ferror(in)) {
        err = file_fault(name, complaint);
    } else if ((words = wanted.look(text_view(&text))) != NULL) {
        complain(complaint, "%s: %s", name, words);
        err = ERR_INPUT;
    } else if (text.size > wanted.size_max) {
        complain(complaint, "%s: expected at most %u bytes", name,
                 wanted.size_max);
        err = ERR_INPUT;
    } else {
        *ret_bytes = arena_copy(arena, text_view(&text));
    }
    text_close(&text);
    if (in != stdin)
        fclose(in);
    return err;
}

enum err
file_read(const char *path, uint32_t size_max, struct arena *arena,
          view *ret_bytes, struct complaint *complaint)
{
    return read_wanted(path, (struct wanted) { size_max, foreign_words }, arena,
                       ret_bytes, complaint);
}

enum err
file_read_statement(const char *path, struct arena *arena, view *ret_bytes,
                    struct complaint *complaint)
{
    const struct wanted wanted = { LIMIT_STATEMENT_SIZE,
                                   foreign_words_of_statement };

    return read_wanted(path, wanted, arena, ret_bytes, complaint);
}

view
file_unwrap(view file, const char *key, struct arena *arena)
{
    struct json_tree *tree = NULL;
    struct complaint why;
    view inner = file;

    if (json_open(file, &tree, &why) == OK &&
        json_get_string(json_get(tree, key), &inner))
        inner = arena_copy(arena, inner);
    json_close(tree);
    return inner;
}
