#include "result_file.h"

#include "folder.h"

bool result_is_stdout(struct slice path)
{
    return slice_is(path, "-");
}

bool result_file_free(struct app *app, struct slice path)
{
    struct slice why;
    if (!path.len || result_is_stdout(path) ||
        folder_check_one(app->run.arena, path, app->options.force, &why)) {
        return true;
    }
    (void)app_failure(app, SLICE_FMT, SLICE_ARG(why));
    return false;
}

bool result_file_write(struct app *app, struct slice path, const struct buf *text)
{
    struct slice why;
    if (text->failed) {
        (void)app_failure(app, "what is to be written to '" SLICE_FMT "' is larger than %zu bytes",
                          SLICE_ARG(path), text->max);
        return false;
    }
    if (result_is_stdout(path)) {
        buf_put(&app->out, buf_slice(text));
        return true;
    }
    if (!folder_write_one(app->run.arena, path, app->options.force, buf_slice(text), &why)) {
        (void)app_failure(app, SLICE_FMT, SLICE_ARG(why));
        return false;
    }
    return true;
}
