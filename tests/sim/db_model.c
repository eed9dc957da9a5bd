/*
 * db_model.c - the other body of core/db.h; see disk.h for what it is like
 *
 * It is meant for one thread: a second writer at the same time is a mistake of
 * the simulator.
 */
#include <stdlib.h>
#include <string.h>

#include "core/db.h"
#include "tests/sim/disk.h"
#include "tests/sim/machine.h"
#include "tests/sim/toll.h"

struct db {
    struct disk *disk;
    struct disk_env *env;
    bool broken;
    bool writing;
    uint32_t table_count;
};

/* The names are LMDB's because db.h says so. */
struct MDB_txn {
    struct disk_image image;
    bool lazy;
};

struct MDB_cursor {
    uint32_t table;
    bool placed;
    uint8_t key[DB_KEY_SIZE];
    uint32_t key_size;
};

/* --- disks --- */

static struct disk *disks;

static void
share_image(const struct disk_image *image, struct disk_image *ret)
{
    *ret = *image;
    for (uint32_t i = 0; i < LIMIT_DB_TABLES; i++)
        tree_share(ret->tables[i]);
}

static void
drop_image(struct disk_image *image)
{
    for (uint32_t i = 0; i < LIMIT_DB_TABLES; i++)
        tree_drop(image->tables[i]);
    *image = (struct disk_image) { 0 };
}

static void
become(struct disk_image *image, const struct disk_image *other)
{
    struct disk_image shared;

    share_image(other, &shared);
    drop_image(image);
    *image = shared;
}

struct disk *
disk_make(const char *dir, struct luck *luck)
{
    struct disk *disk = calloc(1, sizeof *disk);

    if (disk == NULL || (disk->path = strdup(dir)) == NULL)
        abort();
    disk->luck = luck;
    disk->next = disks;
    disks = disk;
    return disk;
}

void
disk_free(struct disk *disk)
{
    struct disk **link = &disks;

    if (disk == NULL)
        return;
    while (*link != disk)
        link = &(*link)->next;
    *link = disk->next;
    for (uint32_t i = 0; i < DISK_ENVS_MAX; i++) {
        drop_image(&disk->envs[i].seen);
        drop_image(&disk->envs[i].durable);
        free(disk->envs[i].path);
    }
    free(disk->path);
    free(disk);
}

const struct disk_image *
disk_journal(const struct disk *disk)
{
    return &disk->envs[0].durable;
}

void
disk_cut(struct disk *disk)
{
    for (uint32_t i = 0; i < DISK_ENVS_MAX; i++) {
        struct disk_env *env = &disk->envs[i];
        if (env->seen.txn != env->durable.txn && luck_hits(disk->luck, 500000))
            become(&env->durable, &env->seen);
        become(&env->seen, &env->durable);
    }
}

struct disk_copy
disk_save(const struct disk *disk)
{
    struct disk_copy copy;

    for (uint32_t i = 0; i < DISK_ENVS_MAX; i++)
        share_image(&disk->envs[i].durable, &copy.images[i]);
    return copy;
}

/* Environments are made in the same order everywhere. */
void
disk_restore(struct disk *disk, const struct disk_copy *copy)
{
    for (uint32_t i = 0; i < DISK_ENVS_MAX; i++) {
        become(&disk->envs[i].seen, &copy->images[i]);
        become(&disk->envs[i].durable, &copy->images[i]);
    }
}

void
disk_forget(struct disk_copy *copy)
{
    for (uint32_t i = 0; i < DISK_ENVS_MAX; i++)
        drop_image(&copy->images[i]);
}

static void
flip(struct disk_image *image, uint32_t table, const struct tree_entry *entry,
     uint32_t bit)
{
    struct tree_entry there;

    if (!tree_get(image->tables[table], entry->key, &there) ||
        bit / 8 >= there.value.size)
        return;
    struct tree *before = tree_share(image->tables[table]);
    uint8_t *bytes =
        tree_put(&image->tables[table], entry->key, there.value.size);
    memcpy(bytes, there.value.bytes, there.value.size);
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    tree_drop(before);
}

bool
disk_rot(struct disk *disk, uint32_t table)
{
    struct tree_entry entry;
    struct disk_env *env = &disk->envs[0];
    uint64_t count = tree_count(env->durable.tables[table]);

    if (count == 0)
        return false;
    bool found = tree_at(env->durable.tables[table],
                         luck_draw(disk->luck) % count, &entry);
    assert(found);
    struct tree *held = tree_share(env->durable.tables[table]);
    uint32_t bit = luck_below(disk->luck, entry.value.size * 8);
    flip(&env->seen, table, &entry, bit);
    flip(&env->durable, table, &entry, bit);
    tree_drop(held);
    return true;
}

/* --- opening --- */

static struct disk *
find_disk(const char *path)
{
    struct disk *disk = disks;

    for (; disk != NULL; disk = disk->next) {
        size_t size = strlen(disk->path);
        if (strncmp(disk->path, path, size) == 0 && path[size] == '/')
            return disk;
    }
    return NULL;
}

