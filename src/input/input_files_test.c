#include "input/input.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder of its own for each test, with one run. */
struct place {
    char folder[64];
    struct run run;
    struct input input;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    memcpy(place->folder, "/tmp/gateshift-input-XXXXXX", sizeof "/tmp/gateshift-input-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    run_open(&place->run, NULL, NULL, NULL);
    *state = place;
    return 0;
}

static struct slice path_of(struct place *place, const char *name)
{
    return arena_printf(place->run.arena, "%s/%s", place->folder, name);
}

static void put(struct place *place, const char *name, const char *text)
{
    FILE *file = fopen(arena_string(place->run.arena, path_of(place, name)), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void make_folder(struct place *place, const char *name)
{
    assert_int_equal(mkdir(arena_string(place->run.arena, path_of(place, name)), 0700), 0);
}

static void link_to(struct place *place, const char *target, const char *name)
{
    assert_int_equal(symlink(target, arena_string(place->run.arena, path_of(place, name))), 0);
}

static void remove_all(struct arena *arena, const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    if (!S_ISDIR(info.st_mode)) {
        assert_int_equal(unlink(path), 0);
        return;
    }
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            const struct slice inner = arena_printf(arena, "%s/%s", path, entry->d_name);
            remove_all(arena, arena_string(arena, inner));
        }
    }
    assert_int_equal(closedir(dir), 0);
    assert_int_equal(rmdir(path), 0);
}

static int tear_down(void **state)
{
    struct place *place = *state;
    remove_all(place->run.arena, place->folder);
    run_close(&place->run);
    free(place);
    return 0;
}

static enum status add(struct place *place, const char *name)
{
    return input_add(&place->run, &place->input,
                     *name ? path_of(place, name) : slice_of(place->folder), -1);
}

static void expect_names(const struct place *place, const char *const *names, size_t count)
{
    assert_int_equal(place->input.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct slice name = place->input.files[i].name;
        assert_true(slice_is(slice_sub(name, strlen(place->folder) + 1, name.len), names[i]));
    }
}

static void expect_code(const struct place *place, enum diag_code code)
{
    assert_int_equal(diag_count(place->run.diag), 1);
    assert_int_equal(diag_get(place->run.diag, 0)->code, code);
}

static void test_input_folder_is_read_recursively_in_order(void **state)
{
    struct place *place = *state;
    make_folder(place, "b");
    make_folder(place, ".git");
    put(place, "c.yaml", "c");
    put(place, "a.json", "a");
    put(place, "b/x.yml", "x");
    put(place, "readme.md", "no");
    put(place, ".hidden.yaml", "no");
    put(place, ".git/config.yaml", "no");
    assert_int_equal(add(place, ""), STATUS_OK);
    static const char *const names[] = {"a.json", "b/x.yml", "c.yaml"};
    expect_names(place, names, ARRAY_LEN(names));
    assert_true(slice_is(place->input.files[1].text, "x"));
    assert_int_equal(diag_count(place->run.diag), 0);
}

static void test_input_links_do_not_form_rings(void **state)
{
    struct place *place = *state;
    make_folder(place, "a");
    put(place, "a/x.yaml", "x");
    link_to(place, "..", "a/up");
    link_to(place, "a/x.yaml", "y.yaml");
    assert_int_equal(add(place, ""), STATUS_OK);
    static const char *const both[] = {"a/x.yaml", "y.yaml"};
    expect_names(place, both, ARRAY_LEN(both));
    input_sort(&place->run, &place->input);
    expect_names(place, both, 1);
}

static void test_input_order_of_arguments_does_not_matter(void **state)
{
    struct place *place = *state;
    put(place, "a.yaml", "a");
    put(place, "b.yaml", "b");
    assert_int_equal(add(place, "b.yaml"), STATUS_OK);
    assert_int_equal(add(place, "a.yaml"), STATUS_OK);
    assert_int_equal(add(place, ""), STATUS_OK);
    assert_int_equal(add(place, "./a.yaml"), STATUS_OK);
    assert_int_equal(place->input.count, 5);
    input_sort(&place->run, &place->input);
    /* "./a.yaml" sorts before "a.yaml" and is the same file */
    static const char *const names[] = {"./a.yaml", "b.yaml"};
    expect_names(place, names, ARRAY_LEN(names));
}

static void test_input_named_file_needs_no_extension(void **state)
{
    struct place *place = *state;
    put(place, "manifest.txt", "a: 1");
    assert_int_equal(add(place, "manifest.txt"), STATUS_OK);
    assert_int_equal(place->input.count, 1);
}

static void test_input_missing_path_is_reported_and_others_are_read(void **state)
{
    struct place *place = *state;
    put(place, "a.yaml", "a");
    assert_int_equal(add(place, "nothing.yaml"), STATUS_IO);
    expect_code(place, DIAG_L003);
    assert_int_equal(add(place, "a.yaml"), STATUS_OK);
    assert_int_equal(place->input.count, 1);
}

static void test_input_broken_link_in_a_folder_is_reported(void **state)
{
    struct place *place = *state;
    put(place, "b.yaml", "b");
    link_to(place, "nowhere", "a.yaml");
    assert_int_equal(add(place, ""), STATUS_IO);
    expect_code(place, DIAG_L003);
    assert_int_equal(place->input.count, 1);
}

static void test_input_folder_without_manifests_is_a_warning(void **state)
{
    struct place *place = *state;
    put(place, "readme.md", "no");
    assert_int_equal(add(place, ""), STATUS_OK);
    expect_code(place, DIAG_L004);
}

static void test_input_file_limit(void **state)
{
    struct place *place = *state;
    place->run.limits.file_bytes = 4;
    put(place, "a.yaml", "12345");
    put(place, "b.yaml", "1234");
    assert_int_equal(add(place, "b.yaml"), STATUS_OK);
    assert_int_equal(add(place, "a.yaml"), STATUS_LIMIT);
    expect_code(place, DIAG_L001);
    assert_int_equal(place->input.count, 1);
}

static void test_input_total_limit(void **state)
{
    struct place *place = *state;
    place->run.limits.input_bytes = 6;
    put(place, "a.yaml", "1234");
    put(place, "b.yaml", "123");
    assert_int_equal(add(place, ""), STATUS_LIMIT);
    expect_code(place, DIAG_L002);
    assert_int_equal(place->input.count, 1);
}

static void test_input_standard_input_is_read_to_its_end(void **state)
{
    struct place *place = *state;
    char *text = malloc(200001);
    assert_non_null(text);
    memset(text, 'x', 200000);
    text[200000] = '\0';
    put(place, "large", text);
    free(text);
    const int fd = open(arena_string(place->run.arena, path_of(place, "large")), O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(input_add(&place->run, &place->input, SLICE("-"), fd), STATUS_OK);
    assert_int_equal(close(fd), 0);
    assert_true(slice_is(place->input.files[0].name, "<stdin>"));
    assert_int_equal(place->input.files[0].text.len, 200000);
}

static void test_input_closed_standard_input_is_an_error(void **state)
{
    struct place *place = *state;
    assert_int_equal(input_add(&place->run, &place->input, SLICE("-"), -1), STATUS_IO);
    expect_code(place, DIAG_L003);
}

static void expect_text(struct place *place, struct slice bytes, const char *wanted)
{
    input_add_text(&place->run, &place->input, SLICE("t"), bytes);
    assert_true(slice_is(place->input.files[place->input.count - 1].text, wanted));
}

static void test_input_becomes_utf8_without_a_mark(void **state)
{
    struct place *place = *state;
    expect_text(place,
                SLICE("\xEF\xBB\xBF"
                      "a"),
                "a");
    expect_text(place,
                SLICE("\xFF\xFE"
                      "a\0\xE9\0\x3D\xD8\x00\xDE"),
                "a\xC3\xA9\xF0\x9F\x98\x80");
    expect_text(place, SLICE("\xFE\xFF\0a\x20\xAC"), "a\xE2\x82\xAC");
    expect_text(place, SLICE("\xFF\xFE"), "");
    expect_text(place, SLICE(""), "");
    /* half a pair and half a unit stay wrong, for the reader to refuse */
    expect_text(place, SLICE("\xFF\xFE\x3D\xD8"), "\xED\xA0\xBD");
    expect_text(place,
                SLICE("\xFF\xFE"
                      "a"),
                "\xE1");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_input_folder_is_read_recursively_in_order),
        TEST(test_input_links_do_not_form_rings),
        TEST(test_input_order_of_arguments_does_not_matter),
        TEST(test_input_named_file_needs_no_extension),
        TEST(test_input_missing_path_is_reported_and_others_are_read),
        TEST(test_input_broken_link_in_a_folder_is_reported),
        TEST(test_input_folder_without_manifests_is_a_warning),
        TEST(test_input_file_limit),
        TEST(test_input_total_limit),
        TEST(test_input_standard_input_is_read_to_its_end),
        TEST(test_input_closed_standard_input_is_an_error),
        TEST(test_input_becomes_utf8_without_a_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
