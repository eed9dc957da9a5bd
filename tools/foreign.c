#include "tools/foreign.h"

#include <string.h>

#define UNPACK(by, with)                                                       \
    "compressed by " by "; expected text: unpack it (" with                    \
    " FILE prints it, and - takes it from the pipe)"
#define AS_CSV "; expected text: save the sheet as CSV in UTF-8"
#define RECODE(from)                                                           \
    "UTF-16; expected UTF-8: convert it (iconv -f " from " -t UTF-8 FILE)"

#define UNSEALED                                                               \
    "; only a statement as JSON bears a seal: check settle-PERIOD.json, or "   \
    "settle-PERIOD-PARTNER.json, with the .sig beside it (at the hub, leima "  \
    "settle --signed writes both)"

struct kind {
    const char *start;
    uint32_t size;
    const char *words;
};

static const struct kind KINDS[] = {
    { "\x1F\x8B", 2, UNPACK("gzip", "zcat") },
    { "BZh9", 4, UNPACK("bzip2", "bzcat") },
    { "\xFD"
      "7zXZ",
      5, UNPACK("xz", "xzcat") },
    { "\x28\xB5\x2F\xFD", 4, UNPACK("zstd", "zstdcat") },
    { "PK\x03\x04", 4,
      "a zip archive, or a workbook (xlsx, ods); expected text: unpack it, or "
      "save the sheet as CSV in UTF-8" },
    { "\xD0\xCF\x11\xE0", 4, "an old workbook (xls)" AS_CSV },
    { "%PDF-", 5, "a PDF; expected text" },
    { "SQLite format 3", 15,
      "an SQLite database; expected text: write the table out as CSV" },
    { "PAR1\x15", 5, "Parquet; expected text: write it out as CSV" },
    { "\xFF\xFE", 2, RECODE("UTF-16") },
    { "\xFE\xFF", 2, RECODE("UTF-16") },
};

/* What a statement may have become that is to be checked. */
static const struct kind FORMS[] = {
    { "PK\x03\x04", 4, "a workbook (xlsx, ods), or a zip archive" UNSEALED },
    { "\xD0\xCF\x11\xE0", 4, "an old workbook (xls)" UNSEALED },
    { "%PDF-", 5, "a PDF" UNSEALED },
};

/* NULL: it is none of them. */
static const char *
find_words(const struct kind *kinds, uint32_t count, view start)
{
    for (uint32_t i = 0; i < count; i++)
        if (start.size >= kinds[i].size &&
            memcmp(start.bytes, kinds[i].start, kinds[i].size) == 0)
            return kinds[i].words;
    return NULL;
}

/* The first character of a text is hardly ever above U+00FF. */
static const char *
words_of_zeros(view start)
{
    const uint8_t *bytes = start.bytes;

    if (start.size >= 3 && bytes[0] >= ' ' && bytes[1] == 0 && bytes[2] != 0)
        return RECODE("UTF-16LE");
    if (start.size >= 3 && bytes[0] == 0 && bytes[1] >= ' ' && bytes[2] == 0)
        return RECODE("UTF-16BE");
    return "binary; expected text";
}

const char *
foreign_words(view start)
{
    if (start.size == 0)
        return NULL;
    if (start.size > FOREIGN_LOOK)
        start.size = FOREIGN_LOOK;
    const char *words = find_words(KINDS, COUNT_OF(KINDS), start);
    if (words != NULL || memchr(start.bytes, '\0', start.size) == NULL)
        return words;
    return words_of_zeros(start);
}

const char *
foreign_words_of_lines(view line)
{
    const char *words = foreign_words(line);

    /* What is no object has no brace; a heading has, mostly, delimiters. */
    if (words != NULL || line.size == 0 ||
        memchr(line.bytes, '{', line.size) != NULL ||
        memchr(line.bytes, '[', line.size) != NULL)
        return words;
    for (const char *mark = ",;\t|"; *mark != '\0'; mark++)
        if (memchr(line.bytes, *mark, line.size) != NULL)
            return "looks like CSV; expected a JSON object on each line: for "
                   "CSV, import takes --map MAP.yaml, which says what its "
                   "columns are (shipped in share/leima/maps, of the source "
                   "tools/maps: cdnow, online_retail and completejourney_*, "
                   "examples for one of your own)";
    return NULL;
}

const char *
foreign_words_of_statement(view start)
{
    const char *words = find_words(FORMS, COUNT_OF(FORMS), start);
    uint32_t at = 0;

    if (words == NULL)
        words = foreign_words(start);
    /* An editor may have put something before it. */
    while (at < start.size &&
           memchr("\xEF\xBB\xBF \t\r\n", start.bytes[at], 7) != NULL)
        at++;
    if (words == NULL && at < start.size && start.bytes[at] != '{')
        words = "not JSON" UNSEALED;
    return words;
}
