/* Shared by the files of this module. */
#ifndef GATESHIFT_DOCUMENT_PRIV_H
#define GATESHIFT_DOCUMENT_PRIV_H

#include "document/document.h"

/* Types a plain scalar as an API server does; fills kind and value. */
void scalar_resolve(struct node *node);

/* True when the text is JSON rather than YAML: it begins with a bracket. */
bool json_looks_like(struct slice text);
/* JSON as libyaml can read it. */
struct slice json_prepare(struct run *run, struct slice text);

#endif
