#include "kube/kube_fixture_priv.h"

/* Self-signed for Shop.example.com, *.shop.example.com and 10.0.0.1, from 1795486040 to 4949086040. */
#define CERTIFICATE                                                                                \
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJ4VENDQVd5Z0F3SUJBZ0lVUXNZWXNNVEZob1pu"             \
    "Mm40enBzRTRPZGcvd2s0d0NnWUlLb1pJemowRUF3SXcKR3pFWk1CY0dBMVVFQXd3UWMyaHZjQzVsZUdG"             \
    "dGNHeGxMbU52YlRBZ0Z3MHlOakV4TWpRd01qQTNNakJhR0E4eQpNVEkyTVRBek1UQXlNRGN5TUZvd0d6"             \
    "RVpNQmNHQTFVRUF3d1FjMmh2Y0M1bGVHRnRjR3hsTG1OdmJUQlpNQk1HCkJ5cUdTTTQ5QWdFR0NDcUdT"             \
    "TTQ5QXdFSEEwSUFCTjFGZm50MXQwMlh4UDdKZkZUa3dWdCt2V3lpdXdYbmoyRlMKc2c5NDR4dDFSSkFW"             \
    "L3pTRjN6bGJvSFFmb0ZOcDZianJaK0owQ3I3WmxSbHphQXJjc3BxamdZc3dnWWd3SFFZRApWUjBPQkJZ"             \
    "RUZFR1MrR2ZqaFRYa1JDbElKN3laeEdpMDJiKzRNQjhHQTFVZEl3UVlNQmFBRkVHUytHZmpoVFhrClJD"             \
    "bElKN3laeEdpMDJiKzRNQThHQTFVZEV3RUIvd1FGTUFNQkFmOHdOUVlEVlIwUkJDNHdMSUlRVTJodmND"             \
    "NWwKZUdGdGNHeGxMbU52YllJU0tpNXphRzl3TG1WNFlXMXdiR1V1WTI5dGh3UUtBQUFCTUFvR0NDcUdT"             \
    "TTQ5QkFNQwpBMGNBTUVRQ0lEQ3VlbmFEV3FWNHZCMG5IeVJzOUh3OVpnaVh5OWlzeUZ0b0xvR0pyNjBj"             \
    "QWlCN3ozMkFSOHFHCjVKckFWbW8yZVB0cWdVaXF1dVp5V1NYVHhWSUVJWDZaVlE9PQotLS0tLUVORCBD"             \
    "RVJUSUZJQ0FURS0tLS0tCg=="
#define CERTIFICATE_TEXT                                                                           \
    "    -----BEGIN CERTIFICATE-----\n"                                                            \
    "    MIIBxTCCAWygAwIBAgIUQsYYsMTFhoZn2n4zpsE4Odg/wk4wCgYIKoZIzj0EAwIw\n"                       \
    "    GzEZMBcGA1UEAwwQc2hvcC5leGFtcGxlLmNvbTAgFw0yNjExMjQwMjA3MjBaGA8y\n"                       \
    "    MTI2MTAzMTAyMDcyMFowGzEZMBcGA1UEAwwQc2hvcC5leGFtcGxlLmNvbTBZMBMG\n"                       \
    "    ByqGSM49AgEGCCqGSM49AwEHA0IABN1Ffnt1t02XxP7JfFTkwVt+vWyiuwXnj2FS\n"                       \
    "    sg944xt1RJAV/zSF3zlboHQfoFNp6bjrZ+J0Cr7ZlRlzaArcspqjgYswgYgwHQYD\n"                       \
    "    VR0OBBYEFEGS+GfjhTXkRClIJ7yZxGi02b+4MB8GA1UdIwQYMBaAFEGS+GfjhTXk\n"                       \
    "    RClIJ7yZxGi02b+4MA8GA1UdEwEB/wQFMAMBAf8wNQYDVR0RBC4wLIIQU2hvcC5l\n"                       \
    "    eGFtcGxlLmNvbYISKi5zaG9wLmV4YW1wbGUuY29thwQKAAABMAoGCCqGSM49BAMC\n"                       \
    "    A0cAMEQCIDCuenaDWqV4vB0nHyRs9Hw9ZgiXy9isyFtoLoGJr60cAiB7z32AR8qG\n"                       \
    "    5JrAVmo2ePtqgUiquuZyWSXTxVIEIX6ZVQ==\n"                                                   \
    "    -----END CERTIFICATE-----\n"

