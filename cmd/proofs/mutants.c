#include "proofs.h"

#include <string.h>

/* An unproven verdict is an honest answer, as long as it stays rare. */
enum { UNPROVEN_PERCENT = 2, REQUESTS = 200 };
static const struct schema_release current = {5, false};

struct trial {
    const struct proof_options *options;
    const char *file;
    struct world *world;
    struct run run;             /* memory of one mutant */
    struct comparison unbroken; /* the input against its conversion */
    struct chance chance;
    size_t tried, different, equal, unproven, failed;
    size_t beside; /* the input or its conversion is not known, so that nothing new can show */
    bool open;     /* the conversion cannot be proved to be equal to itself */
};

static void say(const struct trial *trial, const struct mutant *mutant, const char *what)
{
    printf("not ok: %s, %s: %s in " SLICE_FMT ": %s\n", trial->file, trial->world->target->name,
           mutant->what, SLICE_ARG(mutant->where), what);
}

/* ---- breaking ----------------------------------------------------------------------------- */

static struct slice yaml_of(struct arena *arena, const struct node *root)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    document_write_yaml(root, &text);
    struct slice copy = arena_copy(arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

/* The conversion with one object broken; false when the object has no such place. */
static bool read_broken(struct trial *trial, size_t index, size_t place, struct mutant *mutant,
                        struct side *out)
{
    struct world *world = trial->world;
    struct arena *arena = trial->run.arena;
    struct converted broken = world->converted;
    struct node *root =
        node_copy(arena, converted_read(&trial->run, &world->converted.objects[index]));
    if (!mutate(arena, root, place, mutant)) {
        return false;
    }
    broken.objects = ARENA_ARRAY(arena, struct converted_object, broken.count);
    memcpy(broken.objects, world->converted.objects, broken.count * sizeof *broken.objects);
    broken.objects[index].yaml = yaml_of(arena, root);
    mutant->where =
        arena_printf(arena, "%s " SLICE_FMT "/" SLICE_FMT " " SLICE_FMT, broken.objects[index].kind,
                     SLICE_ARG(broken.objects[index].namespace),
                     SLICE_ARG(broken.objects[index].name), SLICE_ARG(mutant->where));
    return side_from_converted(&trial->run, &broken, &world->before.kube, world->target, out);
}

/* ---- a second opinion --------------------------------------------------------------------- */

static struct slice any_target(struct trial *trial, const struct rule_list *list)
{
    static const char *const ends[] = {"", "/", "x", "/x", "/a/b", "?q=1"};
    struct arena *arena = trial->run.arena;
    struct slice start = SLICE("/");
    size_t count = 0;
    for (const struct rule_list *l = list; l; l = l->next) {
        for (size_t i = 0; i < l->count; i++) {
            struct slice own = path_match_start(&l->rules[i].match.path);
            start = own.len && chance_below(&trial->chance, ++count) == 0 ? own : start;
        }
    }
    return arena_printf(arena, SLICE_FMT "%s", SLICE_ARG(start),
                        ends[chance_below(&trial->chance, ARRAY_LEN(ends))]);
}

static struct slice any_name(struct trial *trial, const struct host_pattern *host)
{
    if (host->kind == HOST_EXACT) {
        return host->name;
    }
    struct slice suffix = host->name.len > 1 ? slice_sub(host->name, 1, host->name.len)
                                             : SLICE(".invalid"); /* RFC 2606 */
    return arena_printf(trial->run.arena, "n" SLICE_FMT, SLICE_ARG(suffix));
}

/* A request near a rule of one side. */
static bool any_request(struct trial *trial, const struct route_table *table, struct request *out)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "OPTIONS"};
    if (!table->entry_count) {
        return false;
    }
    const struct entry *entry = &table->entries[chance_below(&trial->chance, table->entry_count)];
    *out = (struct request){.scheme = entry->https ? SLICE("https") : SLICE("http"),
                            .host = any_name(trial, &entry->host),
                            .port = entry->port,
                            .gateway = entry->gateway,
                            .method =
                                slice_of(methods[chance_below(&trial->chance, ARRAY_LEN(methods))]),
                            .target = any_target(trial, entry->rules),
                            .client_text = SLICE("192.0.2.10")};
    (void)address_parse(out->client_text, &out->client);
    for (const struct rule_list *l = entry->rules; l; l = l->next) {
        for (size_t i = 0; i < l->count; i++) {
            const struct match *match = &l->rules[i].match;
            for (size_t t = 0; t < match->test_count; t++) {
                const struct test *test = &match->tests[t];
                if (test->subject == TEST_HEADER && test->operator== TEST_EQUALS &&
                                                    chance_below(&trial->chance, 2)) {
                    headers_add(trial->run.arena, &out->headers, test->name, test->value);
                }
            }
        }
    }
    request_defaults(out);
    return true;
}

