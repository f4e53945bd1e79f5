/* keystore.c: see keystore.h. */
#include "workers/intake/keystore.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

enum {
    SLOT_SIZE = 64,
    SLOT_NONCE_SIZE = 16,
    SLOT_HEAD = 0,
    SLOT_REFERENCES = 1,
    SLOT_FIRST_CASE = 2,
    PATH_SIZE = 4096
};

static const uint8_t head_key[KEYSTORE_KEY_SIZE] = "sanji key store, format 1";

struct keystore {
    char directory[PATH_SIZE];
    char kek_path[PATH_SIZE];
    uint8_t kek[KEYSTORE_KEY_SIZE];
    uint8_t reference_key[KEYSTORE_KEY_SIZE];
    int fd;
    uint32_t slot_count; /* slots in the file, all synced */
    uint32_t next;       /* first key that nobody has had */
};

/* ---- one slot ---- */

static void slot_nonce(const uint8_t *slot, uint32_t number,
                       uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES])
{
    const uint64_t wide = number;
    memcpy(nonce, slot, SLOT_NONCE_SIZE);
    memcpy(nonce + SLOT_NONCE_SIZE, &wide, sizeof wide);
}

static void slot_wrap(const uint8_t *kek, uint32_t number, const uint8_t *key,
                      uint8_t slot[SLOT_SIZE])
{
    uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    unsigned long long size = 0;
    randombytes_buf(slot, SLOT_NONCE_SIZE);
    slot_nonce(slot, number, nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        slot + SLOT_NONCE_SIZE, &size, key, KEYSTORE_KEY_SIZE, NULL, 0, NULL, nonce, kek);
    assert(size == SLOT_SIZE - SLOT_NONCE_SIZE);
}

static bool slot_unwrap(const uint8_t *kek, uint32_t number, const uint8_t slot[SLOT_SIZE],
                        uint8_t key[KEYSTORE_KEY_SIZE])
{
    uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    unsigned long long size = 0;
    slot_nonce(slot, number, nonce);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               key, &size, NULL, slot + SLOT_NONCE_SIZE, SLOT_SIZE - SLOT_NONCE_SIZE, NULL,
               0, nonce, kek) == 0;
}

static bool slot_is_destroyed(const uint8_t slot[SLOT_SIZE])
{
    return sodium_is_zero(slot, SLOT_SIZE) == 1;
}

/* ---- files ---- */

static bool write_whole(int fd, const uint8_t *data, size_t size, off_t at)
{
    while (size > 0) {
        const ssize_t wrote = pwrite(fd, data, size, at);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return false;
        }
        data += wrote;
        at += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

static bool read_slot(int fd, uint32_t number, uint8_t slot[SLOT_SIZE])
{
    return pread(fd, slot, SLOT_SIZE, (off_t)number * SLOT_SIZE) == SLOT_SIZE;
}

static bool sync_directory(const char *directory)
{
    const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const bool synced = fsync(fd) == 0;
    return close(fd) == 0 && synced;
}

static bool sync_parent(const char *path)
{
    char parent[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    (void)snprintf(parent, sizeof parent, "%.*s",
                   slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path); // fits: the path was opened
    return sync_directory(parent);
}

static void path_in(const struct keystore *keystore, const char *name, char path[PATH_SIZE])
{
    const int size = snprintf(path, PATH_SIZE, "%s/%s", keystore->directory, name);
    assert(size > 0 && size < PATH_SIZE); // keystore_open bounds the directory's name
}

/* The file is there whole or not at all: half a key would stop every later start. */
static bool write_key_file(const char *path, const uint8_t key[KEYSTORE_KEY_SIZE])
{
    char part[PATH_SIZE];
    const int size = snprintf(part, sizeof part, "%s.part", path);
    if (size < 0 || size >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        return false;
    }
    const int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    const bool written = write_whole(fd, key, KEYSTORE_KEY_SIZE, 0) && fsync(fd) == 0;
    return close(fd) == 0 && written && rename(part, path) == 0 && sync_parent(path);
}

/* NOT_FOUND: no such file. */
static enum status read_key_file(const char *path, uint8_t key[KEYSTORE_KEY_SIZE],
                                 struct fault *fault)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return STATUS_NOT_FOUND;
    }
    struct stat info;
    enum status status = STATUS_OK;
    if (fd < 0 || fstat(fd, &info) != 0) {
        status = fault_set(fault, STATUS_CANNOT_START, "%s: %s", path, strerror(errno));
    } else if ((info.st_mode & 077) != 0) {
        status =
            fault_set(fault, STATUS_CANNOT_START,
                      "%s: 密钥文件对组或他人可读 (mode %04o): 请执行 chmod 600 / the key "
                      "file is readable by group or others: run chmod 600",
                      path, (unsigned)(info.st_mode & 07777));
    } else if (info.st_size != KEYSTORE_KEY_SIZE ||
               pread(fd, key, KEYSTORE_KEY_SIZE, 0) != KEYSTORE_KEY_SIZE) {
        status = fault_set(fault, STATUS_CANNOT_START,
                           "%s: 应为32字节 / a key file has 32 bytes, this one has %lld",
                           path, (long long)info.st_size);
    }
    if (fd >= 0 && close(fd) != 0 && status == STATUS_OK) {
        status = fault_set(fault, STATUS_CANNOT_START, "%s: %s", path, strerror(errno));
    }
    return status;
}

