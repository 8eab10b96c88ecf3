/* What runs today, from -f, and what is to run: --after, or -f converted. */
#ifndef GATESHIFT_TWO_SIDES_H
#define GATESHIFT_TWO_SIDES_H

#include "app.h"

struct two_sides {
    struct side before, after;
};
/* False when the input has faults, which are diagnostics then. Close them in any case. */
bool two_sides_open(struct app *app, const struct convert_options *convert, struct two_sides *out);
void two_sides_close(struct two_sides *sides);

#endif
