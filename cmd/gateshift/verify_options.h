/* The options of verify. */
#ifndef GATESHIFT_VERIFY_OPTIONS_H
#define GATESHIFT_VERIFY_OPTIONS_H

#include "app.h"
#include "verify/verify.h"

/* Which requests are sent: bits. */
enum { ASK_GIVEN = 1, ASK_LOGS = 2, ASK_WITNESSES = 4, ASK_ROUTES = 8 };

struct verify_words {
    struct verify_options how;
    struct verify_compared compared;
    unsigned ask;
    size_t most; /* requests of logs */
};
/* False with a usage line. */
bool verify_options_read(struct app *app, struct verify_words *out);
/* "127.0.0.1:80 and 127.0.0.1:443" */
struct slice verify_address(struct app *app, const struct verify_target *target);

#endif
