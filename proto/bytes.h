/* bytes.h: a borrowed run of bytes. Never freed through, valid until the callee returns
 * unless a contract says otherwise. */
#ifndef PROTO_BYTES_H
#define PROTO_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data;
    size_t size;
};

#endif
