#include "survey/survey_priv.h"

#include "survey/page.inc"

#include <openssl/evp.h>
#include <openssl/sha.h>

/* One file: style, script and data are in it, and its policy lets in nothing else. */

enum { DIGEST_TEXT = 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1 };

/* A source of a content security policy: 'sha256-...' (W3C CSP 3). */
static void put_digest(struct slice text, struct buf *out)
{
    unsigned char digest[SHA256_DIGEST_LENGTH], words[DIGEST_TEXT];
    SHA256((const unsigned char *)text.ptr, text.len, digest);
    int length = EVP_EncodeBlock(words, digest, sizeof digest);
    buf_puts(out, "'sha256-");
    buf_put(out, (struct slice){(const char *)words, (size_t)length});
    buf_putc(out, '\'');
}

/* JSON in a script element: what could end it, or begin a comment, is written as an escape. */
static void put_data(const struct node *node, struct buf *out)
{
    struct buf json;
    buf_init(&json, BUF_TEXT_MAX);
    document_write_json(node, 0, &json);
    struct slice text = buf_slice(&json);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<' || c == '>' || c == '&') {
            buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_putc(out, c);
        }
    }
    buf_release(&json);
}

/* ---- links: host, who listens, what takes it, Service ----------------------------------------- */

static void put_link(struct run *run, struct node *list, struct map *seen,
                     const struct entry *entry, const struct rule *rule,
                     const struct backend *backend)
{
    struct arena *arena = run->arena;
    struct slice host = entry->host.kind == HOST_ANY ? SLICE("(every host)") : entry->host.name;
    struct slice via = ARENA_JOIN(arena, rule->origin.namespace, SLICE("/"), rule->origin.name);
    struct slice service = ARENA_JOIN(arena, backend->namespace, SLICE("/"), backend->service);
    const struct slice parts[] = {host, entry->gateway, via, service};
    struct node *link = node_list(arena);
    struct slice key =
        ARENA_JOIN(arena, host, SLICE(" "), entry->gateway, SLICE(" "), via, SLICE(" "), service);
    if (map_add(seen, key, run)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        node_add(arena, link, node_string(arena, parts[i]));
    }
    node_add(arena, list, link);
}

static struct node *links_node(struct run *run, const struct route_table *table)
{
    struct node *list = node_list(run->arena);
    struct map *seen = map_new(run->arena);
    for (size_t i = 0; i < table->entry_count; i++) {
        const struct entry *entry = &table->entries[i];
        for (size_t j = 0; entry->rules && j < entry->rules->count; j++) {
            const struct rule *rule = &entry->rules->rules[j];
            for (size_t k = 0; rule->origin.name.len && k < rule->backend_count; k++) {
                if (rule->backends[k].service.len) {
                    put_link(run, list, seen, entry, rule, &rule->backends[k]);
                }
            }
        }
    }
    return list;
}

/* ---- the page ------------------------------------------------------------------------------- */

static void put_head(struct slice style, struct slice script, struct buf *out)
{
    buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "base-uri 'none'; form-action 'none'; style-src ");
    put_digest(style, out);
    buf_puts(out, "; script-src ");
    put_digest(script, out);
    buf_puts(out, "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<title>Gateway API readiness</title>\n<style>");
    buf_put(out, style);
    buf_puts(out,
             "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">to the content</a>\n");
}

static void put_card(const char *name, size_t count, const char *class, struct buf *out)
{
    buf_printf(out, "<li><strong class=\"%s\">%zu</strong>%s</li>\n", class, count, name);
}