static bool same_share(const struct outcome *a, const struct outcome *b)
{
    bool same = a->backend_count == b->backend_count;
    for (size_t i = 0; same && i < a->backend_count; i++) {
        const struct outcome_backend *x = &a->backends[i], *y = &b->backends[i];
        same = slice_equal(x->service, y->service) && slice_equal(x->path, y->path) &&
               slice_equal(x->host, y->host) && x->port == y->port && x->status == y->status &&
               x->weight * weight_sum(b, true) == y->weight * weight_sum(a, true);
    }
    return same;
}

static bool same_answer(const struct outcome *x, const struct outcome *y)
{
    return x->kind == y->kind && x->status == y->status && slice_equal(x->location, y->location) &&
           same_share(x, y);
}

/* Told apart without the comparer, by what a client or a backend sees at once. */
static bool told_apart(struct trial *trial, struct side *a, struct side *b)
{
    struct run *run = &trial->run;
    struct side *const sides[] = {a, b};
    for (size_t i = 0; i < REQUESTS; i++) {
        struct request request;
        struct outcome x, y;
        if (!any_request(trial, &sides[i % 2]->table, &request)) {
            continue;
        }
        evaluate(side_evaluator(run, a), run->arena, &request, &x);
        evaluate(side_evaluator(run, b), run->arena, &request, &y);
        if (x.kind == OUTCOME_UNKNOWN || y.kind == OUTCOME_UNKNOWN) {
            continue;
        }
        if (!same_answer(&x, &y)) {
            printf("differs: ");
            print_request(&request);
            return true;
        }
    }
    return false;
}

/* ---- the judgement ------------------------------------------------------------------------ */

static bool same_hosts(const struct finding *a, const struct finding *b)
{
    bool same = a->host_count == b->host_count;
    for (size_t i = 0; same && i < a->host_count; i++) {
        same = slice_equal(a->hosts[i], b->hosts[i]);
    }
    return same;
}

/* The same in all that a person reads of it. */
static bool has_finding(const struct comparison *comparison, const struct finding *finding)
{
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct finding *other = &comparison->findings[i];
        if (slice_equal(other->id, finding->id) && slice_equal(other->title, finding->title) &&
            slice_equal(other->words, finding->words) &&
            slice_equal(other->pattern, finding->pattern) && same_hosts(other, finding)) {
            return true;
        }
    }
    return false;
}

/* A backend that is not there fails either way, with one status or another. */
static bool only_failures(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->finding_count; i++) {
        const struct outcome *const both[] = {&comparison->findings[i].before,
                                              &comparison->findings[i].after};
        for (size_t side = 0; side < ARRAY_LEN(both); side++) {
            if (both[side]->kind != OUTCOME_RESPOND || both[side]->status < 500) {
                return false;
            }
        }
    }
    return true;
}

/* On how many paths something was tried makes it no other reason. */
static struct slice without_count(struct slice reason)
{
    struct slice tried = SLICE("could only be tried on");
    size_t end = 0;
    while (end < reason.len && !slice_starts(slice_sub(reason, end, reason.len), tried)) {
        end++;
    }
    return slice_sub(reason, 0, end);
}

