#include "oracle.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* gateshift-oracle [--seed N] [--sets N] [--requests N] [--batch N] [--scripts DIR] [--keep DIR] [--most N]
 *                  [--snippets 0]
 * gateshift-oracle serve FOLDER MANIFESTS HTTP HTTPS, see serve.c
 *
 * Snippets are in rule sets unless that is ruled out.
 * Exit: 0 no disagreement, 1 some, 2 usage, 4 environment, 77 nginx or a module of it is not installed. */

enum { EXIT_SKIPPED = 77, BATCH_MAX = 64 };

struct plan {
    uint64_t seed, sets, requests, batch, most, snippets;
    const char *keep;
};
struct tally {
    uint64_t sets, refused, requests, unknown, disagreements;
    uint64_t kinds[OUTCOME_UNKNOWN + 1];
};
struct oracle {
    struct plan plan;
    struct tally tally;
    struct nginx nginx;
    struct chance chance;
    uint64_t number; /* of the batch's first rule set */
};
struct batch {
    struct rule_set sets[BATCH_MAX];
    struct world worlds[BATCH_MAX];
    struct slice texts[BATCH_MAX];
    size_t count;
};

/* ---- one batch ---------------------------------------------------------------------------- */

static struct slice listen_on(struct arena *arena, const struct nginx *nginx, size_t number,
                              bool https)
{
    return ARENA_JOIN(arena, SLICE("unix:"), nginx_socket(arena, nginx, number, https));
}

static void found(struct oracle *oracle, const struct rule_set *set, const struct request *request,
                  struct slice why)
{
    char folder[PATH_MAX] = "";
    oracle->tally.disagreements++;
    if (oracle->tally.disagreements > oracle->plan.most) {
        struct arena *arena = arena_open(0, NULL, NULL);
        printf("also: " SLICE_FMT ": " SLICE_FMT "\n", SLICE_ARG(request_line(arena, request)),
               SLICE_ARG(why));
        arena_close(arena);
        return;
    }
    if (oracle->plan.keep) {
        snprintf(folder, sizeof folder, "%s/%llu-%llu", oracle->plan.keep,
                 (unsigned long long)oracle->plan.seed,
                 (unsigned long long)oracle->tally.disagreements);
        if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
            perror(folder);
        }
    }
    struct nginx other = oracle->nginx;
    char apart[PATH_MAX];
    snprintf(apart, sizeof apart, "%s/r", oracle->nginx.folder);
    other.folder = apart;
    other.child = 0;
    (void)mkdir(apart, 0700);
    if (nginx_prepare(&other)) {
        disagreement_report(&other, set, request, *folder ? folder : NULL);
    }
    fflush(stdout);
}

/* nginx must refuse what it is said to refuse. */
static void check_refused(struct oracle *oracle, const struct rule_set *set, struct slice text,
                          size_t at)
{
    const struct request request = {.method = SLICE_ABSENT}; /* none is sent */
    oracle->tally.refused++;
    if (text.len && nginx_start(&oracle->nginx, text, at + 1)) {
        nginx_stop(&oracle->nginx);
        found(oracle, set, &request, SLICE("nginx takes what it was said to refuse"));
        printf(SLICE_FMT "\n", SLICE_ARG(slice_sub(text, 0, slice_find(text, '\n', 0))));
    }
}

/* Rule sets that nginx refuses are left out: there is nothing to ask. */
static void batch_fill(struct oracle *oracle, struct arena *arena, struct batch *batch,
                       size_t count)
{
    struct buf text;
    buf_init(&text, BUF_TEXT_MAX);
    batch->count = 0;
    while (batch->count < count) {
        size_t at = batch->count;
        rule_set_generate(&oracle->chance, oracle->plan.snippets, &batch->sets[at]);
        world_open(&batch->sets[at], &batch->worlds[at]);
        buf_clear(&text);
        world_render(&batch->worlds[at], listen_on(arena, &oracle->nginx, at, false),
                     listen_on(arena, &oracle->nginx, at, true), &text);
        if (batch->worlds[at].refused || text.len == 0) {
            check_refused(oracle, &batch->sets[at], buf_slice(&text), at);
            world_close(&batch->worlds[at]);
        } else {
            batch->texts[at] = arena_copy(arena, buf_slice(&text));
            batch->count++;
        }
    }
    buf_release(&text);
}

