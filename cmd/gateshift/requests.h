/* Requests on the command line of simulate. */
#ifndef GATESHIFT_REQUESTS_H
#define GATESHIFT_REQUESTS_H

#include "app.h"

/* A URL with the options that go with it, JSON itself, or a file of requests. False with a usage line when the
 * operand is none of them; faults in a file are diagnostics. */
bool requests_read(struct app *app, struct slice operand, struct expect_cases *cases);
/* Adds the headers of -H, and takes the host of Host. False with a usage line. */
bool requests_headers(struct app *app, struct request *request);
/* True when more than one of manifests, requests, logs and records and requests are to come from standard input. */
bool requests_read_stdin_twice(const struct app *app);

#endif
