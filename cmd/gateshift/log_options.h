/* How access logs are read: --log-format and --keys. */
#ifndef GATESHIFT_LOG_OPTIONS_H
#define GATESHIFT_LOG_OPTIONS_H

#include "app.h"

/* False with a usage line. */
bool log_options_fit(struct app *app);

#endif
