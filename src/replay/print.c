#include "replay/replay_priv.h"

struct printing {
    struct run *run;
    const struct evidence *evidence;
    const struct replay_print *style;
    struct buf *out;
    uint64_t requests;
};

/* 1234567 as "1,234,567" */
static void put_number(struct buf *out, uint64_t number, size_t width)
{
    char digits[UINT_TEXT_MAX];
    struct slice text = uint_text(number, digits);
    size_t commas = (text.len - 1) / 3, len = text.len + commas;
    buf_fill(out, ' ', len < width ? width - len : 0);
    for (size_t i = 0; i < text.len; i++) {
        if (i && (text.len - i) % 3 == 0) {
            buf_putc(out, ',');
        }
        buf_putc(out, text.ptr[i]);
    }
}

static void put_share(struct printing *printing, uint64_t part)
{
    enum { WIDTH = 12 };
    struct slice share = evidence_share(printing->run->arena, part, printing->requests);
    buf_fill(printing->out, ' ', share.len < WIDTH ? WIDTH - share.len : 0);
    buf_put(printing->out, share);
    put_number(printing->out, part, 14);
    buf_puts(printing->out, "  ");
}

static void put_title(struct printing *printing, const char *title)
{
    bool colour = printing->style->colour;
    buf_printf(printing->out, "\n%s%s%s\n", colour ? "\x1b[1m" : "", title,
               colour ? "\x1b[0m" : "");
}

static bool too_many(struct printing *printing, size_t at, size_t count, const char *what)
{
    if (!printing->style->most || at < printing->style->most) {
        return false;
    }
    buf_printf(printing->out, "  ... and %zu more %s; --all prints them\n", count - at, what);
    return true;
}

static void put_examples(struct printing *printing, const struct evidence_examples *examples,
                         size_t most)
{
    for (size_t i = 0; i < examples->count && i < most; i++) {
        const struct evidence_example *example = &examples->items[i];
        buf_puts(printing->out, "        ");
        diag_put_visible(example->source, printing->out);
        if (example->line) {
            buf_putc(printing->out, ':');
            buf_put_uint(printing->out, example->line);
        }
        buf_puts(printing->out, ": ");
        diag_put_visible(example->text, printing->out);
        buf_putc(printing->out, '\n');
    }
}

/* ---- the parts ---------------------------------------------------------------------------- */

static void print_planes(struct printing *printing)
{
    struct buf *out = printing->out;
    buf_puts(out, "before: ");
    diag_put_visible(printing->evidence->before, out);
    buf_puts(out, "\nafter:  ");
    diag_put_visible(printing->evidence->after, out);
    buf_putc(out, '\n');
}

/* What is not in the numbers, before they are read. */
static void print_lacks(struct printing *printing)
{
    const struct texts missing = evidence_missing(printing->run->arena, printing->evidence);
    const struct texts *left_out = &printing->evidence->left_out;
    for (size_t i = 0; i < missing.count; i++) {
        buf_puts(printing->out, "incomplete: without ");
        diag_put_visible(missing.items[i], printing->out);
        buf_putc(printing->out, '\n');
    }
    for (size_t i = 0; i < left_out->count; i++) {
        buf_puts(printing->out, "incomplete: without what is in '");
        diag_put_visible(left_out->items[i], printing->out);
        buf_puts(printing->out, "', which could not be added\n");
    }
}

static void print_counts(struct printing *printing)
{
    const uint64_t *counts = printing->evidence->counts;
    struct buf *out = printing->out;
    put_number(out, counts[EVIDENCE_REQUESTS], 0);
    buf_puts(out, counts[EVIDENCE_REQUESTS] == 1 ? " request in " : " requests in ");
    put_number(out, counts[EVIDENCE_LINES], 0);
    buf_puts(out, counts[EVIDENCE_LINES] == 1 ? " line" : " lines");
    if (counts[EVIDENCE_UNPARSED] + counts[EVIDENCE_REQUESTLESS]) {
        buf_puts(out, "; ");
        put_number(out, counts[EVIDENCE_UNPARSED], 0);
        buf_puts(out, " not understood, ");
        put_number(out, counts[EVIDENCE_REQUESTLESS], 0);
        buf_puts(out, " without a request that could be sent");
    }
    buf_puts(out, "\n\n");
    static const struct {
        enum evidence_count count;
        const char *text;
    } rows[] = {{EVIDENCE_SAME, "same, but for what the data planes do alike on all hosts"},
                {EVIDENCE_DIFFERENT, "different"},
                {EVIDENCE_UNSAID, "cannot be said from what the log tells"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        put_share(printing, counts[rows[i].count]);
        buf_puts(out, rows[i].text);
        buf_putc(out, '\n');
    }
}

static void print_agreement(struct printing *printing)
{
    const uint64_t *counts = printing->evidence->counts;
    uint64_t held = counts[EVIDENCE_EXPLAINED] + counts[EVIDENCE_UNEXPLAINED];
    struct buf *out = printing->out;
    if (!held) {
        buf_puts(out, "\nThe log tells nothing that the model of what runs today could be held "
                      "against.\n");
        return;
    }
    struct slice share = evidence_share(printing->run->arena, counts[EVIDENCE_EXPLAINED], held);
    buf_puts(out, "\nThe model of what runs today explains ");
    buf_put(out, share);
    buf_puts(out, " of the ");
    put_number(out, held, 0);
    buf_puts(out, held == 1 ? " request" : " requests");
    buf_puts(out, " whose status or upstream the log can be held against.\n");
}

/* Both id and title may be from a file. */
static void put_named(struct printing *printing, const struct evidence_finding *finding)
{
    buf_printf(printing->out, "%s %s ", impact_name(finding->impact), aspect_name(finding->aspect));
    diag_put_visible(finding->id, printing->out);
    buf_puts(printing->out, ": ");
    diag_put_visible(finding->title, printing->out);
    buf_putc(printing->out, '\n');
}

static void print_finding(struct printing *printing, const struct evidence_finding *finding)
{
    enum { EXAMPLES = 2, ROUTES = 3 };
    struct buf *out = printing->out;
    put_share(printing, finding->requests);
    put_named(printing, finding);
    if (finding->platform) {
        return;
    }
    for (size_t i = 0; i < finding->routes.count && i < ROUTES; i++) {
        buf_puts(out, "        by ");
        diag_put_visible(finding->routes.items[i]->text, out);
        buf_puts(out, ": ");
        put_number(out, finding->routes.items[i]->requests, 0);
        buf_putc(out, '\n');
    }
    if (finding->routes.count > ROUTES) {
        buf_printf(out, "        and by %zu more routes\n", finding->routes.count - ROUTES);
    }
    put_examples(printing, &finding->examples, EXAMPLES);
}

static void print_findings(struct printing *printing, bool platform, const char *title)
{
    const struct evidence *evidence = printing->evidence;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < evidence->finding_count; i++) {
        count += evidence->findings[i]->platform == platform && evidence->findings[i]->requests;
    }
    if (count) {
        put_title(printing, title);
    }
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const struct evidence_finding *finding = evidence->findings[i];
        if (finding->platform != platform || !finding->requests) {
            continue;
        }
        if (too_many(printing, at, count, "differences")) {
            return;
        }
        print_finding(printing, finding);
        at++;
    }
}

