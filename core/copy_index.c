#include "core/copy_index.h"

#include "core/conflict.h"

#include <string.h>

/* ----- notes ----- */

static const char EQUAL[] = "equal/";
enum {
    NAME_SIZE = 6,
    PLACE_AT = NAME_SIZE + SHELF_IDENTITY_KEY,
    NOTE_SIZE = PLACE_AT + 8,
};

struct note {
    uint8_t bytes[NOTE_SIZE];
};

static view
note_key(struct note *note, identity of, uint64_t position)
{
    struct shelf_key key;

    memcpy(note->bytes, EQUAL, NAME_SIZE);
    memcpy(note->bytes + NAME_SIZE, shelf_identity_key(&key, of).bytes,
           SHELF_IDENTITY_KEY);
    memcpy(note->bytes + PLACE_AT, shelf_position_key(&key, position).bytes, 8);
    return (view) { note->bytes, NOTE_SIZE };
}

static bool
parse_note(view key, struct copy_index_equal *ret_equal)
{
    if (key.size != NOTE_SIZE || memcmp(key.bytes, EQUAL, NAME_SIZE) != 0)
        return false;
    const view of = { key.bytes + NAME_SIZE, SHELF_IDENTITY_KEY };
    const view position = { key.bytes + PLACE_AT, 8 };
    *ret_equal = (struct copy_index_equal) { shelf_key_identity(of),
                                             shelf_key_position(position) };
    return ret_equal->position < UINT64_MAX; /* that is none */
}

bool
copy_index_next_equal(struct db_txn *txn, struct copy_index_equal *equal)
{
    struct db_cursor cursor;
    struct note note;

    db_cursor_open(txn, TABLE_NOTES, &cursor);
    bool found = db_cursor_seek(&cursor, note_key(&note, equal->identity,
                                                  equal->position + 1)) &&
                 parse_note(cursor.key, equal);
    db_cursor_close(&cursor);
    return found;
}

static void
put_equal(struct db_txn *txn, identity of, uint64_t position)
{
    struct note note;

    db_put(txn, TABLE_NOTES, note_key(&note, of, position), (view) { 0 });
}

/* False: it was none. */
static bool
drop_equal(struct db_txn *txn, identity of, uint64_t position)
{
    struct note note;
    view key = note_key(&note, of, position);
    view nothing;

    if (!db_get(txn, TABLE_NOTES, key, &nothing))
        return false;
    db_delete(txn, TABLE_NOTES, key);
    return true;
}

/* ----- marks ----- */

/* What is marked keeps its mark; and of what was dropped none is kept. */
static void
mark(const struct copy_index *index, uint64_t position,
     enum reader_quarantine why)
{
    struct shelf_run run;
    uint8_t before;

    if (shelf_get_mark(index->txn, position, &before) ||
        shelf_dropped(index->txn, position, &run))
        return;
    shelf_mark(index->txn, position, (uint8_t)why);
    index->told(index->context, position, why);
}

/* The copy in the table, and all that say the same. */
static void
mark_known(const struct copy_index *index, identity of, uint64_t position,
           enum reader_quarantine why)
{
    struct copy_index_equal equal = { .identity = of };

    mark(index, position, why);
    while (copy_index_next_equal(index->txn, &equal) &&
           identity_equal(equal.identity, of)) {
        mark(index, equal.position, why);
        drop_equal(index->txn, of, equal.position);
    }
}

void
copy_index_enter(const struct copy_index *index, identity of,
                 const struct shelf_known *copy, const fingerprint *original)
{
    const enum reader_quarantine why =
        original ? QUARANTINE_COPY_DIFFERS : QUARANTINE_COPIES_DIFFER;
    struct shelf_known known;
    bool counts = original == NULL || fingerprint_equal(*original, copy->print);

    if (!counts)
        mark(index, copy->position, why);
    if (!shelf_get_copy(index->txn, of, &known)) {
        shelf_put_copy(index->txn, of, copy);
    } else if (!counts) {
        return; /* what is held of it says more than this one */
    } else if (fingerprint_equal(known.print, copy->print)) {
        put_equal(index->txn, of, copy->position);
    } else if (original || conflict_wins(copy->print, known.print)) {
        mark_known(index, of, known.position, why);
        shelf_put_copy(index->txn, of, copy);
    } else {
        mark(index, copy->position, why);
    }
}

void
copy_index_meet(const struct copy_index *index, identity of,
                fingerprint original)
{
    struct shelf_known known;

    if (shelf_get_copy(index->txn, of, &known) &&
        !fingerprint_equal(known.print, original))
        mark_known(index, of, known.position, QUARANTINE_COPY_DIFFERS);
}

void
copy_index_move(struct db_txn *txn, identity of, uint64_t position,
                const struct shelf_known *copy)
{
    struct shelf_known known;
    uint8_t why;

    if (shelf_get_mark(txn, position, &why))
        shelf_mark(txn, copy->position, why);
    if (shelf_get_copy(txn, of, &known) && known.position == position)
        shelf_put_copy(txn, of, copy);
    else if (drop_equal(txn, of, position))
        put_equal(txn, of, copy->position);
}
