#include "ingress_nginx/snippets_priv.h"

/* Blocks of http-snippet: variables, upstreams and servers of somebody's own. Where nothing else names a variable or an
 * upstream (settings.c looks), all that shows is that a server takes the requests to its names. */

static const char *const blocks[] = {"map", "geo", "split_clients", "upstream", "server"};

bool snippet_is_block(struct slice directive)
{
    return slice_is_one_of(directive, blocks, ARRAY_LEN(blocks));
}

/* Variables that nginx.tmpl makes in the same way. */
static bool is_of_template(struct slice name)
{
    static const char *const names[] = {"$loggable",
                                        "$connection_upgrade",
                                        "$req_id",
                                        "$full_x_forwarded_for",
                                        "$proxy_protocol_addr_trusted",
                                        "$forwarded_for_proxy_protocol",
                                        "$literal_dollar",
                                        "$block_ua",
                                        "$block_ref"};
    return slice_is_one_of(name, names, ARRAY_LEN(names)) ||
           slice_starts(name, SLICE("$allowlist_")) || slice_starts(name, SLICE("$limit_")) ||
           slice_starts(name, SLICE("$http_"));
}

/* The last word before the block: the variable, or the name of the upstream. */
static bool read_named(struct run *run, struct slice *text, struct snippet *out)
{
    struct slice word, name = SLICE("");
    while (snippet_word(run, text, &word)) {
        name = word;
    }
    *ARENA_PUSH(run->arena, out->named.items, out->named.count, out->named_capacity) = name;
    return name.len && !is_of_template(name) && !slice_is(name, "upstream_balancer") &&
           snippet_skip_block(run, text);
}

static bool is_plain_name(struct slice name)
{
    return name.len && host_accepted(name) && slice_find(name, '*', 0) == name.len &&
           !slice_starts(name, SLICE(".")) && !slice_starts(name, SLICE("~")) &&
           !slice_is(name, "_") && slice_find(name, '$', 0) == name.len;
}

static bool read_server_words(struct run *run, bool names, bool listens, struct slice *text,
                              struct snippet *out)
{
    struct slice word;
    while (snippet_word(run, text, &word)) {
        if (listens && (slice_is(word, "default_server") || slice_is(word, "default"))) {
            return false;
        }
        if (names && !is_plain_name(word)) {
            return false;
        }
        if (names) {
            *ARENA_PUSH(run->arena, out->servers.items, out->servers.count, out->server_capacity) =
                arena_lower(run->arena, word);
        }
    }
    *text = snippet_blanks(*text);
    return snippet_takes(text, ';') || snippet_skip_block(run, text);
}

/* One without a name takes requests of nobody's, which the default server gets here. */
static bool read_server(struct run *run, struct slice *text, struct snippet *out)
{
    struct slice directive;
    *text = snippet_blanks(*text);
    if (!snippet_takes(text, '{')) {
        return false;
    }
    for (*text = snippet_blanks(*text); !snippet_takes(text, '}'); *text = snippet_blanks(*text)) {
        if (!snippet_word(run, text, &directive) ||
            !read_server_words(run, slice_is(directive, "server_name"),
                               slice_is(directive, "listen"), text, out)) {
            return false;
        }
    }
    return true;
}

bool snippet_read_block(struct run *run, struct slice directive, struct slice *text,
                        struct snippet *out)
{
    return slice_is(directive, "server") ? read_server(run, text, out) : read_named(run, text, out);
}
