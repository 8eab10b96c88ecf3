#include "compare/compare_priv.h"

static const size_t default_classes = 1000000;

/* The rules of both sides that one class of paths can be decided by, in order. */
struct class_rules {
    const struct rule **items[2];
    size_t counts[2];
};
struct deciding {
    struct classes *classes;
    const struct class_rules *rules;
    struct variables variables;
    struct slice path; /* the raw target, without query */
};

/* ---- what is found ------------------------------------------------------------------------ */

void verdict_open(struct host_verdict *verdict, unsigned aspects, struct slice reason)
{
    for (unsigned i = 0; i < ASPECT_COUNT; i++) {
        struct aspect_verdict *aspect = &verdict->aspects[i];
        if ((aspects >> i & 1) && !aspect_is_open(aspect)) {
            aspect->reason = reason;
            aspect->verdict =
                aspect->verdict == VERDICT_EQUIVALENT ? VERDICT_UNPROVEN : aspect->verdict;
        }
    }
}

/* Aspects that are still proved. */
static unsigned closed_aspects(const struct host_verdict *verdict, unsigned aspects)
{
    unsigned closed = 0;
    for (unsigned i = 0; i < ASPECT_COUNT; i++) {
        closed |= aspects & (aspect_is_open(&verdict->aspects[i]) ? 0 : 1u << i);
    }
    return closed;
}

void classes_unproven(struct classes *classes, unsigned aspects, struct slice reason)
{
    unsigned closed = closed_aspects(classes->verdict, aspects);
    if (closed) {
        verdict_open(classes->verdict, closed, arena_copy(classes->comparer->run->arena, reason));
    }
}

/* That is not known of one rule. */
static void rule_unproven(struct classes *classes, unsigned aspects, struct slice reason,
                          const struct rule *rule)
{
    struct host_verdict *verdict = classes->verdict;
    unsigned closed = closed_aspects(verdict, aspects);
    classes_unproven(classes, aspects, reason);
    if (!closed || !rule || !rule->origin.name.len) {
        return;
    }
    const struct origin *origin = &rule->origin;
    struct slice name = arena_printf(classes->comparer->run->arena,
                                     SLICE_FMT " " SLICE_FMT "/" SLICE_FMT ", " SLICE_FMT,
                                     SLICE_ARG(origin->kind), SLICE_ARG(origin->namespace),
                                     SLICE_ARG(origin->name), SLICE_ARG(origin->field));
    for (unsigned i = 0; i < ASPECT_COUNT; i++) {
        verdict->aspects[i].rule = closed >> i & 1 ? name : verdict->aspects[i].rule;
    }
}

/* It is of the rule itself, not of its data plane or host. */
static bool is_of_rule(const struct rule *rule, struct slice reason)
{
    for (const struct unknown *u = rule ? rule->unknown : NULL; u; u = u->next) {
        if (slice_equal(u->reason, reason)) {
            return true;
        }
    }
    return false;
}

static bool is_unknown(const struct outcome *outcome, struct slice reason)
{
    for (const struct unknown *u = outcome->unknown; u; u = u->next) {
        if (slice_equal(u->reason, reason)) {
            return true;
        }
    }
    return outcome->kind == OUTCOME_UNKNOWN && slice_equal(outcome->reason, reason);
}

static void note_reason(struct classes *classes, const struct request *request,
                        const struct outcome *outcome, struct slice reason, unsigned aspects,
                        const struct outcome *plain)
{
    unsigned compared = aspects & classes->comparer->sides.aspects;
    if (plain && !is_unknown(plain, reason)) {
        if (compared) {
            findings_open(classes->comparer->findings, request, reason, compared,
                          classes->comparer->out);
        }
        return;
    }
    classes->open = false;
    rule_unproven(classes, aspects, reason,
                  is_of_rule(outcome->rule, reason) ? outcome->rule : NULL);
}

/* `plain` is the outcome of the same target in plain spelling; null: it is in plain spelling. */
static void note_unknown(struct classes *classes, const struct request *request,
                         const struct outcome *outcome, const struct outcome *plain)
{
    for (const struct unknown *u = outcome->unknown; u; u = u->next) {
        note_reason(classes, request, outcome, u->reason, 1u << u->aspect, plain);
    }
    if (outcome->kind == OUTCOME_UNKNOWN) {
        note_reason(classes, request, outcome, outcome->reason, ~0u, plain);
        struct comparison *out = classes->comparer->out;
        if (!classes->open && !out->unknown_reason.ptr) {
            out->unknown_reason = arena_copy(classes->comparer->run->arena, outcome->reason);
        }
    }
}