static bool has_reason(const struct comparison *comparison, const struct host_verdict *host,
                       size_t aspect)
{
    for (size_t i = 0; i < comparison->host_count; i++) {
        const struct host_verdict *other = &comparison->hosts[i];
        if (slice_equal(other->host, host->host)) {
            return slice_equal(without_count(other->aspects[aspect].reason),
                               without_count(host->aspects[aspect].reason));
        }
    }
    return false;
}

/* Something is not proved that was, or by other rules. */
static bool opens_more(const struct comparison *before, const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->host_count; i++) {
        const struct host_verdict *host = &comparison->hosts[i];
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            if (aspect_is_open(&host->aspects[a]) && !has_reason(before, host, a)) {
                return true;
            }
        }
    }
    return false;
}

/* What is broken is, where it differs from the conversion, as the input is. */
static bool mends(struct trial *trial, const struct comparison *comparison, struct side *broken)
{
    struct run *run = &trial->run;
    for (size_t i = 0; i < comparison->finding_count; i++) {
        struct outcome x, y;
        const struct request *witness = &comparison->findings[i].witness;
        evaluate(side_evaluator(run, &trial->world->before), run->arena, witness, &x);
        evaluate(side_evaluator(run, broken), run->arena, witness, &y);
        if (!same_answer(&x, &y)) {
            return false;
        }
    }
    return true;
}

/* The input against what was broken shows something that it did not show before. */
static bool shows_more(struct trial *trial, struct side *broken)
{
    struct comparison comparison;
    world_compare(&trial->run, &trial->world->before, broken, &comparison);
    for (size_t i = 0; i < comparison.finding_count; i++) {
        if (!has_finding(&trial->unbroken, &comparison.findings[i])) {
            return true;
        }
    }
    return opens_more(&trial->unbroken, &comparison) ||
           comparison_verdict(&comparison) > comparison_verdict(&trial->unbroken);
}

static const char *reason_of(struct arena *arena, const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->host_count; i++) {
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            const struct aspect_verdict *verdict = &comparison->hosts[i].aspects[a];
            if (aspect_is_open(verdict)) {
                return arena_string(arena,
                                    ARENA_JOIN(arena, verdict->reason, SLICE("; "), verdict->rule));
            }
        }
    }
    return "?";
}

/* Not as the start of another name. */
static bool names(struct slice text, struct slice name)
{
    for (size_t at = 0; at + name.len <= text.len; at++) {
        bool here = slice_equal(slice_sub(text, at, at + name.len), name);
        if (here && (at + name.len == text.len || strchr(" ,;)", text.ptr[at + name.len]))) {
            return true;
        }
    }
    return false;
}

/* What is not proved says which object that lies in. */
static bool names_object(const struct comparison *comparison, const struct mutant *mutant)
{
    struct slice rest = mutant->where, kind, name;
    (void)slice_split(&rest, ' ', &kind);
    (void)slice_split(&rest, ' ', &name);
    for (size_t i = 0; i < comparison->host_count; i++) {
        for (size_t a = 0; a < ASPECT_COUNT; a++) {
            const struct aspect_verdict *verdict = &comparison->hosts[i].aspects[a];
            if (aspect_is_open(verdict) &&
                (names(verdict->reason, name) || names(verdict->rule, name))) {
                return true;
            }
        }
    }
    return false;
}

