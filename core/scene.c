/*
 * scene.c - what every part of the fold needs to know (see scene.h)
 */
#include "core/scene.h"

struct scene
scene_move(const struct scene *scene, const struct version *version,
           int64_t at_ms, uint32_t store)
{
    struct scene moved = *scene;

    moved.version = version;
    moved.moment = zone_moment(&scene->timeline->zone, at_ms);
    moved.store = store;
    moved.partner = timeline_partner_of(scene->timeline, version, store);
    return moved;
}

bool
scene_ended(const struct scene *scene)
{
    return version_ended(scene->version, scene->moment.at_ms);
}

const struct version *
scene_version(const struct timeline *timeline, int32_t index)
{
    if (index == PROGRAM_NONE)
        return NULL;
    assert((uint32_t)index < timeline->version_count);
    return &timeline->versions[index];
}

struct effect *
scene_effect(const struct scene *scene, enum measure measure, int32_t partner,
             int64_t amount)
{
    struct effect *effect = effect_add(scene->effects, measure);

    effect->partner = partner;
    effect->store = scene->store;
    effect->amount = amount;
    return effect;
}
