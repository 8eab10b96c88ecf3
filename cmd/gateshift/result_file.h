/* Files that results go to by options such as --partial; "-" is standard output. */
#ifndef GATESHIFT_RESULT_FILE_H
#define GATESHIFT_RESULT_FILE_H

#include "app.h"

bool result_is_stdout(struct slice path);
/* Can it be written? Asked before the work; an absent path can. False has been reported. */
bool result_file_free(struct app *app, struct slice path);
/* False has been reported. */
bool result_file_write(struct app *app, struct slice path, const struct buf *text);

#endif