static void print_groups(struct printing *printing, const struct evidence_groups *groups,
                         const char *title, size_t examples)
{
    if (groups->count) {
        put_title(printing, title);
    }
    for (size_t i = 0; i < groups->count; i++) {
        if (too_many(printing, i, groups->count, "reasons")) {
            return;
        }
        put_share(printing, groups->items[i]->requests);
        diag_put_visible(groups->items[i]->text, printing->out);
        buf_putc(printing->out, '\n');
        put_examples(printing, &groups->items[i]->examples, examples);
    }
}

static void print_unused(struct printing *printing, enum evidence_side side, const char *title)
{
    const struct evidence *evidence = printing->evidence;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < evidence->route_count; i++) {
        const struct evidence_route *route = evidence->routes[i];
        count += route->side == side && !route->requests && !route->possible && !route->asked;
    }
    if (count) {
        put_title(printing, title);
    }
    for (size_t i = 0; i < evidence->route_count; i++) {
        const struct evidence_route *route = evidence->routes[i];
        if (route->side != side || route->requests || route->possible || route->asked) {
            continue;
        }
        if (too_many(printing, at++, count, "routes")) {
            return;
        }
        buf_puts(printing->out, "    ");
        diag_put_visible(route->text, printing->out);
        buf_putc(printing->out, '\n');
    }
}

/* What verify counted. */
static void print_asked(struct printing *printing)
{
    const struct evidence *evidence = printing->evidence;
    const uint64_t *counts = evidence->counts;
    struct buf *out = printing->out;
    put_number(out, counts[EVIDENCE_ASKED], 0);
    buf_puts(out, counts[EVIDENCE_ASKED] == 1 ? " request to both data planes: "
                                              : " requests to both data planes: ");
    put_number(out, counts[EVIDENCE_ANSWERED], 0);
    buf_puts(out, " answered by both, ");
    put_number(out, counts[EVIDENCE_AGREED], 0);
    buf_puts(out, " alike, ");
    put_number(out, counts[EVIDENCE_PREDICTED], 0);
    buf_puts(out, " as predicted on both sides\n");
    for (size_t i = 0; i < evidence->finding_count; i++) {
        const struct evidence_finding *finding = evidence->findings[i];
        if (finding->asked) {
            buf_puts(out, "    ");
            put_number(out, finding->confirmed, 0);
            buf_puts(out, " of ");
            put_number(out, finding->asked, 0);
            buf_puts(out, " confirmed: ");
            put_named(printing, finding);
        }
    }
}

void replay_print(struct run *run, const struct evidence *evidence,
                  const struct replay_print *style, struct buf *out)
{
    struct printing printing = {run, evidence, style, out, evidence->counts[EVIDENCE_REQUESTS]};
    print_planes(&printing);
    print_lacks(&printing);
    if (evidence->counts[EVIDENCE_ASKED]) {
        print_asked(&printing);
    }
    if (evidence->counts[EVIDENCE_LINES] || !evidence->counts[EVIDENCE_ASKED]) {
        print_counts(&printing);
        print_agreement(&printing);
    }
    print_findings(&printing, false, "What differs, by how many requests meet it");
    print_groups(&printing, &evidence->unsaid, "What cannot be said", 1);
    print_groups(&printing, &evidence->unexplained, "Where the log contradicts the model", 2);
    print_findings(&printing, true, "What the data planes do differently, alike on all hosts");
    print_unused(&printing, EVIDENCE_BEFORE, "Routes of today that no request used");
    print_unused(&printing, EVIDENCE_AFTER, "Routes of what is to run that no request would use");
    print_groups(&printing, &evidence->unparsed, "Lines that were left out", EVIDENCE_EXAMPLES);
}
