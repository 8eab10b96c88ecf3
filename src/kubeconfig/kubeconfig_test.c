#include "kubeconfig/kubeconfig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
    struct run run;
    char folder[64];
    struct kubeconfig_sources sources;
    struct kube_access access;
};

static void scene_open(struct scene *scene)
{
    *scene = (struct scene){.folder = "/tmp/kubeconfig-XXXXXX"};
    run_open(&scene->run, NULL, NULL, NULL);
    assert_non_null(mkdtemp(scene->folder));
}

static struct slice path_of(struct scene *scene, const char *name)
{
    return arena_printf(scene->run.arena, "%s/%s", scene->folder, name);
}

static void put(struct scene *scene, const char *name, const char *text)
{
    FILE *file = fopen(arena_string(scene->run.arena, path_of(scene, name)), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void scene_close(struct scene *scene)
{
    static const char *const names[] = {"a", "b", "ca", "token", "ca.crt", "namespace", "key"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)unlink(arena_string(scene->run.arena, path_of(scene, names[i])));
    }
    assert_int_equal(rmdir(scene->folder), 0);
    run_close(&scene->run);
}

static void expect_text(struct slice got, const char *wanted)
{
    if (!slice_is(got, wanted)) {
        fail_msg("'" SLICE_FMT "' is not '%s'", SLICE_ARG(got), wanted);
    }
}

/* Reads file "a" of this text; the message that it is refused with. */
static struct slice refusal(struct scene *scene, const char *text)
{
    put(scene, "a", text);
    scene->sources.path = path_of(scene, "a");
    size_t before = diag_count(scene->run.diag);
    assert_false(kubeconfig_read(&scene->run, &scene->sources, &scene->access));
    assert_true(diag_count(scene->run.diag) > before);
    return diag_get(scene->run.diag, before)->message;
}

#define CLUSTER "clusters:\n- {name: c, cluster: {server: 'https://h'}}\n"
#define CONTEXT "current-context: x\ncontexts:\n- {name: x, context: {cluster: c, user: u}}\n"

static void test_kubeconfig_files_are_merged(void **state)
{
    (void)state;
    struct scene scene;
    scene_open(&scene);
    put(&scene, "a",
        "contexts:\n- {name: x, context: {cluster: c, user: u, namespace: shop}}\n"
        "users:\n- name: u\n  user: {tokenFile: token, as: other, as-groups: [g1, g2]}\n");
    put(&scene, "b",
        CLUSTER "current-context: x\nusers:\n- {name: u, user: {token: never}}\n"
                "contexts:\n- {name: x, context: {cluster: none, user: none}}\n");
    scene.sources.variable = arena_printf(scene.run.arena, "%s/missing:%s/a::%s/b", scene.folder,
                                          scene.folder, scene.folder);
    assert_true(kubeconfig_read(&scene.run, &scene.sources, &scene.access));
    expect_text(scene.access.server, "https://h");
    expect_text(scene.access.namespace, "shop");
    assert_null(scene.access.token.ptr);
    assert_true(slice_equal(scene.access.token_file, path_of(&scene, "token")));
    expect_text(scene.access.as, "other");
    assert_int_equal(scene.access.as_group_count, 2);
    expect_text(scene.access.as_groups[1], "g2");
    scene_close(&scene);
}

static void test_kubeconfig_certificates_are_decoded_or_read(void **state)
{
    (void)state;
    struct scene scene;
    scene_open(&scene);
    put(&scene, "ca", "authority\n");
    put(&scene, "key", "key\n");
    put(&scene, "a",
        "current-context: x\nclusters:\n- name: c\n  cluster:\n    server: h:6443/\n"
        "    certificate-authority: ca\n    tls-server-name: other\n    proxy-url: http://p:1\n"
        "contexts:\n- {name: x, context: {cluster: c, user: u}}\n"
        "users:\n- name: u\n  user:\n    client-certificate-data: Y2VydA==\n    client-key: key\n"
        "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: bin/login\n"
        "      args: [a, 'b c']\n      env: [{name: N, value: v}]\n      provideClusterInfo: "
        "true\n");
    scene.sources.path = path_of(&scene, "a");
    assert_true(kubeconfig_read(&scene.run, &scene.sources, &scene.access));
    const struct kube_access *access = &scene.access;
    expect_text(access->server, "https://h:6443");
    expect_text(access->authorities, "authority\n");
    expect_text(access->certificate, "cert");
    expect_text(access->key, "key\n");
    expect_text(access->tls_server_name, "other");
    expect_text(access->proxy_url, "http://p:1");
    assert_true(access->has_exec && access->exec.cluster_info);
    assert_true(slice_equal(access->exec.command, path_of(&scene, "bin/login")));
    expect_text(access->exec.args[1], "b c");
    expect_text(access->exec.env[0].value, "v");
    scene_close(&scene);
}

static void test_kubeconfig_account_of_a_pod(void **state)
{
    (void)state;
    struct scene scene;
    scene_open(&scene);
    put(&scene, "ca.crt", "authority");
    put(&scene, "namespace", "shop\n");
    scene.sources = (struct kubeconfig_sources){.service_host = SLICE("fd00::1"),
                                                .service_port = SLICE("443"),
                                                .service_account = slice_of(scene.folder)};
    assert_false(kubeconfig_read(&scene.run, &scene.sources, &scene.access));
    put(&scene, "token", "t");
    assert_true(kubeconfig_read(&scene.run, &scene.sources, &scene.access));
    expect_text(scene.access.server, "https://[fd00::1]:443");
    expect_text(scene.access.namespace, "shop");
    expect_text(scene.access.authorities, "authority");
    assert_null(scene.access.context.ptr);
    scene_close(&scene);
}

static void test_kubeconfig_what_is_wrong_is_named(void **state)
{
    (void)state;
    struct scene scene;
    static const char *const wrong[][2] = {
        {"[1]", "is no kubeconfig"},
        {"a: b", "no current-context"},
        {CONTEXT, "names the cluster 'c'"},
        {CLUSTER CONTEXT, "names the user 'u'"},
        {CLUSTER CONTEXT "users: [{name: u, user: {username: a, password: pw}}]", "1.19"},
        {CLUSTER CONTEXT "users: [{name: u, user: {auth-provider: {name: azure}}}]", "kubelogin"},
        {CLUSTER CONTEXT "users: [{name: u, user: {client-certificate-data: Y2VydA==}}]",
         "without its key"},
        {CLUSTER CONTEXT "users: [{name: u, user: {client-key-data: '***'}}]", "is not base64"},
        {CLUSTER CONTEXT "users: [{name: u, user: {exec: {command: l, apiVersion: v0}}}]", "'v0'"},
        {CLUSTER CONTEXT "users: [{name: u, user: {as-uid: a}}]", "no user"},
        {"clusters: [{name: c, cluster: {server: 'ftp://h'}}]\n" CONTEXT, "no usable server"},
        {"clusters: [{name: c, cluster: {server: 'https://u:pw@h'}}]\n" CONTEXT,
         "no usable server"},
        {"clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: "
         "missing}}]\n" CONTEXT,
         "cannot read"},
    };
    scene_open(&scene);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct slice message = refusal(&scene, wrong[i][0]);
        if (!slice_contains(message, slice_of(wrong[i][1]))) {
            fail_msg("'" SLICE_FMT "' does not name '%s'", SLICE_ARG(message), wrong[i][1]);
        }
        assert_false(slice_contains(message, SLICE("pw")));
    }
    scene_close(&scene);
}

/* No excerpt of a file with tokens. */
static void test_kubeconfig_is_not_quoted(void **state)
{
    (void)state;
    struct scene scene;
    struct buf text;
    const struct diag_style style = {.format = DIAG_FORMAT_TEXT, .excerpts = true};
    scene_open(&scene);
    (void)refusal(&scene, "users:\n- name: u\n  user: {token: hush, token: hush}\n");
    buf_init(&text, 1 << 20);
    diag_print(scene.run.diag, &style, &text);
    assert_true(slice_contains(buf_slice(&text), SLICE("A001")));
    assert_false(slice_contains(buf_slice(&text), SLICE("hush")));
    buf_release(&text);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubeconfig_files_are_merged),
        cmocka_unit_test(test_kubeconfig_certificates_are_decoded_or_read),
        cmocka_unit_test(test_kubeconfig_account_of_a_pod),
        cmocka_unit_test(test_kubeconfig_what_is_wrong_is_named),
        cmocka_unit_test(test_kubeconfig_is_not_quoted),
    };
    return cmocka_run_group_tests_name("kubeconfig", tests, NULL, NULL);
}