/* What is not known of both outcomes; where only the spelling of the target makes it so, it is so on all hosts. */
static void note_all_unknown(struct classes *classes, const struct request *request,
                             const struct outcome *before, const struct outcome *after)
{
    struct request other;
    struct outcome plain[2];
    bool any = before->unknown || after->unknown || before->kind == OUTCOME_UNKNOWN ||
               after->kind == OUTCOME_UNKNOWN;
    classes->open = any;
    if (!any) {
        return;
    }
    bool odd = request_plain(classes->scratch, request, &other) != FORM_PLAIN;
    if (odd) {
        compare_ask(classes, &other, &plain[0], &plain[1]);
    }
    note_unknown(classes, request, before, odd ? &plain[0] : NULL);
    note_unknown(classes, request, after, odd ? &plain[1] : NULL);
}

static bool difference_known(const struct difference *difference,
                             const struct difference *differences, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned both = difference->shown & differences[i].shown;
        /* what else another backend gets is no more than that it is another */
        bool same = difference->effect == differences[i].effect &&
                    (both == difference->shown || both & 1u << SHOWN_BACKENDS);
        if (same && (!differences[i].platform || difference->platform)) {
            return true;
        }
    }
    return false;
}

/* Where both sides read targets alike, rules that tell forms apart are meant to; so are rules about what
 * needs an escape, but for control characters, which nobody asks for in earnest. Only values that are handed on
 * are the form's then. */
static bool form_explains(const struct classes *classes, enum request_form form,
                          struct slice target, const struct difference *difference)
{
    const unsigned values = 1u << SHOWN_PATH | 1u << SHOWN_LOCATION | 1u << SHOWN_REQUEST_HEADERS;
    bool meant = form == FORM_ENCODED && !target_has_control(target);
    return (!meant && !classes->same_view) || (difference->shown && !(difference->shown & ~values));
}

static bool asks_for_certificate(const struct outcome *outcome)
{
    return outcome->entry && outcome->entry->client;
}

/* One data plane goes by the name in the handshake, another one by the Host, which lies in no rule; but not where a
 * host asks for certificates, which a connection for another host may not have been asked for. */
static bool connection_explains(const struct classes *classes, enum request_form form,
                                const struct outcome *before, const struct outcome *after)
{
    bool handshake = form == FORM_OTHER_NAME || form == FORM_NO_NAME;
    return !handshake || (!classes->comparer->same_plane && !asks_for_certificate(before) &&
                          !asks_for_certificate(after));
}

/* What is gone when the request is sent in its plain way lies in how the data planes read requests. */
static void blame_form(struct classes *classes, const struct request *request,
                       const struct outcome *const outcomes[2], struct difference *differences,
                       size_t count)
{
    struct request plain;
    if (!count) {
        return;
    }
    enum request_form form = request_plain(classes->scratch, request, &plain);
    struct outcome before, after;
    struct difference known[DIFFERENCES_MAX];
    if (form == FORM_PLAIN) {
        return;
    }
    compare_ask(classes, &plain, &before, &after);
    if (before.kind == OUTCOME_UNKNOWN || after.kind == OUTCOME_UNKNOWN) {
        return;
    }
    /* by other rules it is another difference */
    size_t known_count = before.rule == outcomes[0]->rule && after.rule == outcomes[1]->rule
                             ? outcomes_differ(&classes->comparer->sides, &before, &after, known)
                             : 0;
    bool connection = form > FORM_PARENT;
    bool explained = connection && connection_explains(classes, form, outcomes[0], outcomes[1]);
    for (size_t i = 0; i < count; i++) {
        struct difference *difference = &differences[i];
        bool open = connection || !difference->platform;
        if (!open || difference_known(difference, known, known_count)) {
            continue;
        }
        if (connection ? explained : form_explains(classes, form, request->target, difference)) {
            difference->platform = true;
            difference->form = form;
            difference->impact =
                difference->impact > IMPACT_CHANGED ? IMPACT_CHANGED : difference->impact;
        } else if (connection) {
            difference->form = form;
        }
    }
}

