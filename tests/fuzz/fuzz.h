/* fuzz.h: the one function of a fuzz target, called by libFuzzer or by replay.c. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Aborts when a law is broken. Returns 0. `data` is borrowed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