/* ---- blocks ---- */

static enum status add_block(struct keystore *keystore)
{
    const uint32_t first = keystore->slot_count;
    uint8_t *block = calloc(KEYSTORE_BLOCK, SLOT_SIZE);
    assert(block != NULL);
    for (uint32_t i = 0; i < KEYSTORE_BLOCK; i++) {
        uint8_t key[KEYSTORE_KEY_SIZE];
        randombytes_buf(key, sizeof key);
        if (first + i == SLOT_HEAD) {
            memcpy(key, head_key, sizeof key);
        }
        slot_wrap(keystore->kek, first + i, key, block + (size_t)i * SLOT_SIZE);
        sodium_memzero(key, sizeof key);
    }
    const bool written =
        write_whole(keystore->fd, block, (size_t)KEYSTORE_BLOCK * SLOT_SIZE,
                    (off_t)first * SLOT_SIZE) &&
        fsync(keystore->fd) == 0;
    free(block);
    if (!written) {
        return STATUS_IO;
    }
    keystore->slot_count = first + KEYSTORE_BLOCK;
    return STATUS_OK;
}

/* ---- open ---- */

static bool opens_slots(const struct keystore *keystore, const uint8_t *kek)
{
    uint8_t slot[SLOT_SIZE];
    uint8_t key[KEYSTORE_KEY_SIZE];
    return read_slot(keystore->fd, SLOT_HEAD, slot) &&
           slot_unwrap(kek, SLOT_HEAD, slot, key) && memcmp(key, head_key, sizeof key) == 0;
}

/* After a crash in a renewal two keys exist; slot 0 tells which one holds. */
static enum status settle_kek(struct keystore *keystore, const char *new_path,
                              struct fault *fault)
{
    uint8_t fresh[KEYSTORE_KEY_SIZE];
    const enum status found = read_key_file(new_path, fresh, fault);
    if (found == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (found != STATUS_OK) {
        return found;
    }
    const bool switched = opens_slots(keystore, fresh);
    if (switched) {
        memcpy(keystore->kek, fresh, sizeof fresh);
    }
    sodium_memzero(fresh, sizeof fresh);
    const int moved = switched ? rename(new_path, keystore->kek_path) : unlink(new_path);
    if (moved != 0 || !sync_directory(keystore->directory)) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", new_path, strerror(errno));
    }
    return STATUS_OK;
}

static enum status open_slots(struct keystore *keystore, struct fault *fault)
{
    char path[PATH_SIZE];
    path_in(keystore, "slots", path);
    keystore->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat info;
    if (keystore->fd < 0 || fstat(keystore->fd, &info) != 0) {
        return fault_set(fault, STATUS_CANNOT_START, "%s: %s", path, strerror(errno));
    }
    // A crash may leave part of a block: it was never synced, so none of it was used.
    const off_t block = (off_t)KEYSTORE_BLOCK * SLOT_SIZE;
    keystore->slot_count = (uint32_t)(info.st_size / block) * KEYSTORE_BLOCK;
    return STATUS_OK;
}

