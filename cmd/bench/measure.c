/* wait4 is older than POSIX and not part of it. */
#define _DEFAULT_SOURCE

#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 1000 };

static void silence(int descriptor)
{
    int null = open("/dev/null", O_WRONLY);
    if (null >= 0) {
        dup2(null, descriptor);
        close(null);
    }
}

bool bench_run(char *const argv[], struct bench_usage *out)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t child = fork();
    if (child < 0) {
        perror("gateshift-bench: fork");
        return false;
    }
    if (child == 0) {
        silence(STDOUT_FILENO);
        silence(STDERR_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    int state;
    struct rusage usage;
    if (wait4(child, &state, 0, &usage) < 0) {
        perror("gateshift-bench: wait");
        return false;
    }
    if (!WIFEXITED(state) || WEXITSTATUS(state) > 1) {
        fprintf(stderr, "gateshift-bench: '%s %s' failed (%s %d)\n", argv[0], argv[1],
                WIFEXITED(state) ? "exit status" : "signal",
                WIFEXITED(state) ? WEXITSTATUS(state) : WTERMSIG(state));
        return false;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    out->wall = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    out->user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
    out->system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
    out->peak = (size_t)usage.ru_maxrss * 1024;
    return true;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The two programs take turns, so that a machine that is busy for a while slows both. */
static bool measure(const struct bench_options *options, char *file, size_t bytes)
{
    char *self = strdup(options->self), *gateshift = strdup(options->gateshift);
    char scan[] = "scan", convert[] = "convert", validate[] = "validate", flag[] = "-f",
         to[] = "--to", target[] = "standard";
    char *const scan_argv[] = {self, scan, file, NULL};
    char *const shift_argv[] = {
        gateshift, options->validate ? validate : convert, flag, file, to, target, NULL};
    double *scans = calloc(options->runs, sizeof *scans);
    double *shifts = calloc(options->runs, sizeof *shifts);
    struct bench_usage usage = {0};
    size_t peak = 0;
    bool good = self && gateshift && scans && shifts;
    for (size_t i = 0; good && i < options->runs; i++) {
        good = bench_run(scan_argv, &usage);
        scans[i] = usage.user;
        good = good && bench_run(shift_argv, &usage);
        shifts[i] = usage.user;
        peak = usage.peak > peak ? usage.peak : peak;
    }
    if (good) {
        double scan_time = median(scans, options->runs);
        double shift_time = median(shifts, options->runs);
        double mega = 1024.0 * 1024.0;
        printf("%9zu %8.1f %9.3f %9.3f %7.2f %9.1f %7.1f\n", options->objects, (double)bytes / mega,
               scan_time, shift_time, shift_time / scan_time, (double)peak / mega,
               (double)peak / (double)bytes);
    }
    free(self);
    free(gateshift);
    free(scans);
    free(shifts);
    return good;
}

static bool generate_into(const char *file, const struct bench_options *options, size_t *bytes)
{
    FILE *out = fopen(file, "wb");
    if (!out) {
        perror(file);
        return false;
    }
    bool good = options->validate ? bench_generate_routes(options->objects, out)
                                  : bench_generate(options->objects, out);
    good = fclose(out) == 0 && good;
    struct stat status;
    good = good && stat(file, &status) == 0;
    if (good) {
        *bytes = (size_t)status.st_size;
    }
    return good;
}

bool bench_temporary(char *file, size_t size)
{
    const char *folder = getenv("TMPDIR");
    int length = snprintf(file, size, "%s/gateshift-bench-XXXXXX", folder ? folder : "/tmp");
    int descriptor = length > 0 && (size_t)length < size ? mkstemp(file) : -1;
    if (descriptor < 0) {
        perror("gateshift-bench: cannot make a temporary file");
        return false;
    }
    close(descriptor);
    return true;
}

static bool measure_rules(const char *program, char *file, size_t rules, size_t hosts)
{
    char diff[] = "diff", before[] = "--before", to[] = "--to", target[] = "aks-approuting";
    char *gateshift = strdup(program);
    char *const argv[] = {gateshift, diff, before, file, to, target, NULL};
    struct bench_usage usage = {0};
    FILE *out = fopen(file, "wb");
    bool good = gateshift && out && bench_generate_rules(rules, hosts, out);
    good = (!out || fclose(out) == 0) && good && bench_run(argv, &usage);
    if (good) {
        printf("%9zu %9zu %9.2f %9.1f\n", hosts, rules, usage.user,
               (double)usage.peak / (1024.0 * 1024.0));
        fflush(stdout);
    }
    free(gateshift);
    return good;
}

bool bench_rules(const char *gateshift)
{
    static const struct {
        size_t rules, hosts;
    } sizes[] = {{500, 1},  {1000, 1}, {2000, 1},  {5000, 1},
                 {10, 200}, {10, 500}, {10, 1000}, {10, 2000}};
    char file[4096];
    if (!bench_temporary(file, sizeof file)) {
        return false;
    }
    bool good = true;
    puts("    hosts     rules  diff (s)  peak MiB");
    for (size_t i = 0; good && i < ARRAY_LEN(sizes); i++) {
        good = measure_rules(gateshift, file, sizes[i].rules, sizes[i].hosts);
    }
    unlink(file);
    return good;
}

bool bench_measure(const struct bench_options *options)
{
    if (options->runs < 1 || options->runs > RUNS_MAX) {
        fprintf(stderr, "gateshift-bench: give 1 to %d runs\n", RUNS_MAX);
        return false;
    }
    char file[4096];
    if (!bench_temporary(file, sizeof file)) {
        return false;
    }
    size_t bytes = 0;
    bool good = generate_into(file, options, &bytes) && measure(options, file, bytes);
    unlink(file);
    return good;
}
