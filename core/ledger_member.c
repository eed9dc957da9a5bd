#include "core/ledger_member.h"

#include "core/ledger_parts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    MEMBER_BITS = 22,
    MEMBER_SKIP = 4096, /* numbers that a new incarnation leaves out */
};

struct member_note {
    uint64_t incarnation;
    uint64_t last; /* n of the number allotted last */
};

static enum err
next_member(struct ledger *ledger, struct arena *arena, uint64_t *ret_member)
{
    const struct ledger_question question = { .known = LEDGER_KNOWN_ALL };
    struct member_note note = { ledger->who.incarnation, 0 };
    struct history_account used;
    view value = { 0 };
    uint8_t bytes[sizeof note];
    uint64_t member;
    enum err err = journal_get_note(ledger->journal, view_of("member"), bytes,
                                    sizeof bytes, &value);

    if (err == OK && value.size == sizeof note)
        memcpy(&note, value.bytes, sizeof note);
    else if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (note.incarnation != ledger->who.incarnation)
        note.last += MEMBER_SKIP;
    note.incarnation = ledger->who.incarnation;
    do {
        note.last++;
        if (note.last >= UINT64_C(1) << MEMBER_BITS)
            return ERR_FULL;
        member = ((uint64_t)ledger->who.node << MEMBER_BITS) + note.last;
        arena_reset(arena);
        err = ledger_account(ledger, (account_id) { .member = member },
                             &question, arena, &used, NULL);
    } while (err == OK && (used.event_count > 0 || used.referred_count > 0));
    memcpy(bytes, &note, sizeof note);
    if (err == OK)
        err = journal_put_note(ledger->journal, view_of("member"),
                               (view) { bytes, sizeof bytes });
    if (err == OK)
        *ret_member = member;
    return err;
}

/* Two processes that ask at once wait for each other. */
enum err
ledger_member_new(struct ledger *ledger, uint64_t *ret_member,
                  struct complaint *complaint)
{
    enum { ARENA_SIZE = 1 << 30 };
    struct arena arena = { 0 };
    enum err err = ERR_IO;
    int file = open(ledger->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (file < 0 || flock(file, LOCK_EX) != 0)
        goto done;
    err = arena_open(&arena, ARENA_SIZE) ? ledger_refresh(ledger, complaint)
                                         : ERR_MEMORY;
    if (err == OK)
        err = next_member(ledger, &arena, ret_member);
done:
    if (err == ERR_FULL)
        complain(complaint,
                 "%s: this node has no member numbers left, or "
                 "no space on its disk",
                 ledger->dir);
    else
        err = ledger_fault(ledger, err, complaint);
    arena_close(&arena);
    if (file >= 0)
        close(file);
    return err;
}
