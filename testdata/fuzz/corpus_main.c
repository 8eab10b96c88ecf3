/* Runs a fuzz target over each file of a folder, so that compilers without libFuzzer test the corpus.
 *
 *   NAME_corpus FOLDER...     exit 1 when a folder cannot be read or holds no file */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t used = 0, capacity = 0;
    size_t got = 1;
    while (file && got > 0) {
        if (used == capacity) {
            capacity = capacity ? capacity * 2 : 4096;
            uint8_t *larger = realloc(bytes, capacity);
            if (!larger) {
                break;
            }
            bytes = larger;
        }
        got = fread(bytes + used, 1, capacity - used, file);
        used += got;
    }
    const int whole = file && got == 0 && !ferror(file);
    if (file) {
        (void)fclose(file);
    }
    if (whole) {
        (void)LLVMFuzzerTestOneInput(bytes, used);
    } else {
        (void)fprintf(stderr, "cannot read '%s'\n", path);
    }
    free(bytes);
    return whole;
}

static int run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0, fine = dir != NULL;
    if (!dir) {
        (void)fprintf(stderr, "cannot read '%s'\n", folder);
        return 0;
    }
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[4096];
        struct stat info;
        const int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (length > 0 && (size_t)length < sizeof path && stat(path, &info) == 0 &&
            S_ISREG(info.st_mode)) {
            fine = run_file(path) && fine;
            count++;
        }
    }
    (void)closedir(dir);
    (void)printf("%s: %d files\n", folder, count);
    return fine && count > 0;
}

int main(int argc, char **argv)
{
    int fine = argc > 1;
    for (int i = 1; i < argc; i++) {
        fine = run_folder(argv[i]) && fine;
    }
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
