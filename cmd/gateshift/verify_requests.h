/* The requests that verify sends. */
#ifndef GATESHIFT_VERIFY_REQUESTS_H
#define GATESHIFT_VERIFY_REQUESTS_H

#include "app.h"
#include "two_sides.h"
#include "verify_options.h"

struct verifying {
    struct app *app;
    struct verify_words words;
    struct two_sides sides;
    bool has_sides;
    struct verify_side side[2];
    struct verify_items items;
    struct map *seen;
};

/* Those of the command line, of logs, of findings and of routes. False has been reported. */
bool verify_collect(struct verifying *verifying);

#endif