/* Where both sides agree on the path as a rule has it, the spelling is what they differ in. */
static void blame_one_spelling(struct classes *classes, const struct request *request,
                               const struct rule *rule, enum spelling spelling,
                               struct difference *differences, size_t count)
{
    struct slice path, query, written;
    struct request other = *request;
    struct outcome before, after;
    struct difference known[DIFFERENCES_MAX];
    target_split(request->target, &path, &query);
    if (!path_as_written(classes->scratch, path, &rule->match.path, spelling, &written)) {
        return;
    }
    other.target = query.ptr ? ARENA_JOIN(classes->scratch, written, SLICE("?"), query) : written;
    compare_ask(classes, &other, &before, &after);
    if ((before.rule != rule && after.rule != rule) || before.kind == OUTCOME_UNKNOWN ||
        after.kind == OUTCOME_UNKNOWN) {
        return;
    }
    size_t known_count = outcomes_differ(&classes->comparer->sides, &before, &after, known);
    for (size_t i = 0; i < count; i++) {
        struct difference *difference = &differences[i];
        bool open = !difference->platform && difference->form == FORM_PLAIN &&
                    difference->spelling == SPELLING_SAME && difference->effect < 0;
        if (open && !difference_known(difference, known, known_count)) {
            difference->spelling = spelling;
        }
    }
}

/* A target in an unusual form is spelled so in its plain one. */
static void blame_spelling(struct classes *classes, const struct request *request,
                           const struct rule *rule, struct difference *differences, size_t count)
{
    struct request plain = *request;
    bool odd = target_plain(classes->scratch, request->target, &plain.target) != FORM_PLAIN;
    for (unsigned s = SPELLING_SAME + 1; s < SPELLING_COUNT; s++) {
        blame_one_spelling(classes, odd ? &plain : request, rule, (enum spelling)s, differences,
                           count);
    }
}

size_t classes_differences(struct classes *classes, const struct request *request,
                           const struct outcome *before, const struct outcome *after,
                           struct difference differences[DIFFERENCES_MAX])
{
    size_t count = outcomes_differ(&classes->comparer->sides, before, after, differences);
    const struct rule *const rules[] = {before->rule, after->rule};
    const struct outcome *const outcomes[] = {before, after};
    blame_form(classes, request, outcomes, differences, count);
    for (size_t side = 0; side < 2 && count && before->rule != after->rule; side++) {
        if (rules[side] && rules[side]->match.path.kind != PATH_ANY) {
            blame_spelling(classes, request, rules[side], differences, count);
        }
    }
    return count;
}

/* True when it counts in the verdict. */
static bool differ_in(struct classes *classes, const struct request *request,
                      const struct difference *difference, const struct outcome *before,
                      const struct outcome *after)
{
    struct comparer *comparer = classes->comparer;
    struct host_verdict *verdict = classes->verdict;
    bool counts = !difference->platform || comparer->same_plane;
    findings_add(comparer->findings, request, verdict->host, difference, before, after);
    for (unsigned a = 0; counts && a < ASPECT_COUNT; a++) {
        if (difference->aspects & (1u << a)) {
            verdict->aspects[a].verdict = VERDICT_DIFFERENT;
        }
    }
    return counts && difference->aspects;
}

bool classes_judge(struct classes *classes, const struct request *request,
                   const struct outcome *before, const struct outcome *after)
{
    struct difference differences[DIFFERENCES_MAX];
    note_all_unknown(classes, request, before, after);
    if (before->kind == OUTCOME_UNKNOWN || after->kind == OUTCOME_UNKNOWN) {
        return false;
    }
    size_t count = classes_differences(classes, request, before, after, differences);
    bool agreed = true;
    for (size_t i = 0; i < count; i++) {
        agreed &= !differ_in(classes, request, &differences[i], before, after);
    }
    return agreed;
}

void classes_probe(struct classes *classes, const struct request *request)
{
    struct outcome before, after;
    compare_ask(classes, request, &before, &after);
    (void)classes_judge(classes, request, &before, &after);
    classes->verdict->probed++;
}

size_t classes_behind(const struct classes *classes, const struct request *request,
                      const struct outcome *before, const struct outcome *after,
                      struct difference differences[DIFFERENCES_MAX])
{
    const struct comparer *comparer = classes->comparer;
    const struct outcome *const outcomes[] = {before, after};
    struct outcome behind[2];
    struct request plain;
    if (!before->rule || !after->rule || outcomes_gate(&comparer->sides, before, after) < 0 ||
        request_plain(classes->scratch, request, &plain) != FORM_PLAIN) {
        return 0;
    }
    for (size_t side = 0; side < 2; side++) {
        struct rule *open = ARENA_NEW(classes->scratch, struct rule);
        struct request asked = *request;
        asked.gateway = classes->gateway[side];
        *open = rule_without_gates(outcomes[side]->rule);
        evaluate_rule(comparer->side[side].evaluator, classes->scratch, &asked,
                      outcomes[side]->entry, open, &behind[side]);
        if (behind[side].kind == OUTCOME_UNKNOWN) {
            return 0;
        }
    }
    size_t kept = 0, count = outcomes_differ(&comparer->sides, &behind[0], &behind[1], differences);
    for (size_t i = 0; i < count; i++) {
        int effect = differences[i].effect;
        bool gate = effect >= 0 && effect_is_gate((enum effect_id)effect); /* was compared */
        if (!gate && !differences[i].platform) {
            differences[kept++] = differences[i];
        }
    }
    return kept;
}