static void put_overview(const struct survey *survey, struct buf *out)
{
    buf_puts(out, "<header><h1>Gateway API readiness</h1>\n<p class=\"soft\">");
    diag_put_xml(survey->comparison->before, out);
    buf_printf(out, ", for target <strong>%s</strong>: behaviour %s</p>\n", survey->target->name,
               verdict_name(comparison_verdict(survey->comparison)));
    buf_puts(out,
             "<nav aria-label=\"sections\"><ul><li><a href=\"#targets\">targets</a></li>"
             "<li><a href=\"#ingresses\">Ingresses</a></li><li><a href=\"#findings\">findings</a>"
             "</li><li><a href=\"#picture\">picture</a></li><li><a href=\"#owners\">owners</a>"
             "</li><li><a href=\"#back\">the way back</a></li></ul></nav></header>\n"
             "<main id=\"main\">\n<ul class=\"cards\">\n");
    put_card("Ingresses", survey->ingress_count, "", out);
    put_card("hosts", survey->host_count, "", out);
    put_card("Services", survey->service_count, "", out);
    for (size_t i = 0; i <= GRADE_UNKNOWN; i++) {
        const char *name = grade_name((enum grade)i);
        put_card(name, survey->grades[i], name, out);
    }
    put_card("Gateways afterwards", survey->converted->gateways, "", out);
    put_card("routes afterwards", survey->converted->routes, "", out);
    buf_puts(
        out,
        "</ul>\n<noscript><p>Without scripts only this overview and the tables of targets "
        "and owners can be seen; 'gateshift report' prints all of it as text.</p></noscript>\n");
}

static void put_targets(const struct survey *survey, struct buf *out)
{
    buf_printf(out,
               "<h2 id=\"targets\">What targets can say</h2>\n<p>Of %zu different annotations in "
               "use.</p>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">target</th>"
               "<th scope=\"col\" class=\"number\">exactly</th><th scope=\"col\" "
               "class=\"number\">nearly</th><th scope=\"col\" class=\"number\">not</th>"
               "<th scope=\"col\">share</th></tr></thead><tbody>\n",
               survey->used);
    for (size_t i = 0; i < survey->target_count; i++) {
        const struct survey_target *target = &survey->targets[i];
        buf_printf(out,
                   "<tr><th scope=\"row\">%s</th><td class=\"number exact\">%zu</td>"
                   "<td class=\"number near\">%zu</td><td class=\"number none\">%zu</td>"
                   "<td data-target=\"%zu\"></td></tr>\n",
                   target->target->name, target->exact, target->near, target->none, i);
    }
    buf_puts(out, "</tbody></table></div>\n");
}

static void put_choice(const char *form, const char *name, const char *const *values, size_t count,
                       struct buf *out)
{
    buf_printf(out,
               "<div><label for=\"%s-%s\">%s</label><select id=\"%s-%s\" name=\"%s\">"
               "<option value=\"\">all</option>",
               form, name, name, form, name, name);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "<option>%s</option>", values[i]);
    }
    buf_puts(out, "</select></div>");
}

static void put_search(const char *form, struct buf *out)
{
    buf_printf(out,
               "<form id=\"%s-form\" role=\"search\"><div><label for=\"%s-search\">search</label>"
               "<input id=\"%s-search\" name=\"search\" type=\"search\"></div>",
               form, form, form);
}

static void put_namespaces(const struct survey *survey, struct buf *out)
{
    buf_puts(out, "<div><label for=\"ingress-namespace\">namespace</label><select "
                  "id=\"ingress-namespace\" name=\"namespace\"><option value=\"\">all</option>");
    for (size_t i = 0; i < survey->owner_count; i++) {
        buf_puts(out, "<option>");
        diag_put_xml(survey->owners[i].namespace, out);
        buf_puts(out, "</option>");
    }
    buf_puts(out, "</select></div></form>\n");
}