static struct slice all_texts(struct arena *arena, const struct batch *batch)
{
    return arena_join(arena, batch->texts, batch->count);
}

/* At most a few for one rule set: they are mostly the same one. */
static void ask_set(struct oracle *oracle, struct client *client, const struct batch *batch,
                    size_t at)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    size_t faults = 0;
    for (uint64_t i = 0; i < oracle->plan.requests; i++) {
        struct request request;
        struct outcome outcome;
        struct answer answer;
        struct slice why;
        arena_clear(arena);
        request_generate(arena, &oracle->chance, &batch->sets[at], &request);
        evaluate(batch->worlds[at].evaluator, arena, &request, &outcome);
        oracle->tally.requests++;
        oracle->tally.kinds[outcome.kind]++;
        bool asked = client_ask(client, arena, &oracle->nginx, at, &request, &answer);
        enum verdict verdict =
            asked ? answer_compare(arena, &outcome, &answer, &why) : VERDICT_DIFFERS;
        oracle->tally.unknown += verdict == VERDICT_UNKNOWN;
        if (verdict == VERDICT_DIFFERS && faults++ == 0) {
            found(oracle, &batch->sets[at], &request, asked ? why : SLICE("no connection"));
        }
    }
    arena_close(arena);
}

/* nginx refuses the batch: each rule set is tried alone, and the culprits are reported. */
static void blame(struct oracle *oracle, const struct batch *batch)
{
    const struct request request = {.method = SLICE_ABSENT}; /* none is sent */
    for (size_t i = 0; i < batch->count; i++) {
        struct slice text = batch->texts[i];
        if (nginx_start(&oracle->nginx, text, i + 1)) {
            nginx_stop(&oracle->nginx);
        } else {
            found(oracle, &batch->sets[i], &request, SLICE("nginx refuses the configuration"));
        }
    }
}

