/* A cluster as the command line and the environment name it. */
#ifndef GATESHIFT_CLUSTER_INPUT_H
#define GATESHIFT_CLUSTER_INPUT_H

#include "app.h"
#include "cluster/cluster.h"

/* False with diagnostics when there is no way to a cluster. */
NODISCARD bool cluster_options_read(struct app *app, struct kube_access *access,
                                    struct cluster_options *out);
/* Ends the line that shows progress. */
void cluster_progress_end(const struct app *app);
/* Reads the cluster, as --cluster says, into input; what went wrong is a diagnostic. */
void cluster_input(struct app *app, struct input *out);

#endif