static void put_lists(const struct survey *survey, struct buf *out)
{
    static const char *const grades[] = {"ready", "review", "decide", "unknown"};
    static const char *const severities[] = {"breaking", "changed", "cosmetic"};
    const char *aspects[ASPECT_COUNT];
    for (size_t i = 0; i < ASPECT_COUNT; i++) {
        aspects[i] = aspect_name((enum aspect)i);
    }
    buf_puts(out, "<h2 id=\"ingresses\">Ingresses</h2>\n");
    put_search("ingress", out);
    put_choice("ingress", "grade", grades, ARRAY_LEN(grades), out);
    put_namespaces(survey, out);
    buf_puts(
        out,
        "<p id=\"ingress-count\" class=\"soft\" role=\"status\"></p>\n"
        "<div id=\"ingress-list\"></div>\n<h2 id=\"findings\">What behaves differently</h2>\n");
    put_search("finding", out);
    put_choice("finding", "severity", severities, ARRAY_LEN(severities), out);
    put_choice("finding", "aspect", aspects, ASPECT_COUNT, out);
    buf_puts(out,
             "</form>\n<p id=\"finding-count\" class=\"soft\" role=\"status\"></p>\n"
             "<div id=\"finding-list\"></div>\n"
             "<h2 id=\"picture\">Hosts, Gateways, routes and Services</h2>\n<div><label "
             "for=\"picture-search\">search</label><input id=\"picture-search\" type=\"search\">"
             "</div>\n<h3>today</h3><div id=\"before\" class=\"wide\"></div>\n<h3>afterwards</h3>"
             "<div id=\"after\" class=\"wide\"></div>\n");
}

static void put_owners(const struct survey *survey, struct buf *out)
{
    buf_puts(out,
             "<h2 id=\"owners\">Who owns what afterwards</h2>\n<div class=\"wide\"><table><thead>"
             "<tr><th scope=\"col\">namespace</th><th scope=\"col\" class=\"number\">Ingresses "
             "today</th><th scope=\"col\" class=\"number\">routes</th><th scope=\"col\" "
             "class=\"number\">other objects</th><th scope=\"col\" class=\"number\">of the "
             "platform team</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < survey->owner_count; i++) {
        const struct survey_owner *owner = &survey->owners[i];
        buf_puts(out, "<tr><th scope=\"row\">");
        diag_put_xml(owner->namespace, out);
        buf_printf(out,
                   "</th><td class=\"number\">%zu</td><td class=\"number\">%zu</td>"
                   "<td class=\"number\">%zu</td><td class=\"number\">%zu%s</td></tr>\n",
                   owner->ingresses, owner->routes, owner->others, owner->platform_objects,
                   owner->platform ? ", with Gateways" : "");
    }
    buf_puts(out, "</tbody></table></div>\n");
}

static void put_surroundings(const struct survey *survey, struct buf *out)
{
    const struct surroundings *surroundings = survey->surroundings;
    if (surroundings->count) {
        buf_puts(out, "<h2>What else hangs on the old controller</h2>\n<ul>\n");
    }
    for (size_t i = 0; i < surroundings->count; i++) {
        const struct surrounding *item = &surroundings->items[i];
        buf_puts(out, "<li><strong>");
        diag_put_xml(item->object->subject, out);
        buf_puts(out, "</strong>: ");
        diag_put_xml(item->text, out);
        buf_puts(out, "; ");
        diag_put_xml(slice_of(item->row->advice), out);
        buf_puts(out, "</li>\n");
    }
    buf_puts(out, surroundings->count ? "</ul>\n" : "");
}

void survey_html(struct run *run, const struct survey *survey, struct buf *out)
{
    struct slice style = {(const char *)page_css, sizeof page_css};
    struct slice script = {(const char *)page_js, sizeof page_js};
    struct node *data = survey_node(run, survey), *links = node_map(run->arena);
    node_set(run->arena, links, "before", links_node(run, survey->before_table));
    node_set(run->arena, links, "after", links_node(run, survey->after_table));
    node_set(run->arena, data, "links", links);
    put_head(style, script, out);
    put_overview(survey, out);
    put_targets(survey, out);
    put_lists(survey, out);
    put_owners(survey, out);
    put_surroundings(survey, out);
    buf_puts(out,
             "<h2 id=\"back\">The way back</h2>\n<p><code>gateshift rollback</code> writes the "
             "manifests that put the Ingresses back, in the order to apply, and proves that they "
             "behave as before. Nothing above has changed a cluster.</p>\n</main>\n<footer>made by "
             "gateshift</footer>\n<script type=\"application/json\" id=\"data\">");
    put_data(data, out);
    buf_puts(out, "</script>\n<script>");
    buf_put(out, script);
    buf_puts(out, "</script>\n</body>\n</html>\n");
}