static bool run_batch(struct oracle *oracle, struct batch *batch, size_t count)
{
    struct arena *arena = arena_open(0, NULL, NULL);
    batch_fill(oracle, arena, batch, count);
    oracle->tally.sets += batch->count;
    bool up =
        batch->count == 0 || nginx_start(&oracle->nginx, all_texts(arena, batch), batch->count);
    if (up) {
        struct client *client = client_open(arena);
        for (size_t i = 0; i < batch->count; i++) {
            ask_set(oracle, client, batch, i);
        }
        client_close(client);
        nginx_stop(&oracle->nginx);
    } else {
        uint64_t before = oracle->tally.disagreements;
        blame(oracle, batch);
        if (before == oracle->tally.disagreements) {
            fprintf(stderr, "gateshift-oracle: nginx does not start: " SLICE_FMT "\n",
                    SLICE_ARG(nginx_complaint(arena, &oracle->nginx)));
            return false;
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        world_close(&batch->worlds[i]);
    }
    arena_close(arena);
    return true;
}

/* ---- the folder ---------------------------------------------------------------------------- */

enum { DEPTH_MAX = 6 };

/* Only what lies in a folder that this program made. */
static void remove_tree(const char *path, int depth)
{
    DIR *folder = depth < DEPTH_MAX ? opendir(path) : NULL;
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        char name[PATH_MAX];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (lstat(name, &info) == 0 && S_ISDIR(info.st_mode)) {
            remove_tree(name, depth + 1);
        } else {
            (void)unlink(name);
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
    (void)rmdir(path);
}

/* ---- all of it ---------------------------------------------------------------------------- */

static void print_tally(const struct oracle *oracle, double seconds)
{
    const struct tally *tally = &oracle->tally;
    printf(
        "seed %llu: %llu rule sets, %llu more that nginx would refuse, %llu requests in %.1f s\n",
        (unsigned long long)oracle->plan.seed, (unsigned long long)tally->sets,
        (unsigned long long)tally->refused, (unsigned long long)tally->requests, seconds);
    for (int i = 0; i <= OUTCOME_UNKNOWN; i++) {
        printf("  %s %llu\n", outcome_name((enum outcome_kind)i),
               (unsigned long long)tally->kinds[i]);
    }
    printf("%llu disagreements\n", (unsigned long long)tally->disagreements);
}

static int run_all(struct oracle *oracle)
{
    struct timespec start, end;
    struct batch *batch = malloc(sizeof *batch);
    uint64_t left = oracle->plan.sets;
    clock_gettime(CLOCK_MONOTONIC, &start);
    bool good = batch && nginx_prepare(&oracle->nginx);
    while (good && left) {
        size_t count = (size_t)(left < oracle->plan.batch ? left : oracle->plan.batch);
        good = run_batch(oracle, batch, count);
        left -= count;
    }
    free(batch);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (!good) {
        return 4;
    }
    print_tally(oracle,
                (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
    return oracle->tally.disagreements ? 1 : 0;
}

static const char *missing(const struct nginx *nginx)
{
    static const char *const modules[] = {
        "/usr/share/nginx/modules/ngx_http_lua_module.so",
        "/usr/share/nginx/modules/ngx_http_headers_more_filter_module.so"};
    if (access(nginx->program, X_OK) != 0) {
        return nginx->program;
    }
    for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
        if (access(modules[i], R_OK) != 0) {
            return modules[i];
        }
    }
    return NULL;
}

static bool read_options(int argc, char **argv, struct oracle *oracle)
{
    struct plan *plan = &oracle->plan;
    const struct {
        const char *name;
        uint64_t *number;
        const char **text;
    } rows[] = {{"--seed", &plan->seed, NULL},         {"--sets", &plan->sets, NULL},
                {"--requests", &plan->requests, NULL}, {"--batch", &plan->batch, NULL},
                {"--most", &plan->most, NULL},         {"--snippets", &plan->snippets, NULL},
                {"--keep", NULL, &plan->keep},         {"--scripts", NULL, &oracle->nginx.scripts}};
    for (int i = 1; i < argc; i += 2) {
        bool good = false;
        for (size_t r = 0; r < ARRAY_LEN(rows) && i + 1 < argc; r++) {
            if (strcmp(argv[i], rows[r].name) == 0 && rows[r].number) {
                good = slice_to_uint(slice_of(argv[i + 1]), UINT32_MAX, rows[r].number);
            } else if (strcmp(argv[i], rows[r].name) == 0) {
                *rows[r].text = argv[i + 1];
                good = true;
            }
        }
        if (!good) {
            fprintf(stderr, "gateshift-oracle: '%s' is no option, or has no value\n", argv[i]);
            return false;
        }
    }
    return plan->batch > 0 && plan->batch <= BATCH_MAX;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a connection over TLS may be closed under a write of OpenSSL */
    struct oracle oracle = {
        .plan = {.seed = 1, .sets = 1000, .requests = 120, .batch = 50, .most = 3, .snippets = 1},
        .nginx = {.program = "/usr/sbin/nginx", .scripts = ORACLE_SCRIPTS}};
    bool serves = argc > 1 && strcmp(argv[1], "serve") == 0;
    if (!serves && !read_options(argc, argv, &oracle)) {
        return 2;
    }
    const char *lacks = missing(&oracle.nginx);
    if (lacks) {
        printf("skipped: %s is not there; './bootstrap tools' installs it\n", lacks);
        return EXIT_SKIPPED;
    }
    if (serves) {
        return serve(argc - 2, argv + 2, &oracle.nginx);
    }
    char folder[] = "/tmp/oracle-XXXXXX";
    oracle.nginx.folder = mkdtemp(folder);
    if (!oracle.nginx.folder) {
        perror(folder);
        return 4;
    }
    char backend[sizeof folder + 16];
    snprintf(backend, sizeof backend, "%s/backend", folder);
    pid_t child = backend_start(backend, false);
    oracle.nginx.backend = backend;
    oracle.chance.state = oracle.plan.seed;
    int status = child ? run_all(&oracle) : 4;
    backend_stop(child);
    remove_tree(folder, 0);
    return status;
}
