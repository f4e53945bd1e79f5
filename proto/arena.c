/* arena.c: one block, one offset.
 *
 * Under AddressSanitizer what is not taken is poisoned, so a pointer kept over arena_reset
 * is caught at its first use.
 */
#include "proto/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// gcc says it by a macro, clang by a feature.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif

#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

enum {
    ALIGNMENT = 16
};

struct arena {
    ProtobufCAllocator allocator;
    uint8_t *memory;
    size_t size;
    size_t used;
};

static void *take_for_protobuf(void *arena, size_t size)
{
    return arena_take(arena, size);
}

static void keep(void *arena, void *pointer)
{
    (void)arena; // all goes at once, with arena_reset
    (void)pointer;
}

struct arena *arena_new(size_t size_max_bytes)
{
    assert(size_max_bytes > 0);
    struct arena *self = calloc(1, sizeof *self);
    uint8_t *memory = malloc(size_max_bytes);
    if (self == NULL || memory == NULL) {
        (void)fputs("arena_new: no memory\n", stderr); // nobody is left to tell
        abort();
    }
    assert((uintptr_t)memory % ALIGNMENT == 0);
    self->allocator = (ProtobufCAllocator){take_for_protobuf, keep, self};
    self->memory = memory;
    self->size = size_max_bytes;
    arena_reset(self);
    return self;
}

void arena_free(struct arena **arena)
{
    assert(arena != NULL);
    if (*arena == NULL) {
        return;
    }
    free((*arena)->memory);
    free(*arena);
    *arena = NULL;
}

void arena_reset(struct arena *arena)
{
    assert(arena != NULL);
    arena->used = 0;
    ASAN_POISON_MEMORY_REGION(arena->memory, arena->size);
}

void arena_wipe(struct arena *arena)
{
    assert(arena != NULL);
    explicit_bzero(arena->memory, arena->used);
    arena_reset(arena);
}

void *arena_take(struct arena *arena, size_t size)
{
    assert(arena != NULL);
    assert(arena->used <= arena->size);
    size_t left = arena_left(arena);
    if (size > left || left == 0) {
        return NULL;
    }
    uint8_t *taken = arena->memory + (arena->size - left);
    ASAN_UNPOISON_MEMORY_REGION(taken, size);
    memset(taken, 0, size);
    // An empty run takes a byte, so that no two pointers are the same.
    arena->used = arena->size - left + (size > 0 ? size : 1);
    return taken;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    assert(text != NULL);
    size_t size = strlen(text) + 1;
    char *copy = arena_take(arena, size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

size_t arena_used(const struct arena *arena)
{
    assert(arena != NULL);
    return arena->used;
}

size_t arena_left(const struct arena *arena)
{
    assert(arena != NULL);
    size_t padding = (ALIGNMENT - arena->used % ALIGNMENT) % ALIGNMENT;
    size_t left = arena->size - arena->used;
    return left > padding ? left - padding : 0;
}

ProtobufCAllocator *arena_allocator(struct arena *arena)
{
    assert(arena != NULL);
    return &arena->allocator;
}
