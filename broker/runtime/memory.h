/* memory.h: memory that grows with the log. A process that has none left cannot say anything
 * true any more: it aborts and is started again. */
#ifndef RUNTIME_MEMORY_H
#define RUNTIME_MEMORY_H

#include <stddef.h>

/* Zeroed. Never NULL. Owns: the caller, until memory_free. */
void *memory_new(size_t count, size_t size);
/* What is new at the end is not zeroed. Never NULL. */
void *memory_resize(void *memory, size_t count, size_t size);
/* NULL is nothing. */
void memory_free(void *memory);

/* Makes a growing array take one more: doubles it when `count` has reached `room`. */
#define MEMORY_ROOM_FOR_ONE(array, count, room)                                            \
    do {                                                                                   \
        if ((count) == (room)) {                                                           \
            (room) = (room) == 0 ? 64 : (room)*2;                                          \
            (array) = memory_resize((array), (room), sizeof *(array));                     \
        }                                                                                  \
    } while (0)

#endif