/* NULL: there is none, and none is wanted. */
static struct disk_env *
find_env(struct disk *disk, const char *path, bool create)
{
    for (uint32_t i = 0; i < DISK_ENVS_MAX; i++) {
        struct disk_env *env = &disk->envs[i];
        if (env->path == NULL && !create)
            return NULL;
        if (env->path == NULL && (env->path = strdup(path)) == NULL)
            abort();
        if (strcmp(env->path, path) == 0)
            return env;
    }
    abort();
}

enum err
db_open(const char *dir, const struct db_options *options, struct db **ret_db)
{
    struct disk *disk = find_disk(dir);
    struct disk_env *env =
        disk == NULL ? NULL : find_env(disk, dir, options->create);

    assert(options->table_count <= LIMIT_DB_TABLES);
    if (env == NULL)
        return ERR_NOT_FOUND;
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL)
        return ERR_MEMORY;
    db->disk = disk;
    db->env = env;
    db->table_count = options->table_count;
    *ret_db = db;
    return OK;
}

enum err
db_check_seal(struct db *db)
{
    (void)db; /* no bit of a root turns over here */
    return OK;
}

void
db_close(struct db *db)
{
    free(db);
}

bool
db_is_behind(const struct db *db)
{
    (void)db;
    return false; /* a rewound disk takes what is noted beside along */
}

bool
db_is_full(const struct db *db)
{
    return db->disk->full;
}

bool
db_is_broken(const struct db *db)
{
    return db->broken;
}

/* --- transactions --- */

static bool
is_dead(void)
{
    return machine_here() != NULL && machine_here()->dead;
}

void
db_fail(struct db_txn *txn, enum err err)
{
    assert(err != OK);
    if (txn->err == OK)
        txn->err = err;
}

void
db_begin(struct db *db, enum db_mode mode, struct db_txn *ret_txn)
{
    *ret_txn = (struct db_txn) { .db = db, .write = mode != DB_READ };
    if (ret_txn->write && (db->broken || is_dead())) {
        db_fail(ret_txn, ERR_IO);
        return;
    }
    ret_txn->handle = calloc(1, sizeof *ret_txn->handle);
    if (ret_txn->handle == NULL) {
        db_fail(ret_txn, ERR_MEMORY);
        return;
    }
    share_image(&db->env->seen, &ret_txn->handle->image);
    ret_txn->handle->lazy = mode == DB_WRITE_LAZY;
    if (ret_txn->write) {
        assert(!db->writing);
        db->writing = true;
    }
}

void
db_abort(struct db_txn *txn)
{
    if (txn->handle == NULL)
        return;
    if (txn->write)
        txn->db->writing = false;
    drop_image(&txn->handle->image);
    free(txn->handle);
    txn->handle = NULL;
}

/* Lazy commits are made durable by the next one. */
static void
keep(struct db *db, struct MDB_txn *handle)
{
    struct disk_env *env = db->env;

    handle->image.txn = env->seen.txn + 1;
    become(&env->durable, handle->lazy ? &env->seen : &handle->image);
    become(&env->seen, &handle->image);
    db->disk->commits++;
}

static bool
fault_is_due(struct disk *disk)
{
    if (disk->faults == 0)
        return false;
    if (disk->fault_in > 0) {
        disk->fault_in--;
        return false;
    }
    disk->faults--;
    return true;
}

static enum err
write_out(struct db_txn *txn)
{
    struct disk *disk = txn->db->disk;

    if (is_dead())
        return ERR_IO;
    if (disk->full) {
        toll_count(TOLL_FULL);
        return ERR_FULL;
    }
    bool fault = fault_is_due(disk);
    bool death = machine_here() != NULL && machine_burn(machine_here());
    bool good = !fault && !death;
    /* Where it goes wrong nobody can tell whether it is there. */
    bool kept = good || luck_hits(disk->luck, 500000);
    if (kept)
        keep(txn->db, txn->handle);
    if (good)
        return OK;
    toll_count(death ? TOLL_DIED_WRITING : kept ? TOLL_FAULT_KEPT : TOLL_FAULT);
    txn->db->broken = true;
    return ERR_IO;
}

enum err
db_commit(struct db_txn *txn)
{
    if (txn->err == OK) {
        assert(txn->handle != NULL);
        enum err err = txn->write ? write_out(txn) : OK;
        if (err != OK)
            db_fail(txn, err);
    }
    db_abort(txn);
    return txn->err;
}

bool
db_grown(const struct db_txn *txn)
{
    return txn->grown;
}

/* --- values --- */

static struct tree **
table_of(struct db_txn *txn, uint32_t table)
{
    assert(table < txn->db->table_count);
    return &txn->handle->image.tables[table];
}

