/* Writing to a descriptor until all is written. */
#ifndef GATESHIFT_WRITE_H
#define GATESHIFT_WRITE_H

#include "route/route.h"

/* False with errno when the environment refuses; an interrupted write goes on. */
bool write_all(int fd, struct slice text);
bool write_parts(int fd, const struct texts *parts); /* one after the other */

#endif
