/* Shared by the files of this module. */
#ifndef GATESHIFT_INPUT_PRIV_H
#define GATESHIFT_INPUT_PRIV_H

#include "input/input.h"

/* The text as UTF-8 without a byte order mark: a part of what was given, or, with *is_new, a text of its own. */
struct slice input_decode(struct arena *arena, struct slice text, bool *is_new);

#endif