bool
db_get(struct db_txn *txn, uint32_t table, view key, view *ret_value)
{
    struct tree_entry entry;

    assert(key.size <= DB_KEY_SIZE);
    if (txn->err != OK || !tree_get(*table_of(txn, table), key, &entry))
        return false;
    *ret_value = entry.value;
    return true;
}

uint8_t *
db_reserve(struct db_txn *txn, uint32_t table, view key, uint32_t size,
           bool last)
{
    struct tree_entry entry;

    assert(txn->write);
    assert(key.size > 0);
    assert(key.size <= DB_KEY_SIZE);
    if (txn->err != OK)
        return NULL;
    if (last && tree_last(*table_of(txn, table), &entry) &&
        view_compare(entry.key, key) >= 0) {
        db_fail(txn, err_corrupt());
        return NULL;
    }
    return tree_put(table_of(txn, table), key, size);
}

void
db_put(struct db_txn *txn, uint32_t table, view key, view value)
{
    /* The value may lie in what it replaces. */
    struct tree *before =
        txn->err == OK ? tree_share(*table_of(txn, table)) : NULL;
    uint8_t *bytes = db_reserve(txn, table, key, value.size, false);

    if (bytes != NULL && value.size > 0)
        memcpy(bytes, value.bytes, value.size);
    tree_drop(before);
}

void
db_delete(struct db_txn *txn, uint32_t table, view key)
{
    assert(txn->write);
    if (txn->err == OK)
        tree_delete(table_of(txn, table), key);
}

uint64_t
db_count(struct db_txn *txn, uint32_t table)
{
    return txn->err == OK ? tree_count(*table_of(txn, table)) : 0;
}

/* --- cursors --- */

void
db_cursor_open(struct db_txn *txn, uint32_t table, struct db_cursor *ret_cursor)
{
    *ret_cursor = (struct db_cursor) { .txn = txn };
    if (txn->err != OK)
        return;
    assert(table < txn->db->table_count);
    ret_cursor->handle = calloc(1, sizeof *ret_cursor->handle);
    if (ret_cursor->handle == NULL)
        db_fail(txn, ERR_MEMORY);
    else
        ret_cursor->handle->table = table;
}

void
db_cursor_close(struct db_cursor *cursor)
{
    free(cursor->handle);
    cursor->handle = NULL;
}

static const struct tree *
tree_under(const struct db_cursor *cursor)
{
    if (cursor->handle == NULL || cursor->txn->err != OK)
        return NULL;
    return *table_of(cursor->txn, cursor->handle->table);
}

static bool
stand(struct db_cursor *cursor, bool found, const struct tree_entry *entry)
{
    if (!found)
        return false;
    cursor->key = entry->key;
    cursor->value = entry->value;
    cursor->handle->placed = true;
    cursor->handle->key_size = entry->key.size;
    memcpy(cursor->handle->key, entry->key.bytes, entry->key.size);
    return true;
}

static view
standing_at(const struct db_cursor *cursor)
{
    return (view) { cursor->handle->key, cursor->handle->key_size };
}

bool
db_cursor_first(struct db_cursor *cursor)
{
    struct tree_entry entry;
    bool found = tree_first(tree_under(cursor), &entry);

    return stand(cursor, found, &entry);
}

bool
db_cursor_last(struct db_cursor *cursor)
{
    struct tree_entry entry;
    bool found = tree_last(tree_under(cursor), &entry);

    return stand(cursor, found, &entry);
}

bool
db_cursor_next(struct db_cursor *cursor)
{
    struct tree_entry entry;
    const struct tree *tree = tree_under(cursor);

    if (tree == NULL)
        return false;
    if (!cursor->handle->placed)
        return db_cursor_first(cursor);
    return stand(cursor, tree_above(tree, standing_at(cursor), &entry), &entry);
}

bool
db_cursor_prev(struct db_cursor *cursor)
{
    struct tree_entry entry;
    const struct tree *tree = tree_under(cursor);

    if (tree == NULL)
        return false;
    if (!cursor->handle->placed)
        return db_cursor_last(cursor);
    return stand(cursor, tree_below(tree, standing_at(cursor), &entry), &entry);
}

bool
db_cursor_seek(struct db_cursor *cursor, view key)
{
    struct tree_entry entry;

    assert(key.size > 0);
    return stand(cursor, tree_seek(tree_under(cursor), key, &entry), &entry);
}

/* --- the environment --- */

enum err
db_sync(struct db *db)
{
    if (is_dead())
        return ERR_IO;
    become(&db->env->durable, &db->env->seen);
    return OK;
}

uint64_t
db_last_txn(struct db *db)
{
    return db->env->seen.txn;
}

void
db_reader_check(struct db *db)
{
    (void)db;
}

enum err
db_copy(struct db *db, const char *dir)
{
    struct disk *disk = find_disk(dir);

    if (disk == NULL || is_dead())
        return ERR_IO;
    struct disk_env *env = find_env(disk, dir, true);
    become(&env->seen, &db->env->seen);
    become(&env->durable, &db->env->seen);
    return OK;
}
