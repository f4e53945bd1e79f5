/* crc32c.h: the two ways that crc32c (record.h) has. Everybody calls that one; these stand
 * here so that both can be tested on any machine that has both. */
#ifndef PROTO_CRC32C_H
#define PROTO_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when this processor has SSE4.2; crc32c_by_processor may be called only then. */
bool crc32c_processor_can(void);
uint32_t crc32c_by_processor(uint32_t crc, const void *data, size_t size);
uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t size);

#endif
