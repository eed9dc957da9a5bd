#include "core/seal.h"

#include "core/calendar.h"
#include "core/limits.h"

#include <string.h>

#define TITLE "leima-statement 1"

/* --- hexadecimal --- */

static void
put_hex(struct text *text, const uint8_t *bytes, uint32_t size)
{
    static const char DIGITS[] = "0123456789abcdef";

    for (uint32_t i = 0; i < size; i++) {
        text_char(text, DIGITS[bytes[i] >> 4]);
        text_char(text, DIGITS[bytes[i] & 15]);
    }
}

static int
digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool
parse_hex(view text, uint8_t *bytes, uint32_t size)
{
    if (text.size != size * 2)
        return false;
    for (uint32_t i = 0; i < size; i++) {
        int high = digit(text.bytes[2 * i]);
        int low = digit(text.bytes[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void
seal_format_key(crypto_public_key key, struct text *text)
{
    put_hex(text, key.bytes, sizeof key.bytes);
}

bool
seal_parse_key(view text, crypto_public_key *ret_key)
{
    return parse_hex(text, ret_key->bytes, sizeof ret_key->bytes);
}

/* --- writing --- */

static void
put_line(struct text *text, const char *name, const uint8_t *bytes,
         uint32_t size)
{
    text_string(text, name);
    text_char(text, ' ');
    put_hex(text, bytes, size);
    text_char(text, '\n');
}

void
seal_write(struct text *text, const struct seal *seal)
{
    char month[8];

    calendar_format_month(seal->period, month);
    text_format(text, TITLE "\nperiod %s\n", month);
    if (seal->partner.size > 0) {
        text_string(text, "partner ");
        text_view_append(text, seal->partner);
        text_char(text, '\n');
    } else {
        put_line(text, "heads", seal->heads.bytes, sizeof seal->heads.bytes);
    }
    put_line(text, "key", seal->key.bytes, sizeof seal->key.bytes);
    put_line(text, "signature", seal->signature.bytes,
             sizeof seal->signature.bytes);
}

/* --- reading --- */

/* The next line without its end; false at the end of the text. */
static bool
next_line(view *rest, view *ret_line)
{
    const uint8_t *end;

    if (rest->size == 0)
        return false;
    end = memchr(rest->bytes, '\n', rest->size);
    uint32_t size = end == NULL ? rest->size : (uint32_t)(end - rest->bytes);
    *ret_line = (view) { rest->bytes, size };
    if (size > 0 && ret_line->bytes[size - 1] == '\r')
        ret_line->size--;
    uint32_t taken = end == NULL ? size : size + 1;
    *rest = (view) { rest->bytes + taken, rest->size - taken };
    return true;
}

/* Whether the line is "name value"; then its value. */
static bool
is_field(view line, const char *name, view *ret_value)
{
    uint32_t size = (uint32_t)strlen(name);

    if (line.size <= size || memcmp(line.bytes, name, size) != 0 ||
        line.bytes[size] != ' ')
        return false;
    *ret_value = (view) { line.bytes + size + 1, line.size - size - 1 };
    return true;
}

/* One line; false: it is none that belongs there.  `found` gathers bits. */
static bool
take_line(view line, struct seal *seal, unsigned *found)
{
    view value;

    if (is_field(line, "period", &value)) {
        *found |= 1;
        return calendar_parse_month(value, &seal->period);
    }
    if (is_field(line, "partner", &value)) {
        *found |= 2;
        seal->partner = value;
        return value.size <= LIMIT_NAME_SIZE;
    }
    if (is_field(line, "heads", &value)) {
        *found |= 2;
        return parse_hex(value, seal->heads.bytes, sizeof seal->heads.bytes);
    }
    if (is_field(line, "key", &value)) {
        *found |= 4;
        return seal_parse_key(value, &seal->key);
    }
    if (is_field(line, "signature", &value)) {
        *found |= 8;
        return parse_hex(value, seal->signature.bytes,
                         sizeof seal->signature.bytes);
    }
    return false;
}

enum err
seal_read(view text, struct seal *ret_seal, struct complaint *complaint)
{
    struct seal seal = { 0 };
    unsigned found = 0;
    uint32_t number = 1;
    view line;

    if (!next_line(&text, &line) || !view_equal(line, view_of(TITLE)))
        return complain(complaint, "line 1: expected \"" TITLE "\"");
    while (next_line(&text, &line)) {
        number++;
        if (!take_line(line, &seal, &found))
            return complain(complaint,
                            "line %u: expected period, partner, heads, key "
                            "or signature, found %s",
                            number, err_quote(line).text);
    }
    if (found != 15)
        return complain(complaint, "a line is missing: period, partner or "
                                   "heads, key and signature are needed");
    *ret_seal = seal;
    return OK;
}

/* --- signing --- */

static void
put_signed(struct text *text, view bytes, const digest *heads)
{
    text_view_append(text, bytes);
    if (heads != NULL)
        text_bytes(text, heads->bytes, sizeof heads->bytes);
}

enum err
seal_make(const crypto_secret_key *secret, view bytes, const digest *heads,
          crypto_signature *ret_signature)
{
    struct text text = { 0 };

    put_signed(&text, bytes, heads);
    enum err err = text_ok(&text) ? OK : ERR_MEMORY;
    if (err == OK)
        *ret_signature = crypto_signature_make(secret, text_view(&text));
    text_close(&text);
    return err;
}

enum err
seal_check(const struct seal *seal, crypto_public_key key, view bytes)
{
    struct text text = { 0 };

    put_signed(&text, bytes, seal->partner.size > 0 ? NULL : &seal->heads);
    enum err err = text_ok(&text) ? OK : ERR_MEMORY;
    if (err == OK &&
        !crypto_signature_check(key, text_view(&text), seal->signature))
        err = ERR_INPUT;
    text_close(&text);
    return err;
}