static enum status load(struct keystore *keystore, struct fault *fault)
{
    char new_path[PATH_SIZE];
    path_in(keystore, "kek.new", new_path);
    enum status status = open_slots(keystore, fault);
    if (status == STATUS_OK) {
        status = read_key_file(keystore->kek_path, keystore->kek, fault);
    }
    if (status == STATUS_NOT_FOUND && keystore->slot_count == 0) {
        randombytes_buf(keystore->kek, sizeof keystore->kek);
        status = write_key_file(keystore->kek_path, keystore->kek)
                     ? STATUS_OK
                     : fault_set(fault, STATUS_CANNOT_START, "%s: %s", keystore->kek_path,
                                 strerror(errno));
    }
    if (status == STATUS_OK && keystore->slot_count > 0) {
        status = settle_kek(keystore, new_path, fault);
    }
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && keystore->slot_count > 0 &&
                                       !opens_slots(keystore, keystore->kek))) {
        status =
            fault_set(fault, STATUS_CORRUPT,
                      "%s: 密钥与密钥库不符: 请恢复与其一同备份的 kek / this key does not "
                      "open %s/slots: restore the kek that was backed up with it",
                      keystore->kek_path, keystore->directory);
    }
    return status;
}

enum status keystore_open(const char *directory, const char *kek_file,
                          struct keystore **keystore, struct fault *fault)
{
    if (sodium_init() < 0) {
        return fault_set(fault, STATUS_CANNOT_START, "libsodium: no random numbers");
    }
    struct keystore *self = calloc(1, sizeof *self);
    assert(self != NULL);
    self->fd = -1;
    enum status status = STATUS_OK;
    const int size = snprintf(self->directory, PATH_SIZE - 16, "%s", directory);
    if (size <= 0 || size >= PATH_SIZE - 16 ||
        (mkdir(directory, 0700) != 0 && errno != EEXIST)) {
        status =
            fault_set(fault, STATUS_CANNOT_START, "%s: %s", directory, strerror(errno));
    } else if (kek_file != NULL) {
        (void)snprintf(self->kek_path, PATH_SIZE, "%s", kek_file); // cut off: not found
    } else {
        path_in(self, "kek", self->kek_path);
    }
    if (status == STATUS_OK) {
        status = load(self, fault);
    }
    if (status == STATUS_OK && add_block(self) != STATUS_OK) {
        status = fault_set(fault, STATUS_CANNOT_START, "%s/slots: %s", directory,
                           strerror(errno));
    }
    if (status == STATUS_OK && !sync_directory(directory)) {
        status =
            fault_set(fault, STATUS_CANNOT_START, "%s: %s", directory, strerror(errno));
    }
    if (status == STATUS_OK &&
        keystore_get(self, SLOT_REFERENCES, self->reference_key) != STATUS_OK) {
        status = fault_set(fault, STATUS_CORRUPT, "%s/slots: 1", directory);
    }
    if (status != STATUS_OK) {
        keystore_close(&self);
        return status;
    }
    self->next = self->slot_count - KEYSTORE_BLOCK;
    self->next = self->next < SLOT_FIRST_CASE ? SLOT_FIRST_CASE : self->next;
    *keystore = self;
    return STATUS_OK;
}

void keystore_close(struct keystore **keystore)
{
    struct keystore *self = *keystore;
    if (self == NULL) {
        return;
    }
    if (self->fd >= 0) {
        (void)close(self->fd); // everything that matters was synced before
    }
    sodium_memzero(self, sizeof *self);
    free(self);
    *keystore = NULL;
}

/* ---- use ---- */

enum status keystore_next(struct keystore *keystore, uint32_t *key_no)
{
    if (keystore->next == keystore->slot_count) {
        const enum status added = add_block(keystore);
        if (added != STATUS_OK) {
            return added;
        }
    }
    *key_no = keystore->next++;
    return STATUS_OK;
}

