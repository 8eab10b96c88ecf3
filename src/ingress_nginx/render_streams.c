#include "ingress_nginx/render_priv.h"

/* The block of streams of nginx.tmpl: ports of TCP and UDP, and what snippets add behind them. */

static struct slice setting_text(const struct render *render, const char *key, const char *usual)
{
    const struct config_map *config = render->model->settings->config;
    const struct label *label = config ? labels_find(&config->data, key) : NULL;
    return label && label->value.len ? slice_trim(label->value) : slice_of(usual);
}

static void put_port(struct render *render, const struct stream_port *stream)
{
    static const struct {
        const char *directive, *key, *usual;
        bool only_udp;
    } rows[] = {
        {"proxy_responses", "proxy-stream-responses", "1", true},
        {"proxy_timeout", "proxy-stream-timeout", "600s", false},
        {"proxy_next_upstream", "proxy-stream-next-upstream", "true", false},
        {"proxy_next_upstream_timeout", "proxy-stream-next-upstream-timeout", "600s", false},
        {"proxy_next_upstream_tries", "proxy-stream-next-upstream-tries", "3", false},
    };
    struct buf *out = render->out;
    const struct backend *backend = &stream->backend;
    struct origin origin = stream_origin(render->model->run, stream);
    buf_putc(out, '\n');
    render_origin(render, "    ", &origin);
    buf_printf(
        out,
        "    server {\n        # by script: upstream %s-" SLICE_FMT "-" SLICE_FMT "-" SLICE_FMT
        ", the endpoints of Service " SLICE_FMT "/" SLICE_FMT "\n        listen %u%s%s;\n",
        stream->udp ? "udp" : "tcp", SLICE_ARG(backend->namespace), SLICE_ARG(backend->service),
        SLICE_ARG(stream->named), SLICE_ARG(backend->namespace), SLICE_ARG(backend->service),
        stream->port, stream->udp ? " udp" : "", stream->proxy_in ? " proxy_protocol" : "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct slice value = setting_text(render, rows[i].key, rows[i].usual);
        bool flag = slice_is(slice_of(rows[i].directive), "proxy_next_upstream");
        value = flag ? is_true(value) ? SLICE("on") : SLICE("off") : value;
        if (stream->udp || !rows[i].only_udp) {
            buf_printf(out, "        %s " SLICE_FMT ";\n", rows[i].directive, SLICE_ARG(value));
        }
    }
    buf_printf(out, "        proxy_pass upstream_balancer;\n%s    }\n",
               stream->proxy_out ? "        proxy_protocol on;\n" : "");
}

/* All of them, that of the setting last (nginx.go, generateTemplate). */
static void put_snippets(struct render *render)
{
    const struct model *model = render->model;
    struct buf *out = render->out;
    for (size_t i = 0; i <= model->item_count; i++) {
        const struct annotations *annotations =
            i < model->item_count ? model->items[i]->annotations : NULL;
        struct slice text = annotations ? annotation_text(annotations, AN_stream_snippet)
                                        : model->settings->stream_snippet;
        if (!text.len) {
            continue;
        }
        if (annotations) {
            struct effect_source source = annotation_source(annotations, AN_stream_snippet);
            struct origin origin = annotation_origin(model->run, annotations->ingress, source);
            buf_putc(out, '\n');
            render_origin(render, "    ", &origin);
        } else {
            buf_puts(out, "\n    # stream-snippet of the controller's ConfigMap\n");
        }
        buf_printf(out, SLICE_FMT "\n", SLICE_ARG(text));
    }
}

void render_streams(struct render *render)
{
    const struct model *model = render->model;
    bool any = model->streams.count > 0 || model->settings->stream_snippet.len > 0;
    for (size_t i = 0; i < model->item_count && !any; i++) {
        any = annotation_text(model->items[i]->annotations, AN_stream_snippet).len > 0;
    }
    if (!any || render->text->runs) {
        return;
    }
    buf_puts(render->out, "\nstream {");
    for (size_t i = 0; i < model->streams.count; i++) {
        put_port(render, &model->streams.items[i]);
    }
    put_snippets(render);
    buf_puts(render->out, "}\n");
}
