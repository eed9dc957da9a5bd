/*
 * standing_file.c - kept totals as bytes (see standing_parts.h)
 */
#include "core/hash.h"
#include "core/list.h"
#include "core/standing_parts.h"
#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x544f54414d49454c) /* "LEIMATOT" */

enum {
    FORMAT = 1,
    PATH_SIZE = 4096,
    ROW_WORDS = 4 + MEASURE_STATEMENT_COUNT + 2 * TOTALS_FIGURES,
    PAIR_WORDS = 5,
    HEAD_WORDS = 16,
    LIST_MAX = 1 << 26, /* entries of any list */
};
#define SUMS_SIZE ((size_t)1 << 34) /* address space */
#define FILE_SIZE_MAX (INT64_C(1) << 31)

enum err
standing_sums_open(struct standing_sums **ret_sums)
{
    struct standing_sums *sums = calloc(1, sizeof *sums);

    if (sums == NULL || !arena_open(&sums->arena, SUMS_SIZE)) {
        free(sums);
        return ERR_MEMORY;
    }
    sums->as_of_ms = INT64_MIN;
    sums->months = totals_open(&sums->arena);
    sums->ahead = totals_open(&sums->arena);
    *ret_sums = sums;
    return OK;
}

void
standing_sums_close(struct standing_sums *sums)
{
    if (sums == NULL)
        return;
    arena_close(&sums->arena);
    free(sums);
}

/* The slot of the instant, or the free one where it belongs. */
static int32_t *
find_slot(const struct standing_sums *sums, int64_t at_ms)
{
    uint64_t at = hash_number((uint64_t)at_ms, 0);

    for (;; at++) {
        int32_t *slot = &sums->slots[at & (sums->slot_count - 1)];
        if (*slot == 0 || sums->instants.items[*slot - 1] == at_ms)
            return slot;
    }
}

static void
grow_slots(struct standing_sums *sums)
{
    sums->slot_count = sums->slot_count == 0 ? 256 : sums->slot_count * 2;
    sums->slots = ARENA_NEW(&sums->arena, int32_t, sums->slot_count);
    for (uint32_t i = 0; i < sums->instants.count; i++)
        *find_slot(sums, sums->instants.items[i]) = (int32_t)i + 1;
}

int32_t
standing_sums_index(struct standing_sums *sums, int64_t at_ms)
{
    if (sums->instants.count * 2 >= sums->slot_count)
        grow_slots(sums);
    int32_t *slot = find_slot(sums, at_ms);
    if (*slot == 0) {
        *LIST_ADD(&sums->arena, &sums->instants) = at_ms;
        *slot = (int32_t)sums->instants.count;
    }
    return *slot - 1;
}

/* --- writing --- */

static void
put_word(struct text *text, uint64_t word)
{
    text_bytes(text, &word, sizeof word);
}

static void
put_list(struct text *text, const struct standing_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        put_word(text, (uint64_t)list->items[i]);
}

static void
put_row(struct text *text, const struct totals_row *row)
{
    put_word(text, (uint64_t)row->month);
    put_word(text, (uint64_t)row->partner);
    put_word(text, row->store);
    put_word(text, (uint64_t)row->effects);
    for (int i = 0; i < MEASURE_STATEMENT_COUNT; i++)
        put_word(text, (uint64_t)row->amounts[i]);
    for (int i = 0; i < TOTALS_FIGURES; i++)
        text_bytes(text, &row->figures[i].value, sizeof(int128));
}

static void
put_pair(struct text *text, const struct totals_pair *pair)
{
    put_word(text, (uint64_t)pair->month);
    put_word(text, (uint64_t)pair->issuer);
    put_word(text, (uint64_t)pair->acceptor);
    put_word(text, (uint64_t)pair->effects);
    put_word(text, (uint64_t)pair->points);
}

static void
put_totals(struct text *text, struct totals *totals)
{
    uint32_t row_count, pair_count;
    const struct totals_row *rows = totals_rows(totals, &row_count);
    const struct totals_pair *pairs = totals_pairs(totals, &pair_count);

    for (uint32_t i = 0; i < row_count; i++)
        put_row(text, &rows[i]);
    for (uint32_t i = 0; i < pair_count; i++)
        put_pair(text, &pairs[i]);
}

static void
put_counts(struct text *text, struct totals *totals)
{
    uint32_t count;

    totals_rows(totals, &count);
    put_word(text, count);
    totals_pairs(totals, &count);
    put_word(text, count);
}