enum status keystore_get(struct keystore *keystore, uint32_t key_no,
                         uint8_t key[KEYSTORE_KEY_SIZE])
{
    uint8_t slot[SLOT_SIZE];
    if (key_no == SLOT_HEAD || key_no >= keystore->slot_count) {
        return STATUS_NOT_FOUND;
    }
    if (!read_slot(keystore->fd, key_no, slot)) {
        return STATUS_CORRUPT;
    }
    if (slot_is_destroyed(slot)) {
        return STATUS_ERASED;
    }
    return slot_unwrap(keystore->kek, key_no, slot, key) ? STATUS_OK : STATUS_CORRUPT;
}

enum status keystore_destroy(struct keystore *keystore, uint32_t key_no)
{
    static const uint8_t zeros[SLOT_SIZE];
    if (key_no < SLOT_FIRST_CASE || key_no >= keystore->slot_count) {
        return STATUS_NOT_FOUND;
    }
    const bool gone =
        write_whole(keystore->fd, zeros, SLOT_SIZE, (off_t)key_no * SLOT_SIZE) &&
        fsync(keystore->fd) == 0;
    return gone ? STATUS_OK : STATUS_IO;
}

/* Writes every slot, wrapped anew, to `fd`; destroyed ones stay zeros. */
static bool rewrap(const struct keystore *keystore, const uint8_t *fresh, int fd)
{
    for (uint32_t number = 0; number < keystore->slot_count; number++) {
        uint8_t slot[SLOT_SIZE];
        uint8_t key[KEYSTORE_KEY_SIZE];
        if (!read_slot(keystore->fd, number, slot)) {
            return false;
        }
        if (!slot_is_destroyed(slot)) {
            if (!slot_unwrap(keystore->kek, number, slot, key)) {
                return false;
            }
            slot_wrap(fresh, number, key, slot);
            sodium_memzero(key, sizeof key);
        }
        if (!write_whole(fd, slot, SLOT_SIZE, (off_t)number * SLOT_SIZE)) {
            return false;
        }
    }
    return fsync(fd) == 0;
}

enum status keystore_renew(struct keystore *keystore)
{
    char kek_new[PATH_SIZE];
    char slots_new[PATH_SIZE];
    char slots[PATH_SIZE];
    uint8_t fresh[KEYSTORE_KEY_SIZE];
    path_in(keystore, "kek.new", kek_new);
    path_in(keystore, "slots.new", slots_new);
    path_in(keystore, "slots", slots);
    randombytes_buf(fresh, sizeof fresh);

    const int fd = open(slots_new, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written = fd >= 0 && write_key_file(kek_new, fresh) &&
                         sync_directory(keystore->directory) && rewrap(keystore, fresh, fd);
    if (!written || rename(slots_new, slots) != 0) {
        if (fd >= 0) {
            (void)close(fd); // the file is thrown away
        }
        (void)unlink(slots_new); // may not exist: the old key stays in force
        (void)unlink(kek_new);
        sodium_memzero(fresh, sizeof fresh);
        return STATUS_IO;
    }
    // The switch has happened: from here on the new key is the key, whatever fails.
    (void)close(keystore->fd);
    keystore->fd = fd;
    memcpy(keystore->kek, fresh, sizeof fresh);
    sodium_memzero(fresh, sizeof fresh);
    const bool moved =
        sync_directory(keystore->directory) && rename(kek_new, keystore->kek_path) == 0;
    return moved && sync_directory(keystore->directory) ? STATUS_OK : STATUS_IO;
}

void keystore_hmac(const struct keystore *keystore, struct bytes message,
                   uint8_t hmac[KEYSTORE_HMAC_SIZE])
{
    static_assert(crypto_auth_hmacsha256_KEYBYTES == KEYSTORE_KEY_SIZE, "one key size");
    static_assert(crypto_auth_hmacsha256_BYTES == KEYSTORE_HMAC_SIZE, "one hash size");
    crypto_auth_hmacsha256(hmac, message.data, message.size, keystore->reference_key);
}
