#include "bench.h"

#include <string.h>
#include <unistd.h>

static const char usage_text[] =
    "usage: gateshift-bench generate COUNT          COUNT Ingresses as YAML, to stdout\n"
    "       gateshift-bench log LINES [json]       an access log of 1,000 of them, to stdout\n"
    "       gateshift-bench scan FILE               all events of a YAML file, by libyaml alone\n"
    "       gateshift-bench convert [--gateshift PATH] [-n RUNS] [--growth]\n"
    "       gateshift-bench validate [--gateshift PATH] [-n RUNS] [--growth]\n"
    "       gateshift-bench diff                   Ingresses against their conversion, by rules "
    "and hosts\n"
    "       gateshift-bench languages              two lists of rules, every path, by number of "
    "rules\n"
    "       gateshift-bench requests [-n COUNT]     requests a second, by profile, hosts and "
    "paths\n"
    "       gateshift-bench replay [-n LINES]       access logs through 1,000 Ingresses, by "
    "threads "
    "and parts\n"
    "\n"
    "convert runs 'scan' and 'gateshift convert' on the same 10,000 Ingresses in turn, validate "
    "runs\n"
    "'scan' and 'gateshift validate' on 10,000 HTTPRoutes. They print the medians of the user "
    "times,\n"
    "the ratio, and the peak of memory; --growth adds 100,000 objects.\n";

static int usage(const char *fault)
{
    fprintf(stderr, "gateshift-bench: %s\n%s", fault, usage_text);
    return 2;
}

static bool parse_count(const char *text, size_t *out)
{
    uint64_t value;
    if (!text || !slice_to_uint(slice_of(text), 100000000, &value)) {
        return false;
    }
    *out = (size_t)value;
    return true;
}

static int generate(char **argv)
{
    size_t count;
    if (!parse_count(argv[0], &count)) {
        return usage("'generate' needs a number of Ingresses");
    }
    return bench_generate(count, stdout) ? 0 : 4;
}

static int access_log(char **argv)
{
    size_t lines;
    bool json = argv[0] && argv[1] && strcmp(argv[1], "json") == 0;
    if (!parse_count(argv[0], &lines) || (argv[1] && !json)) {
        return usage("'log' takes a number of lines, and 'json'");
    }
    return bench_generate_log(lines, BENCH_LOG_OBJECTS, json, stdout) ? 0 : 4;
}

static int scan(char **argv)
{
    size_t events;
    if (!argv[0]) {
        return usage("'scan' needs a file");
    }
    if (!bench_scan(argv[0], &events)) {
        return 4;
    }
    printf("%zu events\n", events);
    return 0;
}

/* The path of this program, or of a neighbour of it. */
static bool program_path(char *out, size_t size, const char *neighbour)
{
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    if (length <= 0) {
        return false;
    }
    out[length] = '\0';
    char *name = strrchr(out, '/');
    if (!neighbour || !name) {
        return true;
    }
    size_t left = size - (size_t)(name + 1 - out), wanted = strlen(neighbour) + 1;
    if (wanted > left) {
        return false;
    }
    memcpy(name + 1, neighbour, wanted);
    return true;
}

static int compare(char **argv, bool validate)
{
    char self[4096], gateshift[4096];
    if (!program_path(self, sizeof self, NULL) ||
        !program_path(gateshift, sizeof gateshift, "gateshift")) {
        return usage("cannot find this program's own path");
    }
    struct bench_options options = {
        .self = self, .gateshift = gateshift, .objects = 10000, .runs = 10, .validate = validate};
    bool growth = false;
    for (; *argv; argv++) {
        if (strcmp(*argv, "--growth") == 0) {
            growth = true;
        } else if (strcmp(*argv, "--gateshift") == 0 && argv[1]) {
            options.gateshift = *++argv;
        } else if (strcmp(*argv, "-n") == 0 && parse_count(argv[1], &options.runs)) {
            argv++;
        } else {
            return usage("there is no such option, or its value is missing");
        }
    }
    puts("  objects   MiB in  scan (s) shift (s)   ratio  peak MiB  x input");
    fflush(stdout);
    bool good = bench_measure(&options);
    if (good && growth) {
        fflush(stdout);
        options.objects *= 10;
        options.runs = options.runs > 3 ? 3 : options.runs;
        good = bench_measure(&options);
    }
    return good ? 0 : 4;
}

static int convert(char **argv)
{
    return compare(argv, false);
}

static int validate(char **argv)
{
    return compare(argv, true);
}

static int languages(char **argv)
{
    if (argv[0]) {
        return usage("'languages' takes no option");
    }
    return bench_languages() ? 0 : 4;
}

static int requests(char **argv)
{
    size_t count = 1000000;
    bool given = argv[0] && strcmp(argv[0], "-n") == 0;
    if (argv[0] && (!given || !parse_count(argv[1], &count) || !count || argv[2])) {
        return usage("'requests' takes -n and a number of requests");
    }
    return bench_requests(count) ? 0 : 4;
}

static int diff(char **argv)
{
    char gateshift[4096];
    if (!program_path(gateshift, sizeof gateshift, "gateshift")) {
        return usage("cannot find this program's own path");
    }
    if (argv[0]) {
        return usage("'diff' takes no option");
    }
    return bench_rules(gateshift) ? 0 : 4;
}

static int replay(char **argv)
{
    char gateshift[4096];
    size_t lines = 10000000;
    bool given = argv[0] && strcmp(argv[0], "-n") == 0;
    if (argv[0] && (!given || !parse_count(argv[1], &lines) || !lines || argv[2])) {
        return usage("'replay' takes -n and a number of lines");
    }
    if (!program_path(gateshift, sizeof gateshift, "gateshift")) {
        return usage("cannot find this program's own path");
    }
    return bench_replay(gateshift, lines) ? 0 : 4;
}

static const struct {
    const char *name;
    int (*run)(char **argv); /* what follows the name, ended by a null */
} commands[] = {{"generate", generate}, {"scan", scan},           {"convert", convert},
                {"validate", validate}, {"languages", languages}, {"requests", requests},
                {"diff", diff},         {"log", access_log},      {"replay", replay}};

int main(int argc, char **argv)
{
    if (argc < 2) {
        return usage("a command is missing");
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argv + 2);
        }
    }
    return usage("no such command");
}