static void
put_sums(struct text *text, const struct standing_sums *sums)
{
    put_word(text, MAGIC);
    put_word(text, FORMAT);
    text_bytes(text, sums->timeline.bytes, sizeof sums->timeline.bytes);
    put_word(text, sums->node);
    put_word(text, sums->incarnation);
    put_word(text, sums->position);
    put_word(text, (uint64_t)sums->as_of_ms);
    put_word(text, sums->quarantined.count);
    put_word(text, sums->instants.count);
    put_counts(text, sums->months);
    put_counts(text, sums->ahead);
    put_list(text, &sums->quarantined);
    put_list(text, &sums->instants);
    put_totals(text, sums->months);
    put_totals(text, sums->ahead);
    put_word(text, hash_64(text_view(text), 0));
}

static enum err
write_bytes(const char *path, const struct text *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    enum err err = ERR_IO;

    if (file < 0)
        return err_of_write(errno);
    for (size_t done = 0; done < text->size;) {
        ssize_t size = write(file, text->bytes + done, text->size - done);
        if (size <= 0) {
            err = err_of_write(errno);
            close(file);
            return err;
        }
        done += (size_t)size;
    }
    err = fsync(file) == 0 ? OK : ERR_IO;
    return close(file) == 0 ? err : ERR_IO;
}

enum err
standing_file_write(const char *dir, const struct standing_sums *sums)
{
    char folder[PATH_SIZE], path[PATH_SIZE + 16], draft[PATH_SIZE + 16];
    struct text text = { 0 };

    snprintf(folder, sizeof folder, "%s/totals", dir);
    snprintf(path, sizeof path, "%s/standing", folder);
    snprintf(draft, sizeof draft, "%s/standing.new", folder);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_of_write(errno);
    put_sums(&text, sums);
    enum err err = text_ok(&text) ? write_bytes(draft, &text) : ERR_MEMORY;
    if (err == OK && rename(draft, path) != 0)
        err = ERR_IO;
    if (err != OK)
        unlink(draft);
    text_close(&text);
    return err;
}

/* --- reading --- */

/* The words that are left; what is asked for beyond them makes it bad. */
struct words {
    const uint8_t *next;
    uint64_t left;
    bool bad;
};

static uint64_t
take_word(struct words *words)
{
    uint64_t word = 0;

    if (words->left == 0) {
        words->bad = true;
        return 0;
    }
    memcpy(&word, words->next, sizeof word);
    words->next += sizeof word;
    words->left--;
    return word;
}

static uint32_t
take_count(struct words *words)
{
    uint64_t count = take_word(words);

    if (count > LIST_MAX)
        words->bad = true;
    return words->bad ? 0 : (uint32_t)count;
}

static void
take_list(struct words *words, uint32_t count, struct standing_list *list,
          struct arena *arena)
{
    for (uint32_t i = 0; i < count && !words->bad; i++)
        *LIST_ADD(arena, list) = (int64_t)take_word(words);
}

/* They were written in order; one that is there twice is no sum of ours. */
static void
take_rows(struct words *words, uint32_t count, struct totals *totals)
{
    struct totals_row last = { .month = INT32_MIN };

    for (uint32_t i = 0; i < count && words->left >= ROW_WORDS; i++) {
        struct totals_row row = { 0 };
        row.month = (int32_t)take_word(words);
        row.partner = (int32_t)take_word(words);
        row.store = (uint32_t)take_word(words);
        row.effects = (int64_t)take_word(words);
        for (int k = 0; k < MEASURE_STATEMENT_COUNT; k++)
            row.amounts[k] = (int64_t)take_word(words);
        for (int k = 0; k < TOTALS_FIGURES; k++) {
            uint64_t low = take_word(words);
            uint64_t high = take_word(words);
            row.figures[k].value =
                (int128)((unsigned __int128)high << 64 | low);
        }
        words->bad |= totals_row_compare(&row, &last) <= 0;
        if (words->bad)
            return;
        totals_add_row(totals, &row);
        last = row;
    }
}

static void
take_pairs(struct words *words, uint32_t count, struct totals *totals)
{
    struct totals_pair last = { .month = INT32_MIN };

    for (uint32_t i = 0; i < count && words->left >= PAIR_WORDS; i++) {
        struct totals_pair pair;
        pair.month = (int32_t)take_word(words);
        pair.issuer = (int32_t)take_word(words);
        pair.acceptor = (int32_t)take_word(words);
        pair.effects = (int64_t)take_word(words);
        pair.points = (int64_t)take_word(words);
        words->bad |= totals_pair_compare(&pair, &last) <= 0;
        if (words->bad)
            return;
        totals_add_pair(totals, &pair);
        last = pair;
    }
}