static void judge_behind(struct classes *classes, const struct request *request,
                         const struct outcome *before, const struct outcome *after)
{
    struct difference differences[DIFFERENCES_MAX];
    size_t count = classes_behind(classes, request, before, after, differences);
    for (size_t i = 0; i < count; i++) {
        (void)differ_in(classes, request, &differences[i], before, after);
    }
}

/* ---- one class ---------------------------------------------------------------------------- */

static void effects_of(const struct evaluator_side *side, const struct rule *rule,
                       struct effects *out)
{
    *out = side->table->platform;
    if (rule) {
#define EFFECT(id, type, aspect, impact, text)                                                     \
    out->id = rule->effects.id ? rule->effects.id : out->id;
#include "route/effects.def"
#undef EFFECT
    }
    /* edits of the data plane itself are made as well, and are the same for all rules */
    out->request_headers = rule ? rule->effects.request_headers : NULL;
}

static void ask_side(const struct classes *classes, size_t side, struct request request,
                     const struct rule *rule, struct outcome *out)
{
    const struct evaluator_side *of = &classes->comparer->side[side];
    const struct entry *entry = classes->side[side].entry;
    request.gateway = classes->gateway[side];
    if (entry) {
        evaluate_rule(of->evaluator, classes->scratch, &request, entry, rule, out);
    } else {
        evaluate(of->evaluator, classes->scratch, &request, out);
    }
}

/* Every way in which the gates of both rules can answer is asked for once. */
static void judge_rules(struct deciding *deciding, const struct rule *before,
                        const struct rule *after)
{
    struct classes *classes = deciding->classes;
    struct host_verdict *verdict = classes->verdict;
    struct request base = *classes->start;
    struct effects effects[2];
    struct requests requests = {0};
    base.target = deciding->path;
    variables_apply(classes->scratch, &deciding->variables, &base);
    effects_of(&classes->comparer->side[0], before, &effects[0]);
    effects_of(&classes->comparer->side[1], after, &effects[1]);
    if (!gate_requests(classes->scratch, &effects[0], &effects[1], classes->side[0].entry,
                       classes->side[1].entry, &deciding->variables, &base, &requests)) {
        classes_unproven(classes, ~0u, SLICE("a rule can answer in too many ways"));
    }
    for (size_t i = 0; i < requests.count; i++) {
        struct outcome outcomes[2];
        ask_side(classes, 0, requests.items[i], before, &outcomes[0]);
        ask_side(classes, 1, requests.items[i], after, &outcomes[1]);
        bool agreed = classes_judge(classes, &requests.items[i], &outcomes[0], &outcomes[1]);
        bool unknown = outcomes[0].kind == OUTCOME_UNKNOWN || outcomes[1].kind == OUTCOME_UNKNOWN;
        if (unknown && classes->open) {
            verdict->open++;
            continue;
        }
        verdict->classes++;
        verdict->agreed += agreed;
        verdict->unknown += unknown;
        functions_judge(classes, &requests.items[i], &outcomes[0], &outcomes[1]);
        judge_behind(classes, &requests.items[i], &outcomes[0], &outcomes[1]);
    }
}

/* The first rule that holds; null when a variable has to be chosen before that can be said: *open. */
static const struct rule *first_rule(struct deciding *deciding, size_t side, struct variable **open)
{
    const struct class_rules *rules = deciding->rules;
    for (size_t i = 0; i < rules->counts[side]; i++) {
        bool holds = false;
        *open = variables_decide(&deciding->variables, &rules->items[side][i]->match, &holds);
        if (*open) {
            return NULL;
        }
        if (holds) {
            return rules->items[side][i];
        }
    }
    return NULL;
}

/* Values that no test tells apart lead to the same rules: each is judged once, and not in every combination, of which
 * there are too many where rules test many headers. */
static void judge_alike(struct deciding *deciding, const struct rule *before,
                        const struct rule *after)
{
    for (size_t i = 0; i < deciding->variables.count; i++) {
        struct variable *variable = &deciding->variables.items[i];
        const int chosen = variable->chosen;
        for (size_t value = 0; chosen >= 0 && value < variable->value_count; value++) {
            if ((int)value != chosen && variable->alike[value] == (size_t)chosen) {
                variable->chosen = (int)value;
                judge_rules(deciding, before, after);
            }
        }
        variable->chosen = chosen;
    }
}

