#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 6, PARTS = 3, NAME_MAX_BYTES = 4096 };

/* Files of one measurement. */
struct bench_files {
    char manifests[NAME_MAX_BYTES], log[NAME_MAX_BYTES], results[FILES][NAME_MAX_BYTES];
};

static bool write_file(const char *file, size_t lines, bool json)
{
    FILE *out = fopen(file, "wb");
    bool good = out && (lines ? bench_generate_log(lines, BENCH_LOG_OBJECTS, json, out)
                              : bench_generate(BENCH_LOG_OBJECTS, out));
    return (!out || fclose(out) == 0) && good;
}

static bool open_files(struct bench_files *files)
{
    bool good = bench_temporary(files->manifests, sizeof files->manifests) &&
                bench_temporary(files->log, sizeof files->log);
    for (size_t i = 0; good && i < FILES; i++) {
        good = bench_temporary(files->results[i], sizeof files->results[i]);
    }
    return good;
}

static void close_files(struct bench_files *files)
{
    unlink(files->manifests);
    unlink(files->log);
    for (size_t i = 0; i < FILES; i++) {
        unlink(files->results[i]);
    }
}

static bool replay(const char *gateshift, struct bench_files *files, const char *jobs,
                   const char *part, char *result, struct bench_usage *usage)
{
    const char *const words[] = {gateshift, "replay",    "-f",   files->manifests, "--to",
                                 "istio",   "--jobs",    jobs,   "--part",         part,
                                 "--force", "--partial", result, files->log};
    char *argv[ARRAY_LEN(words) + 1] = {0};
    bool good = true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        argv[i] = strdup(words[i]);
        good = good && argv[i];
    }
    good = good && bench_run(argv, usage);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        free(argv[i]);
    }
    return good;
}

static bool merge(const char *gateshift, struct bench_files *files, char *result)
{
    struct bench_usage usage;
    const char *const words[] = {gateshift, "merge", "--force", "--partial", result};
    char *argv[ARRAY_LEN(words) + PARTS + 1] = {0};
    bool good = true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        argv[i] = strdup(words[i]);
        good = good && argv[i];
    }
    for (size_t i = 0; i < PARTS; i++) {
        argv[ARRAY_LEN(words) + i] = files->results[i];
    }
    good = good && bench_run(argv, &usage);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        free(argv[i]);
    }
    return good;
}

static bool same_bytes(const char *a, const char *b)
{
    FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
    bool same = x && y;
    for (int c = 0; same && c != EOF;) {
        c = getc(x);
        same = c == getc(y);
    }
    if (x) {
        (void)fclose(x);
    }
    if (y) {
        (void)fclose(y);
    }
    return same;
}

static void print_row(const char *format, const char *jobs, size_t lines,
                      const struct bench_usage *usage, double alone)
{
    double busy = usage->user + usage->system;
    printf("%14s %5s %10zu %9.2f %9.2f %11.0f %11.0f %9.2f %9.1f\n", format, jobs, lines,
           usage->wall, busy, (double)lines / usage->wall, (double)lines / busy,
           alone / usage->wall, (double)usage->peak / (1024.0 * 1024.0));
    fflush(stdout);
}

/* One thread, two threads, and parts that are merged: all must have counted the same. */
static bool measure(const char *gateshift, struct bench_files *files, size_t lines, bool json)
{
    static const char *const parts[PARTS] = {"1/3", "2/3", "3/3"};
    const char *format = json ? "json" : "ingress-nginx";
    char *one = files->results[FILES - 1], *two = files->results[FILES - 2],
         *merged = files->results[FILES - 3];
    struct bench_usage usage = {0};
    bool good =
        write_file(files->log, lines, json) && replay(gateshift, files, "1", "1/1", one, &usage);
    double alone = usage.wall;
    if (good) {
        print_row(format, "1", lines, &usage, alone);
        good = replay(gateshift, files, "2", "1/1", two, &usage);
    }
    if (good) {
        print_row(format, "2", lines, &usage, alone);
    }
    for (size_t i = 0; good && i < PARTS; i++) {
        good = replay(gateshift, files, "1", parts[i], files->results[i], &usage);
    }
    good = good && merge(gateshift, files, merged);
    if (good && (!same_bytes(one, two) || !same_bytes(one, merged))) {
        fputs("gateshift-bench: threads or parts counted something else\n", stderr);
        return false;
    }
    return good;
}

bool bench_replay(const char *gateshift, size_t lines)
{
    struct bench_files files = {0};
    puts("        format  jobs      lines  time (s)   cpu (s)   lines/s  lines/s/core  speed-up  "
         "peak MiB");
    bool good = open_files(&files) && write_file(files.manifests, 0, false) &&
                measure(gateshift, &files, lines / 10 ? lines / 10 : lines, false) &&
                measure(gateshift, &files, lines, false) && measure(gateshift, &files, lines, true);
    close_files(&files);
    return good;
}
