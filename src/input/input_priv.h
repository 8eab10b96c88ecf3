/* Shared by the files of this module. */
#ifndef GATESHIFT_INPUT_PRIV_H
#define GATESHIFT_INPUT_PRIV_H

#include "input/input.h"

/* The text as UTF-8 without a byte order mark. Text that is UTF-8 already is returned as it is. */
struct slice input_decode(struct arena *arena, struct slice text);

#endif
