/* voice_inside.h: what voice.c and voice_draw.c share. */
#ifndef TESTS_SIM_VOICE_INSIDE_H
#define TESTS_SIM_VOICE_INSIDE_H

#include "tests/sim/voice.h"

/* 0 .. bound - 1 */
uint32_t voice_below(const struct voice *voice, uint32_t bound);
/* True so many times in a hundred. */
bool voice_chance(const struct voice *voice, uint32_t percent);
/* In the voice's arena, zeroed; the same for the texts below. */
void *voice_take(const struct voice *voice, size_t size);
char *voice_text(const struct voice *voice, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *voice_path_text(const struct voice *voice, struct org_path path);
/* Of a grid or a unit of the organisation. */
char *voice_any_path(const struct voice *voice);
const Sanji__Worker *voice_any_worker(const struct voice *voice);
/* Some worker of the role, of the case's community where there is one; NULL: no such role. */
const Sanji__Worker *voice_worker_of_role(const struct voice *voice, unsigned role,
                                          const struct kase *kase);
/* Of a calm voice none is urgent. */
char *voice_any_category(const struct voice *voice);

#endif
