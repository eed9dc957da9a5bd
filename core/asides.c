#include "core/asides.h"

#include "core/hash.h"
#include "core/ledger_parts.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "LEIMAASI" /* without its end */

enum { FORMAT = 3, PATH_SIZE = LEDGER_PATH_SIZE + 32 };

/* What it depends on, as numbers. */
struct asides_head {
    char magic[8];
    uint32_t format;
    uint32_t count;
    uint32_t kinds; /* of events that are known */
    uint32_t node;
    uint64_t epoch;
    uint64_t incarnation;
    uint64_t record;      /* the one at the position */
    uint64_t boundaries;  /* below which streams were dropped */
    uint64_t quarantined; /* marks of the journal up to the position */
    uint64_t admitted;
    uint64_t last;
    uint64_t events;
};

static uint64_t
hash_boundaries(struct reader *reader)
{
    struct reader_stream stream = { 0 };
    uint64_t sum = 0;

    while (reader_next_stream(reader, stream.stream, &stream) == OK) {
        sum = hash_number(stream.stream.incarnation, sum);
        sum = hash_number(stream.boundary.seq, sum);
    }
    return sum;
}

static uint64_t
hash_marks(struct reader *reader, uint64_t last)
{
    enum reader_quarantine why;
    uint64_t position = 0, sum = 0;

    while (reader_next_quarantine(reader, position + 1, &position, &why) ==
               OK &&
           position <= last)
        sum = hash_number(position * QUARANTINE_END + why, sum);
    return sum;
}

/* False: there is no sound record at the position. */
static bool
describe(const struct ledger *ledger, struct reader *reader,
         const struct asides_kept *asides, struct asides_head *ret_head)
{
    struct reader_item item;

    if (reader_next(reader, asides->last, &item) != OK ||
        item.position > asides->last)
        return false;
    /* All of it, for it is compared and summed up as bytes. */
    memset(ret_head, 0, sizeof *ret_head);
    memcpy(ret_head->magic, MAGIC, sizeof ret_head->magic);
    ret_head->format = FORMAT;
    ret_head->count = asides->count;
    ret_head->kinds = EVENT_KIND_END;
    ret_head->node = ledger->who.node;
    ret_head->epoch = ledger->who.epoch;
    ret_head->incarnation = ledger->who.incarnation;
    ret_head->record = hash_64(item.record.bytes, 0);
    ret_head->boundaries = hash_boundaries(reader);
    ret_head->quarantined = hash_marks(reader, asides->last);
    ret_head->admitted = admission_count(ledger->admission);
    ret_head->last = asides->last;
    ret_head->events = asides->events;
    return true;
}

static bool
read_file(const char *path, struct asides_head *head,
          struct asides_kept *asides)
{
    const uint64_t room = sizeof asides->list;
    uint64_t check = 0;
    FILE *in = fopen(path, "rbe");

    if (in == NULL)
        return false;
    bool whole = fread(head, sizeof *head, 1, in) == 1 &&
                 head->count <= ASIDES_MAX && head->last > 0 &&
                 fread(asides->list, sizeof asides->list[0], head->count, in) ==
                     head->count &&
                 fread(&check, sizeof check, 1, in) == 1 && fgetc(in) == EOF;
    fclose(in);
    if (!whole)
        return false;
    const uint64_t size = head->count * sizeof asides->list[0];
    assert(size <= room);
    asides->last = head->last;
    asides->events = head->events;
    asides->count = head->count;
    return check ==
           hash_64((view) { (uint8_t *)asides->list, (uint32_t)size },
                   hash_64((view) { (uint8_t *)head, sizeof *head }, 0));
}

bool
asides_load(const struct ledger *ledger, struct reader *reader,
            struct asides_kept *ret_asides)
{
    struct asides_head head, now;
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/asides", ledger->dir);
    return read_file(path, &head, ret_asides) &&
           describe(ledger, reader, ret_asides, &now) &&
           memcmp(&head, &now, sizeof head) == 0;
}

void
asides_save(const struct ledger *ledger, struct reader *reader,
            const struct asides_kept *asides)
{
    const uint32_t size = asides->count * (uint32_t)sizeof asides->list[0];
    char path[PATH_SIZE], fresh[PATH_SIZE + 16];
    struct asides_head head;

    if (!describe(ledger, reader, asides, &head))
        return;
    const uint64_t check =
        hash_64((view) { (const uint8_t *)asides->list, size },
                hash_64((view) { (uint8_t *)&head, sizeof head }, 0));
    snprintf(path, sizeof path, "%s/asides", ledger->dir);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *out = fopen(fresh, "wbe");
    if (out == NULL)
        return;
    bool done = fwrite(&head, sizeof head, 1, out) == 1 &&
                fwrite(asides->list, sizeof asides->list[0], asides->count,
                       out) == asides->count &&
                fwrite(&check, sizeof check, 1, out) == 1;
    done = fclose(out) == 0 && done;
    if (!done || rename(fresh, path) != 0)
        unlink(fresh);
}
