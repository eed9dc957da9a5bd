#include "tools/foreign.h"

#include <string.h>

#define UNPACK(by, with)                                                       \
    "compressed by " by "; expected text: unpack it (" with                    \
    " FILE prints it, and - takes it from the pipe)"
#define AS_CSV "; expected text: save the sheet as CSV in UTF-8"
#define RECODE(from)                                                           \
    "UTF-16; expected UTF-8: convert it (iconv -f " from " -t UTF-8 FILE)"

static const struct {
    const char *start;
    uint32_t size;
    const char *words;
} KINDS[] = {
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
    for (uint32_t i = 0; i < COUNT_OF(KINDS); i++)
        if (start.size >= KINDS[i].size &&
            memcmp(start.bytes, KINDS[i].start, KINDS[i].size) == 0)
            return KINDS[i].words;
    if (memchr(start.bytes, '\0', start.size) == NULL)
        return NULL;
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
