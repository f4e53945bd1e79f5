/* arena.h: fixed memory for one message or one turn, given back all at once.
 *
 *     struct arena *a = arena_new(256 KiB);   once, at start
 *     ... unpack, build, use ...
 *     arena_reset(a);                         pointers into it are dead
 *
 * An exhausted arena returns NULL: input decides how much is needed, so that is a refusal
 * (TOO_LARGE), not a broken program.
 */
#ifndef PROTO_ARENA_H
#define PROTO_ARENA_H

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct arena;

/* Never NULL: aborts when the process has no memory at start. */
struct arena *arena_new(size_t size_max_bytes);
void arena_free(struct arena **arena);
void arena_reset(struct arena *arena);

/* 16-byte aligned, zeroed. NULL when exhausted. */
void *arena_take(struct arena *arena, size_t size);
/* NULL when exhausted. */
char *arena_copy_text(struct arena *arena, const char *text);

/* Overwrites what was taken with zeros and resets: for opened texts. */
void arena_wipe(struct arena *arena);

size_t arena_used(const struct arena *arena);
size_t arena_left(const struct arena *arena);

/* For protobuf-c; free is a no-op. Lives as long as the arena. */
ProtobufCAllocator *arena_allocator(struct arena *arena);

#endif
