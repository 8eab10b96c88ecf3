#include "app.h"
#include "replay_result.h"

int cmd_merge(struct app *app)
{
    struct evidence evidence = {0};
    if (!replay_partial_free(app)) {
        return EXIT_ENVIRONMENT;
    }
    app_evidence(app, &app->options.operands, &evidence);
    if (app_input_errors(app->run.diag)) {
        return EXIT_INPUT; /* a sum without one of its parts is no sum */
    }
    return app->options.partial.len ? replay_partial(app, &evidence)
                                    : replay_result(app, &evidence);
}
