/* memory.c: malloc that does not fail. */
#include "broker/runtime/memory.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        (void)fputs("memory: none left\n", stderr); // nobody is left to tell
        abort();
    }
    return memory;
}

void *memory_new(size_t count, size_t size)
{
    assert(count > 0 && size > 0);
    return checked(calloc(count, size));
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    assert(count > 0 && size > 0);
    assert(count <= SIZE_MAX / size);
    return checked(realloc(memory, count * size));
}

void memory_free(void *memory)
{
    free(memory);
}