#define HEAD "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"

static const struct secret *only(const struct fixture *f)
{
    assert_int_equal(f->kube.counts[KUBE_SECRET], 1);
    return (const struct secret *)(const void *)f->kube.objects[KUBE_SECRET][0];
}

static void check_certificate(const struct secret *secret)
{
    assert_true(secret->has_key_pair);
    assert_int_equal(secret->not_before, 1795486040);
    assert_int_equal(secret->not_after, 4949086040);
    assert_int_equal(secret->certificate_names.count, 2);
    ASSERT_TEXT(secret->certificate_names.items[0], "shop.example.com");
    ASSERT_TEXT(secret->certificate_names.items[1], "*.shop.example.com");
}

static void test_kube_secret_certificate(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, HEAD
                 "type: kubernetes.io/tls\ndata:\n  tls.key: a2V5\n  ca.crt: Y2E=\n  ca.crl: Y3Js\n"
                 "  tls.crt: " CERTIFICATE "\n");
    fixture_silent(&f);
    check_certificate(only(&f));
    assert_true(only(&f)->has_ca);
    assert_true(only(&f)->has_revocations);
    ASSERT_TEXT(only(&f)->type, "kubernetes.io/tls");
    ASSERT_TEXT(only(&f)->keys.items[1], "ca.crt");
    ASSERT_TEXT(only(&f)->keys.items[3], "tls.key");
    fixture_close(&f);
    fixture_open(&f, HEAD "stringData:\n  tls.key: key\n  tls.crt: |\n" CERTIFICATE_TEXT);
    fixture_silent(&f);
    check_certificate(only(&f));
    fixture_close(&f);
}

static void test_kube_secret_without_pair(void **state)
{
    (void)state;
    static const char *const data[] = {
        "data: {tls.crt: " CERTIFICATE "}\n",     /* no key */
        "data: {tls.crt: eA==, tls.key: a2V5}\n", /* no certificate in it */
        "data: {tls.crt: '', tls.key: ''}\n",
        "stringData: {tls.crt: , tls.key: }\n",
        "data: {}\n",
        "",
    };
    for (size_t i = 0; i < ARRAY_LEN(data); i++) {
        char yaml[2048];
        struct fixture f;
        snprintf(yaml, sizeof yaml, HEAD "%s", data[i]);
        fixture_open(&f, yaml);
        fixture_silent(&f);
        assert_false(only(&f)->has_key_pair);
        fixture_close(&f);
    }
}

static void test_kube_secret_htpasswd(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, HEAD "stringData: {auth: \"a:x\\n# b:y\\n\\nno colon\\nc:\\n:d\\ne:z\"}\n"
                          "data: {auth: Zjpn}\n");
    fixture_silent(&f);
    /* stringData replaces data */
    assert_int_equal(only(&f)->htpasswd_count, 2);
    assert_true(user_list_may_hold(&only(&f)->users, SLICE("e")));
    assert_false(user_list_may_hold(&only(&f)->users, SLICE("c"))); /* it has no password */
    assert_false(user_list_may_hold(&only(&f)->users, SLICE("f"))); /* replaced */
    assert_int_equal(only(&f)->keys.count, 1);
    fixture_close(&f);
}

