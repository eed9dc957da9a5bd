#include "tests/mistakes.h"

#include "tests/unit.h"

#include <string.h>

void
mistakes_check(struct arena *arena, const struct mistake *mistakes,
               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct mistake *mistake = &mistakes[i];
        struct complaint complaint = { 0 };
        struct event untouched = { .store = 77 };
        struct json_extra none = { .has_at = true };
        view line = view_of(mistake->line);
        assert_int_equal(
            json_read_event(line, arena, &untouched, &none, &complaint),
            ERR_INPUT);
        if (strstr(complaint.text, mistake->begin) != complaint.text ||
            strstr(complaint.text, mistake->found) == NULL)
            fail_msg("%s: %s", mistake->line, complaint.text);
        assert_null(strchr(complaint.text, '\n'));
        assert_int_equal(untouched.store, 77);
        assert_true(none.has_at);
        assert_int_equal(json_read_event(line, arena, &untouched, &none, NULL),
                         ERR_INPUT);
    }
}