static void
take_sums(struct words *words, struct standing_sums *sums)
{
    uint32_t counts[6];

    for (size_t i = 0; i < sizeof sums->timeline.bytes; i += 8) {
        uint64_t word = take_word(words);
        memcpy(sums->timeline.bytes + i, &word, sizeof word);
    }
    sums->node = take_word(words);
    sums->incarnation = take_word(words);
    sums->position = take_word(words);
    sums->as_of_ms = (int64_t)take_word(words);
    for (uint32_t i = 0; i < COUNT_OF(counts); i++)
        counts[i] = take_count(words);
    take_list(words, counts[0], &sums->quarantined, &sums->arena);
    for (uint32_t i = 0; i < counts[1] && !words->bad; i++)
        if (standing_sums_index(sums, (int64_t)take_word(words)) != (int32_t)i)
            words->bad = true; /* one is there twice */
    take_rows(words, counts[2], sums->months);
    take_pairs(words, counts[3], sums->months);
    take_rows(words, counts[4], sums->ahead);
    take_pairs(words, counts[5], sums->ahead);
}

/* The whole file; malloc.  ERR_NOT_FOUND. */
static enum err
read_bytes(const char *path, uint8_t **ret_bytes, uint64_t *ret_size)
{
    FILE *file = fopen(path, "re");
    struct stat status;
    enum err err = ERR_IO;
    uint8_t *bytes = NULL;

    if (file == NULL)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    if (fstat(fileno(file), &status) == 0 && status.st_size > 0 &&
        status.st_size < FILE_SIZE_MAX) {
        size_t size = (size_t)status.st_size;
        bytes = malloc(size);
        if (bytes == NULL)
            err = ERR_MEMORY;
        else if (fread(bytes, 1, size, file) == size)
            err = OK;
        *ret_size = size;
    } else {
        err = err_corrupt();
    }
    fclose(file);
    if (err != OK) {
        free(bytes);
        return err;
    }
    *ret_bytes = bytes;
    return OK;
}

static enum err
parse(const uint8_t *bytes, uint64_t size, struct standing_sums *sums)
{
    struct words words = { .next = bytes, .left = size / 8 };
    uint64_t check;

    if (size % 8 != 0 || size < HEAD_WORDS * 8)
        return err_corrupt();
    memcpy(&check, bytes + size - 8, 8);
    if (check != hash_64((view) { bytes, (uint32_t)(size - 8) }, 0))
        return err_corrupt();
    words.left--;
    if (take_word(&words) != MAGIC)
        return err_corrupt();
    if (take_word(&words) != FORMAT)
        return ERR_NOT_FOUND;
    take_sums(&words, sums);
    return words.bad || words.left != 0 ? err_corrupt() : OK;
}

/* An index that no instant has would be a bug of whoever wrote the file; the
 * checksum has been found good, so look once here and nowhere else. */
static bool
are_indexes_good(struct standing_sums *sums)
{
    uint32_t count;
    const struct totals_row *rows = totals_rows(sums->ahead, &count);

    for (uint32_t i = 0; i < count; i++)
        if (rows[i].month < 0 ||
            (uint32_t)rows[i].month >= sums->instants.count)
            return false;
    const struct totals_pair *pairs = totals_pairs(sums->ahead, &count);
    for (uint32_t i = 0; i < count; i++)
        if (pairs[i].month < 0 ||
            (uint32_t)pairs[i].month >= sums->instants.count)
            return false;
    return true;
}

enum err
standing_file_read(const char *dir, struct standing_sums **ret_sums)
{
    char path[PATH_SIZE + 32];
    struct standing_sums *sums = NULL;
    uint8_t *bytes = NULL;
    uint64_t size = 0;

    snprintf(path, sizeof path, "%.*s/totals/standing", PATH_SIZE, dir);
    enum err err = read_bytes(path, &bytes, &size);
    if (err == OK)
        err = standing_sums_open(&sums);
    if (err == OK)
        err = parse(bytes, size, sums);
    if (err == OK && !are_indexes_good(sums))
        err = err_corrupt();
    free(bytes);
    if (err == OK)
        *ret_sums = sums;
    else
        standing_sums_close(sums);
    return err;
}

enum err
standing_file_remove(const char *dir)
{
    char path[PATH_SIZE + 32];

    snprintf(path, sizeof path, "%.*s/totals/standing", PATH_SIZE, dir);
    return unlink(path) == 0 || errno == ENOENT ? OK : ERR_IO;
}
