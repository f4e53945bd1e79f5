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

#endif
