/*
 * text.h - a growing buffer of bytes: what commands, exporters and packers
 * write into before anything leaves the process
 *
 * The first failure to grow sticks: later appends do nothing, and text_ok()
 * says so once at the end.  JSON helpers write compact JSON with ", " and
 * ": " as the examples of the specification do; the caller keeps the commas
 * by calling text_comma().
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include "core/base.h"

struct text {
    uint8_t *bytes; /* owned; malloc */
    size_t size;
    size_t room;
    bool failed;
};

/* A zeroed struct text is an empty one. */
void text_close(struct text *text);
void text_clear(struct text *text);
bool text_ok(const struct text *text);
/* Whether any text of this process has failed for want of memory: what was
 * written from it may lack something, whoever did not ask. */
bool text_has_lacked(void);
/* Fails it, for who could not make what was to be appended. */
void text_fail(struct text *text);
view text_view(const struct text *text);

/* The size of the UTF-8 character that the bytes begin with; 0 if they begin
 * with none (RFC 3629: no overlong forms, no surrogates) or with NUL. */
uint32_t text_utf8_size(const uint8_t *bytes, uint32_t left);

/* What so many are called: `one` where it is one. */
const char *text_plural(uint64_t count, const char *one, const char *many);

/* What is behind a byte order mark, where the bytes begin with one. */
view text_without_mark(view bytes);

/* Makes room for `size` bytes behind those that are there, for who writes
 * them in place.  False: once anything has failed. */
NODISCARD bool text_reserve(struct text *text, size_t size);

/* Append; what fails, for want of memory, sticks and is told by text_ok(). */
void text_bytes(struct text *text, const void *bytes, size_t size);
void text_view_append(struct text *text, view bytes);
void text_string(struct text *text, const char *string);
void text_char(struct text *text, char c);
void text_integer(struct text *text, int64_t value);
void text_unsigned(struct text *text, uint64_t value);
void text_format(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

/* ", " unless the last byte opens an object or array. */
void text_comma(struct text *text);
/* A JSON string with quotes and escapes; the bytes are UTF-8. */
void text_json_string(struct text *text, view value);
/* `"key": ` after text_comma(); `key` needs no escapes. */
void text_json_key(struct text *text, const char *key);
void text_json_integer(struct text *text, const char *key, int64_t value);
void text_json_view(struct text *text, const char *key, view value);
/* The same of words that may not be UTF-8, as a file's name, or one that was
 * cut: with `?` for what is none. */
void text_json_words(struct text *text, const char *key, view value);
void text_json_bool(struct text *text, const char *key, bool value);
/* A UTC time with milliseconds as calendar_format_time() writes it. */
void text_json_time(struct text *text, const char *key, int64_t at_ms);
void text_json_null(struct text *text, const char *key);

#endif
