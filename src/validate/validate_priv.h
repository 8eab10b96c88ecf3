/* Shared by the files of this module. */
#ifndef GATESHIFT_VALIDATE_PRIV_H
#define GATESHIFT_VALIDATE_PRIV_H

#include "validate/validate.h"

/* What is said of all objects together, once each is valid by itself. */
void check_together(struct run *run, struct kube *kube, const struct validate_options *options);
/* References of kinds that the front end does not read. */
void check_references(struct run *run, const struct kube *kube);
/* TLSRoutes, TCPRoutes and UDPRoutes, and the listeners that they ask for. */
void check_stream_routes(struct run *run, const struct kube *kube);
/* Kinds that listeners allow, and cannot carry. */
void check_kinds(struct run *run, const struct kube *kube);

#endif
