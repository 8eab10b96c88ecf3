#include "ingress_nginx/snippets_priv.h"

/* Directives that may decide who gets in, and those of scripts that may do so. */
static bool protects(struct slice directive)
{
    static const char *const names[] = {"allow",
                                        "auth_basic",
                                        "auth_basic_user_file",
                                        "auth_jwt",
                                        "auth_request",
                                        "deny",
                                        "if",
                                        "internal",
                                        "limit_conn",
                                        "limit_req",
                                        "limit_except",
                                        "modsecurity_rules",
                                        "return",
                                        "satisfy",
                                        "secure_link",
                                        "secure_link_md5",
                                        "ssl_verify_client"};
    return slice_is_one_of(directive, names, ARRAY_LEN(names)) ||
           slice_starts(directive, SLICE("access_by_lua")) ||
           slice_starts(directive, SLICE("rewrite_by_lua"));
}

void snippet_note_unknown(struct run *run, struct slice directive, struct snippet *out)
{
    struct texts *all = &out->unknown;
    size_t at = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (slice_equal(all->items[i], directive)) {
            return;
        }
        at += protects(all->items[i]);
    }
    at = protects(directive) ? at : all->count;
    (void)ARENA_PUSH(run->arena, all->items, all->count, out->unknown_capacity);
    for (size_t i = all->count - 1; i > at; i--) {
        all->items[i] = all->items[i - 1];
    }
    all->items[at] = directive;
}

struct slice unknown_directives(struct run *run, const struct texts *directives, const char *kind,
                                struct slice name)
{
    struct slice list = SLICE("");
    for (size_t i = 0; i < directives->count; i++) {
        list = arena_printf(run->arena, SLICE_FMT "%s'" SLICE_FMT "'", SLICE_ARG(list),
                            i == 0                       ? ""
                            : i + 1 == directives->count ? " and "
                                                         : ", ",
                            SLICE_ARG(directives->items[i]));
    }
    bool one = directives->count == 1;
    return arena_printf(run->arena,
                        "directive%s " SLICE_FMT " of %s'" SLICE_FMT "' %s not understood",
                        one ? "" : "s", SLICE_ARG(list), kind, SLICE_ARG(name), one ? "is" : "are");
}
