/* Conditions of Gateway API objects, printed. */
#ifndef GATESHIFT_SHOW_STATUS_H
#define GATESHIFT_SHOW_STATUS_H

#include "app.h"

/* What the controller would set, for people: a line for each object, listener and parent. */
void show_status_text(struct app *app, const struct gateway_statuses *statuses);
/* One object a line, with a `status` as the API has it. */
void show_status_json(struct app *app, const struct gateway_statuses *statuses,
                      const struct gateway_profile *profile);

#endif