static void judge(struct trial *trial, const struct mutant *mutant, struct side *broken)
{
    struct comparison comparison;
    struct arena *arena = trial->run.arena;
    world_compare(&trial->run, &trial->world->after, broken, &comparison);
    trial->tried++;
    switch (comparison_verdict(&comparison)) {
    case VERDICT_DIFFERENT:
        trial->different++;
        if (trial->unbroken.unknown || only_failures(&comparison)) {
            trial->beside++;
        } else if (!shows_more(trial, broken) && !mends(trial, &comparison, broken)) {
            trial->failed++;
            say(trial, mutant, "the input against it shows nothing new");
        }
        return;
    case VERDICT_UNPROVEN:
        if (trial->open) {
            trial->beside++;
            return;
        }
        trial->unproven++;
        if (!names_object(&comparison, mutant)) {
            trial->failed++;
            say(trial, mutant, "unproven, and the object is not named");
        }
        if (trial->options->verbose) {
            say(trial, mutant, reason_of(arena, &comparison));
        }
        return;
    case VERDICT_EQUIVALENT:
        trial->equal++;
        if (comparison.finding_count || told_apart(trial, &trial->world->after, broken)) {
            trial->failed++;
            say(trial, mutant,
                comparison.finding_count ? "called a platform difference"
                                         : "called equal, and differs");
        } else if (trial->options->verbose) {
            printf("equal: %s, %s: %s in " SLICE_FMT "\n", trial->file, trial->world->target->name,
                   mutant->what, SLICE_ARG(mutant->where));
        }
        return;
    }
}

/* Number of places in an object. */
static size_t count_places(struct world *world, size_t index)
{
    struct mutant mutant;
    size_t count = 0;
    struct arena *arena = arena_open_like(world->run.arena);
    const struct node *root = converted_read(&world->run, &world->converted.objects[index]);
    while (mutate(arena, node_copy(arena, root), count, &mutant)) {
        arena_clear(arena);
        count++;
    }
    arena_close(arena);
    return count;
}

/* Thousands of mutants of one input would not fit into one arena. */
static void try_mutant(struct trial *trial, size_t index, size_t place)
{
    struct mutant mutant;
    struct side broken = {0};
    trial->run = trial->world->run;
    trial->run.arena = arena_open_like(trial->world->run.arena);
    trial->run.diag = diag_new(trial->run.arena);
    if (read_broken(trial, index, place, &mutant, &broken)) {
        judge(trial, &mutant, &broken);
        side_close(&broken);
    }
    arena_close(trial->run.arena);
}

/* `keep` of `of` mutants are tried. */
static void try_world(struct trial *trial, size_t keep, size_t of)
{
    struct world *world = trial->world;
    struct comparison itself;
    world_compare(&world->run, &world->after, &world->after, &itself);
    trial->open = comparison_verdict(&itself) != VERDICT_EQUIVALENT;
    world_compare(&world->run, &world->before, &world->after, &trial->unbroken);
    for (size_t i = 0; i < world->converted.count; i++) {
        size_t places = count_places(world, i);
        for (size_t place = 0; place < places; place++) {
            if (chance_below(&trial->chance, of) < keep) {
                try_mutant(trial, i, place);
            }
        }
    }
}

static size_t count_all(const struct inputs *inputs)
{
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        struct world world;
        if (world_open(inputs->files[i], target_at(0), &current, &world)) {
            for (size_t o = 0; o < world.converted.count; o++) {
                count += count_places(&world, o);
            }
            world_close(&world);
        }
    }
    return count;
}

bool prove_mutants(const struct inputs *inputs, const struct proof_options *options)
{
    struct trial trial = {.options = options,
                          .chance = {options->seed * 2654435769u + 88172645463325252u}};
    size_t targets = 0, all = count_all(inputs);
    while (target_at(targets)) {
        targets++;
    }
    all *= targets;
    size_t keep = options->sample && options->sample < all ? options->sample : all;
    for (size_t i = 0; i < inputs->count * targets; i++) {
        struct world world;
        trial.file = inputs->files[i / targets];
        trial.world = &world;
        if (world_open(trial.file, target_at(i % targets), &current, &world)) {
            try_world(&trial, keep, all ? all : 1);
            world_close(&world);
        }
    }
    printf("seed %llu: %zu mutants: %zu different, %zu proved equal, %zu unproven, %zu failed, "
           "%zu of what is not known anyway\n",
           (unsigned long long)options->seed, trial.tried, trial.different, trial.equal,
           trial.unproven, trial.failed, trial.beside);
    return trial.tried && !trial.failed && trial.unproven * 100 <= trial.tried * UNPROVEN_PERCENT;
}
