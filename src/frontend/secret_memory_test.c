/* Once Secrets are read, no byte of their values is left in the memory of the process. */
#include "frontend/frontend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Written backwards, so that the test itself does not hold what it looks for. The second is the first in
 * base64. */
static const char *const hidden[] = {"zyxw-4321-terces-a-si-siht-tnedurp",
                                     "==ge5h3dtQzMyETL0VmcjV2ctEWLzlWLzlGa01CduVGZ1JHc"};

enum { CONTENT_MAX = 1 << 16, MAPS_MAX = 4096 };

/* '<' stands for the plain value and '>' for the encoded one. */
static size_t fill(const char *form, char *out)
{
    size_t used = 0;
    for (const char *c = form; *c; c++) {
        const char *value = *c == '<' ? hidden[0] : *c == '>' ? hidden[1] : NULL;
        for (size_t i = value ? strlen(value) : 0; i > 0; i--) {
            out[used++] = value[i - 1];
        }
        if (!value) {
            out[used++] = *c;
        }
    }
    return used;
}

static bool is_hidden_at(const char *at, const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (at[i] != value[length - 1 - i]) {
            return false;
        }
    }
    return true;
}

static size_t count_in(const char *from, size_t size)
{
    enum { SHOWN = 20 }; /* a part of a value is as good as the whole */
    size_t count = 0;
    for (size_t v = 0; v < ARRAY_LEN(hidden); v++) {
        const char *value = hidden[v] + strlen(hidden[v]) - SHOWN;
        for (size_t i = 0; i + SHOWN <= size; i++) {
            count += from[i] == value[SHOWN - 1] && is_hidden_at(from + i, value, SHOWN);
        }
    }
    return count;
}

struct range {
    char *from;
    size_t size;
};

/* What the process may write to. */
static size_t read_maps(struct range ranges[MAPS_MAX])
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[4096];
    size_t count = 0;
    while (maps && count < MAPS_MAX && fgets(line, sizeof line, maps)) {
        char *end;
        uintptr_t from = (uintptr_t)strtoull(line, &end, 16);
        uintptr_t to = *end == '-' ? (uintptr_t)strtoull(end + 1, &end, 16) : from;
        if (to > from && strncmp(end, " rw", 3) == 0 && !strstr(line, "[v")) {
            ranges[count++] = (struct range){(char *)from, to - from};
        }
    }
    if (maps) {
        fclose(maps);
    }
    return count;
}

/* Read through the kernel: some mappings cannot be read, and sanitizers guard others. */
static size_t count_in_memory(void)
{
    static struct range ranges[MAPS_MAX];
    static char window[1 << 16];
    size_t count = 0, range_count = read_maps(ranges);
    FILE *memory = fopen("/proc/self/mem", "r");
    assert_non_null(memory);
    setvbuf(memory, NULL, _IONBF, 0);
    for (size_t i = 0; i < range_count; i++) {
        for (size_t at = 0; at < ranges[i].size; at += sizeof window / 2) {
            char *place = ranges[i].from + at;
            size_t left = ranges[i].size - at;
            ssize_t got =
                place >= window && place < window + sizeof window
                    ? 0
                    : pread(fileno(memory), window, left < sizeof window ? left : sizeof window,
                            (off_t)(uintptr_t)place);
            count += got > 0 ? count_in(window, (size_t)got) : 0;
            memory_wipe(window, sizeof window);
        }
    }
    fclose(memory);
    return count;
}

static void write_form(const char *path, const char *form)
{
    static char content[CONTENT_MAX];
    size_t used = fill(form, content);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    assert_int_equal(fwrite(content, 1, used, file), used);
    fclose(file);
    memory_wipe(content, sizeof content);
}

#define HEAD "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\n"
static const char *const forms[] = {
    HEAD "data:\n  a: >\n  auth: >\n  tls.crt: >\n",
    HEAD "stringData: {a: <, b: \"<\", auth: 'me:<'}\n",
    HEAD "stringDate: {a: <}\n",
    HEAD "data: <\n",
    HEAD "data: {a: [<, {b: <}]}\n",
    HEAD "stringData:\n  a: |\n    <\n    <\n",
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n"
    "    kubectl.kubernetes.io/last-applied-configuration: '{\"data\": {\"a\": \">\"}}'\n",
    /* documents and objects that are refused */
    HEAD "stringData: {a: <, a: <}\n",
    HEAD "stringData: {a: <\n",
    HEAD "stringData: {a: \"<\n",
    "apiVersion: v9\nkind: Secret\nstringData: {a: <}\n",
    "kind: Secret\ndata: {a: >}\n",
    "apiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  apiVersion: v1\n  metadata: {name: s}\n"
    "  stringData: {a: <}\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"s\"},\n"
    "\"data\": {\"a\": \">\"}, \"stringData\": {\"b\": \"<\\u000a\"}}\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"stringData\": {\"b\": \"<\\q\"}}\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"stringData\": {\"b\": \"<",
};

static void test_frontend_secrets_are_wiped_from_memory(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* it holds freed memory back as it is */
#endif
    if (access("/proc/self/mem", R_OK) != 0) {
        skip();
    }
    char path[] = "/tmp/gateshift-secret-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct run run;
        struct input input = {0};
        struct kube kube;
        run_open(&run, NULL, NULL, NULL);
        write_form(path, forms[i]);
        assert_int_equal(count_in_memory(), 0);
        assert_int_equal(input_add(&run, &input, slice_of(path), STDIN_FILENO), STATUS_OK);
        assert_true(count_in_memory() > 0); /* the search finds what is there */
        side_read(&run, &input, SLICE_ABSENT, &kube);
        size_t left = count_in_memory();
        if (left) {
            fail_msg("%zu places hold a value of:\n%s", left, forms[i]);
        }
        run_close(&run);
        assert_int_equal(count_in_memory(), 0);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frontend_secrets_are_wiped_from_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
