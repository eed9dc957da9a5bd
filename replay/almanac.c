#include "replay/almanac.h"

void
almanac_open(struct almanac *almanac, const struct zone *zone,
             struct arena *arena)
{
    uint16_t *months = ARENA_NEW(arena, uint16_t, ALMANAC_DAYS);
    int64_t *midnights = ARENA_NEW(arena, int64_t, ALMANAC_DAYS);
    int32_t *month_day = ARENA_NEW(arena, int32_t, ALMANAC_MONTHS + 1);
    int64_t *begins_ms = ARENA_NEW(arena, int64_t, ALMANAC_MONTHS + 1);
    int32_t *begins_day = ARENA_NEW(arena, int32_t, ALMANAC_MONTHS + 1);
    int32_t first = calendar_month_first_day(ALMANAC_MONTH_FIRST);

    for (int32_t i = 0; i <= ALMANAC_MONTHS; i++) {
        int32_t day = calendar_month_first_day(ALMANAC_MONTH_FIRST + i);
        month_day[i] = day - first;
        begins_ms[i] = zone_midnight_ms(zone, day);
        begins_day[i] = zone_day(zone, begins_ms[i]) - first;
    }
    zone_midnights(zone, first, ALMANAC_DAYS, midnights);
    int32_t at = 0;
    for (int32_t i = 0; i < ALMANAC_DAYS; i++) {
        at += i == month_day[at + 1];
        months[i] = (uint16_t)at;
    }
    *almanac = (struct almanac) {
        .zone = zone,
        .first = first,
        .months = months,
        .day_begins_ms = midnights,
        .month_day = month_day,
        .month_begins_ms = begins_ms,
        .month_begins_day = begins_day,
    };
}