static void decide(struct deciding *deciding)
{
    struct classes *classes = deciding->classes;
    struct variable *open = NULL;
    const struct rule *before = first_rule(deciding, 0, &open);
    const struct rule *after = open ? NULL : first_rule(deciding, 1, &open);
    if (classes->verdict->classes >= classes->most) {
        classes_unproven(classes, ~0u, SLICE("there are more classes of requests than the limit"));
        return;
    }
    if (!open) {
        judge_rules(deciding, before, after);
        judge_alike(deciding, before, after);
        return;
    }
    for (size_t i = 0; i < open->value_count; i++) {
        if (open->alike[i] == i) {
            open->chosen = (int)i;
            decide(deciding);
        }
    }
    open->chosen = -1;
}

static void decide_path(struct classes *classes, const struct class_rules *rules, struct slice path)
{
    struct deciding deciding = {.classes = classes, .rules = rules, .path = path};
    size_t count = rules->counts[0] + rules->counts[1];
    const struct rule **all = ARENA_ARRAY(classes->scratch, const struct rule *, count + 1);
    for (size_t side = 0, n = 0; side < 2; side++) {
        for (size_t i = 0; i < rules->counts[side]; i++) {
            all[n++] = rules->items[side][i];
        }
    }
    variables_make(classes->scratch, classes->set, all, count, &deciding.variables);
    if (deciding.variables.reason.ptr) {
        classes_unproven(classes, ~0u, deciding.variables.reason);
    }
    decide(&deciding);
}

/* ---- all classes of one name at one listener ---------------------------------------------- */

static void pick_rules(struct classes *classes, const struct language_cell *cell,
                       struct class_rules *out)
{
    const struct rule_indices *const indices[] = {&cell->a, &cell->b};
    for (size_t side = 0; side < 2; side++) {
        out->counts[side] = indices[side]->count;
        out->items[side] =
            ARENA_ARRAY(classes->scratch, const struct rule *, indices[side]->count + 1);
        for (size_t i = 0; i < indices[side]->count; i++) {
            out->items[side][i] = classes->side[side].items[indices[side]->items[i]];
        }
    }
}

/* Where paths of rules cannot be told, words that they might take are tried at least. */
static void try_opaque(struct classes *classes, const struct side_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct path_match *path = &rules->items[i]->match.path;
        for (size_t branch = 0; path->kind == PATH_REGEX && branch < 4; branch++) {
            const struct sample_choice choice = {branch, (unsigned)branch % 2};
            struct request request = *classes->start;
            struct outcome before, after;
            struct buf word;
            buf_init(&word, 4096);
            bool drawn = sample_regex(path->value, &choice, &word) &&
                         slice_starts(buf_slice(&word), SLICE("/"));
            request.target = path_escape(classes->scratch, buf_slice(&word));
            buf_release(&word);
            if (drawn) {
                compare_ask(classes, &request, &before, &after);
                (void)classes_judge(classes, &request, &before, &after);
                classes->verdict->tried++;
            }
        }
    }
}

void classes_compare(struct classes *classes)
{
    struct rule_languages lists[2];
    struct language_cells cells = {0};
    for (size_t side = 0; side < 2; side++) {
        const struct side_rules *rules = &classes->side[side];
        lists[side] =
            (struct rule_languages){rules->paths, rules->certain, rules->count, &rules->view};
        if (rules->opaque) {
            classes_unproven(classes, ~0u, rules->reason);
        }
    }
    enum answer answer = language_classify(classes->set, &lists[0], &lists[1],
                                           language_paths(classes->set), classes->arena, &cells);
    if (answer != ANSWER_YES) {
        classes_unproven(classes, ~0u,
                         SLICE("the paths of all rules together are more than the limit of states "
                               "or of memory"));
    }
    for (size_t i = 0; i < cells.count; i++) {
        struct class_rules rules;
        arena_clear(classes->scratch);
        pick_rules(classes, &cells.items[i], &rules);
        decide_path(classes, &rules, cells.items[i].word);
    }
    for (size_t side = 0; side < 2; side++) {
        if (classes->side[side].opaque) {
            try_opaque(classes, &classes->side[side]);
        }
    }
}

size_t classes_limit(const struct compare_options *options)
{
    return options->limits.classes ? options->limits.classes : default_classes;
}