/* Nothing of a Secret's values is left in the tree or in what is said, however wrong the Secret is. */
static bool tree_holds(const struct node *node, struct slice text)
{
    if (node->kind == NODE_MAP) {
        for (size_t i = 0; i < node->count; i++) {
            if (tree_holds(node->pairs[i].value, text)) {
                return true;
            }
        }
        return false;
    }
    if (node->kind == NODE_LIST) {
        for (size_t i = 0; i < node->count; i++) {
            if (tree_holds(node->items[i], text)) {
                return true;
            }
        }
        return false;
    }
    return slice_contains(node->text, text);
}

static void test_kube_secret_is_wiped(void **state)
{
    (void)state;
    static const char *const data[] = {
        "data: {a: SGVsbG8xMjM0NTY3OHVubmlrZWx5}\n",
        "data: {a: 1234567890}\n",
        "data: {a: not-1234567890-base64}\n",
        "data: '1234567890'\n",
        "data: ['1234567890']\n",
        "data: {a: {b: '1234567890'}}\n",
        "stringData: {a: 1234567890, b: 'x1234567890'}\n",
        "type: 1234567890\n",
        "metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: "
        "'{\"data\":\"1234567890\"}'}}\n",
        "metadata: {name: s, labels: {a: 1234567890}}\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(data); i++) {
        char yaml[1024];
        struct fixture f;
        bool own = strncmp(data[i], "metadata", 8) == 0;
        snprintf(yaml, sizeof yaml, "apiVersion: v1\nkind: Secret\n%s%s",
                 own ? "" : "metadata: {name: s}\n", data[i]);
        fixture_open(&f, yaml);
        const struct node *root = f.documents.roots[0];
        if (!strstr(data[i], "type:") && !strstr(data[i], "labels")) {
            assert_false(tree_holds(root, SLICE("1234567890")));
            assert_false(tree_holds(root, SLICE("SGVsbG8")));
        }
        assert_null(strstr(fixture_said(&f), "1234567890"));
        assert_null(diag_file_text(f.run.diag, 1).ptr);
        if (f.kube.counts[KUBE_SECRET]) {
            const struct label *copy = labels_find(
                &only(&f)->object.annotations, "kubectl.kubernetes.io/last-applied-configuration");
            assert_true(!copy || copy->value.len == 0);
        }
        fixture_close(&f);
    }
}

static void test_kube_secret_faults(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, HEAD "data: {a: REPLACE_ME, b: 5}\nimmutible: true\n");
    assert_string_equal(
        fixture_said(&f),
        "4:11 K020 'data.a' is not base64, so an API server refuses it; plain text belongs into "
        "'stringData'\n"
        "4:26 K003 'data.b' must be a text, not an integer; put it in quotes\n"
        "5:1 K006 'immutible' is not a field of this kind and has no effect; did you mean "
        "'immutable'?\n");
    fixture_close(&f);
}

static void test_kube_secret_files_are_hidden(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        bool hidden;
    } rows[] = {
        /* a document that cannot be parsed may hold values, too */
        {"kind: Secret\napiVersion: v1\ndata:\n  a: [b\n", true},
        {"{\"kind\": \"Secret\", \"data\": {\"a\": \"b\"", true},
        {"kind: \"Secret\"\nstringData: [\n", true},
        {"apiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  stringData: {a: b}\n", true},
        {"spec:\n  certificateRefs:\n  - kind: Secret\n    name: a\n", false},
        {"kind: SecretProviderClass\nspec: {a: b}\n", false},
        {"kind: ConfigMap\ndata: {a: Secret}\n", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fixture f;
        fixture_open(&f, rows[i].yaml);
        assert_int_equal(diag_file_text(f.run.diag, 1).ptr == NULL, rows[i].hidden);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kube_secret_certificate),
        cmocka_unit_test(test_kube_secret_without_pair),
        cmocka_unit_test(test_kube_secret_htpasswd),
        cmocka_unit_test(test_kube_secret_is_wiped),
        cmocka_unit_test(test_kube_secret_faults),
        cmocka_unit_test(test_kube_secret_files_are_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
