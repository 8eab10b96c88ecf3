#include "options.h"

#include "convert/convert.h"
#include "diag/diag.h"
#include "gateway_api/gateway_api.h"
#include "ingress/ingress.h"
#include "report/report.h"
#include "survey/survey.h"

#include <stdint.h>
#include <string.h>

/* ---- words that options take --------------------------------------------------------------- */

#define CHOICES(function, ...)                                                                     \
    static const char *function(size_t index)                                                      \
    {                                                                                              \
        static const char *const words[] = {__VA_ARGS__};                                          \
        return index < ARRAY_LEN(words) ? words[index] : NULL;                                     \
    }
CHOICES(yaml_or_json, "yaml", "json")
CHOICES(text_or_json, "text", "json")
CHOICES(coverage_formats, "text", "markdown", "json")
CHOICES(test_formats, "text", "tap", "junit", "json")
CHOICES(verify_formats, "text", "json", "junit")
CHOICES(verify_levels, "different", "unpredicted")
CHOICES(wave_kinds, "namespace", "host")
CHOICES(channels, "standard", "experimental")
CHOICES(sides, "auto", "ingress", "gateway")
CHOICES(error_levels, "error", "warning")
CHOICES(difference_levels, "changed", "breaking", "cosmetic")
CHOICES(diagnostic_formats, "text", "json", "github", "sarif")
CHOICES(severities, "info", "warning", "error")
CHOICES(colours, "auto", "always", "never")

static const char *layouts(size_t index)
{
    return convert_layout_name(index);
}

static const char *targets(size_t index)
{
    const struct target *target = target_at(index);
    return target ? target->name : NULL;
}

/* Whose readings of Gateway API are known; more than those that objects are written for. */
static const char *profiles(size_t index)
{
    const struct gateway_profile *profile = gateway_profile_at(index);
    return profile ? profile->name : NULL;
}

/* All that objects can be read as: the front ends for Ingress, then the profiles of Gateway API. */
static const char *planes(size_t index)
{
    size_t front_ends = 0;
    while (ingress_from_name(front_ends)) {
        front_ends++;
    }
    size_t named = index + 1; /* the first name is "auto" */
    if (named < front_ends) {
        return ingress_from_name(named);
    }
    const struct gateway_profile *profile = gateway_profile_at(named - front_ends);
    return profile ? profile->name : NULL;
}

/* The same, or what ingress-nginx writes for nginx. */
static const char *shown_as(size_t index)
{
    const char *plane = planes(index);
    return plane ? plane : index && !planes(index - 1) ? NULL : "nginx";
}

/* ---- the tables --------------------------------------------------------------------------- */

static const struct command_row commands[] = {
    {COMMAND_CONVERT, "convert", NULL, 0, 0, "-f PATH... [--to TARGET] [OPTION...]",
     "write Gateway API objects for a target"},
    {COMMAND_SIMULATE, "simulate", "REQUEST...", 1, SIZE_MAX,
     "-f PATH... [OPTION...] [-X METHOD] [-H 'NAME: VALUE']... URL...\n"
     "-f PATH... [OPTION...] JSON|FILE...",
     "show what happens to requests, and why"},
    {COMMAND_TEST, "test", "CASE...|FILE...", 1, SIZE_MAX,
     "[OPTION...] CASE...\n-f PATH... [OPTION...] FILE...",
     "compare what happens to requests with what is expected"},
    {COMMAND_DIFF, "diff", NULL, 0, 0,
     "--before PATH... [--to TARGET] [OPTION...]\n--before PATH... --after PATH... [OPTION...]",
     "show the requests that two sides answer differently"},
    {COMMAND_SHOW, "show", NULL, 0, 0, "-f PATH... [OPTION...]",
     "print the effective routes, in the order of decision"},
    {COMMAND_VALIDATE, "validate", NULL, 0, 0, "-f PATH... [--to TARGET] [OPTION...]",
     "tell whether an API server, and the target, would accept the objects"},
    {COMMAND_PLAN, "plan", NULL, 0, 0, "-f PATH... --out-dir DIR [--to TARGET] [OPTION...]",
     "write a phased migration with a runbook and the way back"},
    {COMMAND_ROLLBACK, "rollback", NULL, 0, 0, "-f PATH... [--to TARGET] [OPTION...]",
     "write the manifests that put Ingresses back, and prove them"},
    {COMMAND_REPORT, "report", NULL, 0, 0, "-f PATH... [--to TARGET] [OPTION...]",
     "say how ready Ingresses are, what differs, and who owns what afterwards"},
    {COMMAND_REPLAY, "replay", "LOG...", 1, SIZE_MAX,
     "-f PATH... [--to TARGET] [OPTION...] LOG...\n-f PATH... --after PATH... [OPTION...] LOG...",
     "ask both sides what access logs hold, and count what would change"},
    {COMMAND_MERGE, "merge", "FILE...", 1, SIZE_MAX, "[OPTION...] FILE...",
     "add up what replay and verify counted"},
    {COMMAND_VERIFY, "verify", "REQUEST...", 0, SIZE_MAX,
     "--before-addr ADDR --after-addr ADDR -f PATH... [--to TARGET] [OPTION...] [REQUEST...]\n"
     "--before-addr ADDR --after-addr ADDR [OPTION...] REQUEST...\n"
     "--replay-record FILE [-f PATH...] [OPTION...]",
     "send the same requests to both running data planes, and compare the answers"},
    {COMMAND_SNAPSHOT, "snapshot", NULL, 0, 0,
     "--out-dir DIR [-A|-n NAME] [OPTION...]\n--print-rbac [-n NAME] [--with-certificates]",
     "read from a cluster what a migration needs, into a folder"},
    {COMMAND_EXPLAIN, "explain", "[CODE|ANNOTATION|EFFECT|WORD...]", 0, SIZE_MAX,
     "[CODE|ANNOTATION|EFFECT|WORD...]\n--coverage [OPTION...]",
     "tell what a diagnostic, an annotation or an effect means"},
    {COMMAND_VERSION, "version", NULL, 0, 0, "", "print the version, and those of the libraries"},
    {COMMAND_COMPLETION, "completion", "bash|zsh|fish", 1, 1, "bash|zsh|fish",
     "print a script that completes commands and options in a shell"},
};

/* Those that read what a data plane does, and those that read objects at all. */
#define SIDES                                                                                      \
    (COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF | COMMAND_SHOW |             \
     COMMAND_ROLLBACK | COMMAND_REPORT | COMMAND_PLAN | COMMAND_REPLAY | COMMAND_VERIFY)
#define READERS (SIDES | COMMAND_VALIDATE)
#define CONVERTERS                                                                                 \
    (COMMAND_CONVERT | COMMAND_SIMULATE | COMMAND_TEST | COMMAND_DIFF | COMMAND_ROLLBACK |         \
     COMMAND_REPORT | COMMAND_PLAN | COMMAND_REPLAY | COMMAND_VERIFY)
/* Those that have something to say of their input. */
#define SPEAKERS    (READERS | COMMAND_SNAPSHOT | COMMAND_MERGE)
#define ON_CLUSTER  ((READERS & ~COMMAND_TEST) | COMMAND_SNAPSHOT)
#define ANY_COMMAND (SPEAKERS | COMMAND_EXPLAIN | COMMAND_VERSION | COMMAND_COMPLETION)

#define SWITCH(name, letter, member, commands, text)                                               \
    {                                                                                              \
        name, letter, OPTION_SWITCH, offsetof(struct options, member), commands, NULL, NULL, text  \
    }
#define TEXT(name, letter, member, commands, argument, text)                                       \
    {                                                                                              \
        name, letter, OPTION_TEXT, offsetof(struct options, member), commands, argument, NULL,     \
            text                                                                                   \
    }
#define CHOICE(name, letter, member, commands, argument, choices, text)                            \
    {                                                                                              \
        name, letter, OPTION_TEXT, offsetof(struct options, member), commands, argument, choices,  \
            text                                                                                   \
    }
#define LIST(name, letter, member, commands, argument, text)                                       \
    {                                                                                              \
        name, letter, OPTION_LIST, offsetof(struct options, member), commands, argument, NULL,     \
            text                                                                                   \
    }

static const struct option_row rows[] = {
    LIST("filename", 'f', files, READERS & ~COMMAND_DIFF, "PATH",
         "read a file, a folder or - for standard input; repeatable"),
    LIST("before", 0, before, COMMAND_DIFF, "PATH", "what runs today; repeatable"),
    LIST("after", 0, after, COMMAND_DIFF, "PATH",
         "what is to run; repeatable; without it --before is converted"),
    LIST("after", 0, after, COMMAND_REPLAY | COMMAND_VERIFY, "PATH",
         "what is to run; repeatable; without it -f is converted"),
    LIST("before-addr", 0, before_addr, COMMAND_VERIFY, "ADDRESS",
         "the data plane of today: HOST, HOST:PORT, http=HOST:PORT or https=HOST:PORT; repeatable"),
    LIST("after-addr", 0, after_addr, COMMAND_VERIFY, "ADDRESS",
         "the new one, written likewise; of one of several Gateways NAMESPACE/NAME=ADDRESS"),
    TEXT("ask", 0, ask, COMMAND_VERIFY, "LIST",
         "which requests: given, logs, witnesses, routes (all that there are)"),
    LIST("log", 0, logs, COMMAND_VERIFY, "FILE",
         "take requests from an access log; repeatable; - for standard input"),
    TEXT("most", 0, most, COMMAND_VERIFY, "NUMBER", "requests from logs (1000)"),
    LIST("compare", 0, compare, COMMAND_VERIFY, "HEADER|body",
         "compare this header of answers, too, or their bodies; repeatable"),
    TEXT("echo", 0, echo, COMMAND_VERIFY, "NAME=KEY,...",
         "where backends tell what they got, such as path=url; see gateshift-verify(1)"),
    SWITCH("unsafe-methods", 0, unsafe_methods, COMMAND_VERIFY,
           "send other methods than GET, HEAD and OPTIONS, too"),
    TEXT("concurrency", 0, concurrency, COMMAND_VERIFY, "NUMBER", "requests at a time (8)"),
    TEXT("rate", 0, rate, COMMAND_VERIFY, "NUMBER",
         "requests for each second and data plane (50); 0: no bound"),
    TEXT("timeout", 0, timeout, COMMAND_VERIFY, "SECONDS", "time for one request (10)"),
    SWITCH("http2", 0, http2, COMMAND_VERIFY, "offer HTTP/2 to servers with TLS"),
    TEXT("cacert", 0, cacert, COMMAND_VERIFY, "FILE",
         "authorities of the servers' certificates (those of the system)"),
    TEXT("cert", 0, cert, COMMAND_VERIFY, "FILE", "certificate to show to servers"),
    TEXT("key", 0, key, COMMAND_VERIFY, "FILE", "its private key"),
    SWITCH("insecure", 0, insecure, COMMAND_VERIFY, "take any certificate"),
    TEXT("proxy", 0, proxy, COMMAND_VERIFY, "URL",
         "go through this proxy (none, whatever the environment says)"),
    TEXT("record", 0, record, COMMAND_VERIFY, "FILE",
         "write requests and answers, for --replay-record"),
    TEXT("replay-record", 0, replay_record, COMMAND_VERIFY, "FILE",
         "take the answers from a record; nothing is sent"),
    SWITCH("cluster", 0, cluster, READERS & ~(COMMAND_TEST | COMMAND_DIFF),
           "read the cluster of the kubeconfig, as gateshift-snapshot(1) does"),
    SWITCH("cluster", 0, cluster, COMMAND_DIFF, "the same for --before, from the cluster"),
    TEXT("kubeconfig", 0, kubeconfig, ON_CLUSTER, "FILE",
         "how to reach the cluster (KUBECONFIG, ~/.kube/config, the account of the pod)"),
    TEXT("context", 0, context, ON_CLUSTER, "NAME", "context of the kubeconfig (its current one)"),
    SWITCH("all-namespaces", 'A', all_namespaces, ON_CLUSTER, "read all namespaces of the cluster"),
    TEXT("namespace", 'n', namespace, COMMAND_SNAPSHOT, "NAME",
         "read this namespace (the one of the context)"),
    SWITCH(
        "with-certificates", 0, with_certificates, COMMAND_SNAPSHOT,
        "read the Secrets that are referred to; only their certificates and keys' names are kept"),
    SWITCH("print-rbac", 0, print_rbac, COMMAND_SNAPSHOT,
           "print the roles that reading needs, and end"),
    TEXT("request-timeout", 0, request_timeout, COMMAND_SNAPSHOT, "SECONDS",
         "time for one request (60)"),
    TEXT("namespace", 'n', namespace, READERS & ~(COMMAND_CONVERT | COMMAND_ROLLBACK), "NAME",
         "namespace of objects that name none (default)"),
    TEXT("namespace", 'n', namespace, COMMAND_CONVERT, "NAME",
         "write what comes from this namespace only; objects that name none are in it"),
    TEXT("namespace", 'n', namespace, COMMAND_ROLLBACK, "NAME",
         "put back the Ingresses of this namespace only; objects that name none are in it"),
    TEXT("selector", 'l', selector, COMMAND_CONVERT, "LABELS",
         "write what comes from Ingresses with these labels only, such as team=web,env!=test"),
    LIST("host", 0, hosts, COMMAND_CONVERT, "HOST",
         "write this host only; *.example.com is all below it; repeatable"),
    LIST("host", 0, hosts, COMMAND_ROLLBACK, "HOST",
         "put back the Ingresses of this host only; *.example.com is all below it; repeatable"),
    CHOICE("output", 'o', output, COMMAND_CONVERT, "FORMAT", yaml_or_json, "format of the objects"),
    CHOICE("output", 'o', output, COMMAND_ROLLBACK, "FORMAT", yaml_or_json,
           "the manifests; json: with the order, what to delete, and the proof"),
    CHOICE("output", 'o', output,
           COMMAND_SIMULATE | COMMAND_SHOW | COMMAND_VALIDATE | COMMAND_REPLAY | COMMAND_MERGE,
           "FORMAT", text_or_json, "format of the result"),
    CHOICE("output", 'o', output, COMMAND_DIFF, "FORMAT", report_format_name,
           "format of the result; accept: a file to begin with for --accept"),
    CHOICE("output", 'o', output, COMMAND_REPORT, "FORMAT", survey_format_name,
           "format of the report; html: one file for a browser, without network"),
    SWITCH("coverage", 0, coverage, COMMAND_EXPLAIN,
           "print what each target makes of each annotation and setting"),
    CHOICE("output", 'o', output, COMMAND_EXPLAIN, "FORMAT", coverage_formats,
           "format of --coverage"),
    CHOICE("output", 'o', output, COMMAND_VERIFY, "FORMAT", verify_formats, "format of the result"),
    CHOICE("output", 'o', output, COMMAND_TEST, "FORMAT", test_formats, "format of the result"),
    TEXT("rbac", 0, rbac, COMMAND_CONVERT, "GROUP",
         "let this group change the routes of a namespace, by a Role; such as {namespace}-owners"),
    TEXT("out-dir", 0, out_dir, COMMAND_SNAPSHOT, "DIR", "folder of the snapshot"),
    SWITCH("force", 0, force, COMMAND_SNAPSHOT, "replace the snapshot that is in --out-dir"),
    TEXT("out-dir", 0, out_dir, COMMAND_CONVERT, "DIR",
         "write a file for each object into folders by owner and namespace"),
    SWITCH("flat", 0, flat, COMMAND_CONVERT, "write all files of --out-dir side by side"),
    TEXT("out-dir", 0, out_dir, COMMAND_PLAN, "DIR", "folder for the plan"),
    CHOICE("waves", 0, waves, COMMAND_PLAN, "BY", wave_kinds,
           "what moves together, besides Ingresses that share a host"),
    TEXT("plan", 0, plan, COMMAND_ROLLBACK, "FILE", "plan.json of a plan, for --wave"),
    TEXT("wave", 0, wave, COMMAND_ROLLBACK, "NUMBER",
         "put back the Ingresses of this wave of the plan only"),
    TEXT("out-dir", 0, out_dir, COMMAND_ROLLBACK, "DIR",
         "write manifests, steps and proof into a folder"),
    TEXT("log-format", 0, log_format, COMMAND_REPLAY | COMMAND_VERIFY, "FORMAT",
         "auto, ingress-nginx, combined, main, common, envoy, istio, json, or a pattern"),
    LIST("keys", 0, keys, COMMAND_REPLAY | COMMAND_VERIFY, "FIELD=KEY,...",
         "where JSON lines tell a request, such as host=vhost; see gateshift-logs(5)"),
    TEXT("jobs", 'j', jobs, COMMAND_REPLAY, "NUMBER", "threads that read lines (1)"),
    TEXT("part", 0, part, COMMAND_REPLAY, "K/N", "read this part of the logs only, such as 1/8"),
    TEXT("piped", 0, piped, COMMAND_REPLAY, "NAME",
         "what is read is a part of the log NAME, handed out by an engine"),
    TEXT("parts", 0, parts, COMMAND_MERGE, "NUMBER",
         "logs, or parts without number, there have to be"),
    SWITCH("incomplete", 0, incomplete, COMMAND_MERGE,
           "parts may be missing: others add them later"),
    TEXT("partial", 0, partial, COMMAND_REPLAY | COMMAND_MERGE | COMMAND_VERIFY, "FILE",
         "write the counts to a file, for --evidence and merge"),
    SWITCH("force", 0, force, COMMAND_REPLAY | COMMAND_MERGE, "overwrite the file of --partial"),
    SWITCH("force", 0, force, COMMAND_VERIFY, "overwrite the files of --record and --partial"),
    SWITCH("force", 0, force, COMMAND_CONVERT | COMMAND_ROLLBACK | COMMAND_PLAN,
           "overwrite files in --out-dir"),
    SWITCH("check", 0, check, COMMAND_CONVERT,
           "read back what was written, and prove that it does the same as the Ingresses"),
    CHOICE("from", 0, from, SIDES, "NAME", ingress_from_name, "whose Ingresses they are"),
    TEXT("from-version", 0, from_version, SIDES, "VERSION",
         "version of the controller, 1.9.0 to 1.15.1"),
    TEXT("ingress-class", 0, ingress_class, SIDES, "NAME", "read Ingresses of this class only"),
    LIST("controller-flag", 0, controller_flags, SIDES, "FLAG[=VALUE]",
         "flag of the controller, such as enable-ssl-passthrough; repeatable"),
    TEXT("controller-config", 0, controller_config, SIDES, "NS/NAME",
         "ConfigMap of the controller, if its name is unusual"),
    CHOICE("to", 0, to, CONVERTERS | COMMAND_EXPLAIN, "TARGET", targets,
           "implementation to convert for"),
    CHOICE("to", 0, to, COMMAND_VALIDATE, "TARGET", profiles,
           "implementation that is to serve the objects"),
    TEXT("gateway-api-version", 0, api_version, CONVERTERS | COMMAND_VALIDATE | COMMAND_EXPLAIN,
         "VERSION", "release of Gateway API, 1.2 to 1.6 (1.5)"),
    CHOICE("channel", 0, channel, CONVERTERS | COMMAND_VALIDATE | COMMAND_EXPLAIN, "CHANNEL",
           channels, "channel of Gateway API"),
    TEXT("aks-version", 0, aks_version, CONVERTERS | COMMAND_VALIDATE, "VERSION",
         "Kubernetes version of an AKS cluster, which decides the release of Gateway API"),
    TEXT("gateway-class", 0, gateway_class, CONVERTERS, "NAME", "class of the Gateways"),
    TEXT("gateway", 0, gateway, CONVERTERS, "[NS/]NAME",
         "attach routes to this Gateway instead of writing one"),
    CHOICE("fidelity", 0, fidelity, CONVERTERS, "FIDELITY", convert_fidelity_name,
           "write what the controller does, or what the author meant"),
    CHOICE("layout", 0, layout, CONVERTERS, "LAYOUT", layouts,
           "where Gateways live, and who attaches to them; see gateshift-convert(1)"),
    TEXT("gateway-namespace", 0, gateway_namespace, CONVERTERS, "NAME",
         "namespace of Gateways that several namespaces share (gateways)"),
    SWITCH("convert", 0, convert, COMMAND_SIMULATE | COMMAND_TEST,
           "ask the converted objects only"),
    CHOICE("as", 0, as, COMMAND_SIMULATE | COMMAND_TEST | COMMAND_REPLAY | COMMAND_VERIFY, "NAME",
           planes, "data plane that the objects are read as"),
    CHOICE("as", 0, as, COMMAND_SHOW, "NAME", shown_as,
           "data plane that the objects are read as; nginx: print the servers and locations"),
    CHOICE("before-as", 0, before_as, COMMAND_DIFF, "NAME", planes, "the same for --before"),
    CHOICE("after-as", 0, after_as, COMMAND_DIFF | COMMAND_REPLAY | COMMAND_VERIFY, "NAME", planes,
           "the same for --after"),
    LIST("before-settings", 0, before_settings, COMMAND_DIFF, "PATH|--FLAG",
         "settings of the controller for --before: its ConfigMap, its Deployment, or a flag"),
    LIST("after-settings", 0, after_settings, COMMAND_DIFF, "PATH|--FLAG",
         "the same for --after; without --after, what --before holds under these settings"),
    CHOICE("side", 0, side, COMMAND_SIMULATE | COMMAND_TEST | COMMAND_SHOW, "SIDE", sides,
           "what to ask when the input holds Ingresses and Gateways"),
    TEXT("request", 'X', method, COMMAND_SIMULATE | COMMAND_VERIFY, "METHOD",
         "method of URL requests (GET)"),
    LIST("header", 'H', headers, COMMAND_SIMULATE, "'NAME: VALUE'",
         "header of URL requests; repeatable"),
    LIST("header", 'H', headers, COMMAND_VERIFY, "'NAME: VALUE'",
         "header of all requests; repeatable"),
    TEXT("client-ip", 0, client_ip, COMMAND_SIMULATE, "ADDRESS", "client of URL requests"),
    TEXT("body-size", 0, body_size, COMMAND_SIMULATE | COMMAND_VERIFY, "BYTES",
         "size of the body of URL requests"),
    LIST("assume", 0, assume, COMMAND_SIMULATE | COMMAND_TEST | COMMAND_VERIFY, "NAME=pass|fail",
         "what a condition such as basic-auth comes to; see gateshift-simulate(1)"),
    SWITCH("closed", 0, closed, READERS,
           "objects that are not in the input do not exist (else they are assumed)"),
    LIST("aspects", 0, aspects, COMMAND_DIFF, "LIST",
         "compare only these, such as routing,redirect; see gateshift-diff(1)"),
    LIST("accept", 0, accept, COMMAND_DIFF, "FILE",
         "differences that the team accepts; see gateshift-accept(5)"),
    LIST("evidence", 0, evidence, COMMAND_DIFF | COMMAND_REPORT | COMMAND_PLAN, "FILE",
         "what replay or verify saw: findings that were met come first; see gateshift-evidence(5)"),
    SWITCH("strict", 0, strict, COMMAND_DIFF, "fail on what is unproven, too"),
    CHOICE("fail-on", 0, fail_on,
           COMMAND_CONVERT | COMMAND_VALIDATE | COMMAND_ROLLBACK | COMMAND_REPORT | COMMAND_PLAN,
           "LEVEL", error_levels, "exit with 1 from this level on"),
    CHOICE("fail-on", 0, fail_on, COMMAND_DIFF | COMMAND_REPLAY | COMMAND_MERGE, "LEVEL",
           difference_levels, "exit with 1 from this level on"),
    CHOICE("fail-on", 0, fail_on, COMMAND_VERIFY, "LEVEL", verify_levels,
           "exit with 1 when answers differ, or only when nobody predicted it"),
    SWITCH("keep-going", 0, keep_going, SIDES,
           "write results although the input has errors (exit status stays 3)"),
    SWITCH(
        "keep-going", 0, keep_going, COMMAND_MERGE,
        "leave out files that do not fit, and go on without what is missing (exit status stays 3)"),
    CHOICE("diagnostics", 0, diagnostics, SPEAKERS, "FORMAT", diagnostic_formats,
           "format of messages on standard error"),
    CHOICE("min-severity", 0, min_severity, SPEAKERS, "LEVEL", severities,
           "print messages from this level on; what is counted stays the same"),
    SWITCH("all", 0, all, SPEAKERS, "print each message, also where many say the same"),
    CHOICE("color", 0, color, SPEAKERS, "WHEN", colours, "colour in messages"),
    LIST("limit", 0, limits, SPEAKERS, "NAME=VALUE", "raise a limit; see gateshift(1)"),
    SWITCH("quiet", 'q', quiet, SPEAKERS, "no closing summary"),
    SWITCH("help", 'h', help, ANY_COMMAND, "print this help"),
};

const struct command_row *command_at(size_t index)
{
    return index < ARRAY_LEN(commands) ? &commands[index] : NULL;
}

const struct command_row *command_find(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (slice_is(name, commands[i].name)) {
            return &commands[i];
        }
    }
    return NULL;
}

const struct option_row *option_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}

/* ---- parsing ------------------------------------------------------------------------------ */

struct cursor {
    struct arena *arena;
    char **argv;
    int argc, at;
    struct options *out;
    struct slice *error;
};

static bool fail(struct cursor *cursor, const char *format, ...) PRINTF_LIKE(2, 3);

static bool fail(struct cursor *cursor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *cursor->error = arena_vprintf(cursor->arena, format, args);
    va_end(args);
    return false;
}

static bool applies(const struct cursor *cursor, const struct option_row *row)
{
    return (row->commands & (unsigned)cursor->out->command->command) != 0;
}

static bool unknown_option(struct cursor *cursor, struct slice word)
{
    const char *names[ARRAY_LEN(rows)];
    const char *command = cursor->out->command->name;
    size_t count = 0;
    struct slice name = slice_sub(word, 2, slice_find(word, '=', 0));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (applies(cursor, &rows[i])) {
            names[count++] = rows[i].name;
        } else if (slice_starts(word, SLICE("--")) && slice_is(name, rows[i].name)) {
            return fail(cursor, "'--%s' is not an option of '%s'", rows[i].name, command);
        }
    }
    const char *close = slice_starts(word, SLICE("--")) ? diag_closest(name, names, count) : NULL;
    return fail(cursor, "'%s' has no option '" SLICE_FMT "'%s%s%s", command, SLICE_ARG(word),
                close ? "; did you mean '--" : "", close ? close : "", close ? "'?" : "");
}

static bool check_choice(struct cursor *cursor, const struct option_row *row, struct slice value)
{
    struct slice list = SLICE("");
    for (size_t i = 0; row->choices && row->choices(i); i++) {
        if (slice_is(value, row->choices(i))) {
            return true;
        }
        list = arena_printf(cursor->arena, SLICE_FMT "%s%s", SLICE_ARG(list), i ? ", " : "",
                            row->choices(i));
    }
    return !row->choices || fail(cursor, "'--%s' takes one of " SLICE_FMT ", not '" SLICE_FMT "'",
                                 row->name, SLICE_ARG(list), SLICE_ARG(value));
}

static bool store(struct cursor *cursor, const struct option_row *row, struct slice value)
{
    void *slot = (char *)cursor->out + row->offset;
    if (!check_choice(cursor, row, value)) {
        return false;
    }
    if (row->kind == OPTION_LIST) {
        struct words *words = slot;
        *ARENA_PUSH(cursor->arena, words->items, words->count, words->capacity) = value;
    } else {
        *(struct slice *)slot = value;
    }
    return true;
}

/* The value of an option is what is glued to it, else the next word. */
static bool take(struct cursor *cursor, const struct option_row *row, struct slice glued)
{
    if (row->kind == OPTION_SWITCH) {
        if (glued.ptr) {
            return fail(cursor, "'--%s' takes no value", row->name);
        }
        *(bool *)(void *)((char *)cursor->out + row->offset) = true;
        return true;
    }
    if (!glued.ptr) {
        if (cursor->at + 1 >= cursor->argc) {
            return fail(cursor, "'--%s' needs a value: %s", row->name, row->argument);
        }
        glued = slice_of(cursor->argv[++cursor->at]);
    }
    if (!glued.len) {
        return fail(cursor, "'--%s' needs a value: %s", row->name, row->argument);
    }
    return store(cursor, row, glued);
}

static bool take_long(struct cursor *cursor, struct slice word)
{
    size_t equals = slice_find(word, '=', 0);
    struct slice glued = equals < word.len ? slice_sub(word, equals + 1, word.len) : SLICE_ABSENT;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (slice_is(slice_sub(word, 2, equals), rows[i].name) && applies(cursor, &rows[i])) {
            return take(cursor, &rows[i], glued);
        }
    }
    return unknown_option(cursor, word);
}

/* "-q", "-fPATH", "-f PATH", and switches together with what follows them: "-qf PATH". */
static bool take_letters(struct cursor *cursor, struct slice word)
{
    for (size_t at = 1; at < word.len; at++) {
        const struct option_row *row = NULL;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            if (rows[i].letter == word.ptr[at] && applies(cursor, &rows[i])) {
                row = &rows[i];
            }
        }
        if (!row) {
            return unknown_option(cursor, slice_sub(word, 0, at + 1));
        }
        if (row->kind != OPTION_SWITCH) {
            return take(cursor, row,
                        at + 1 < word.len ? slice_sub(word, at + 1, word.len) : SLICE_ABSENT);
        }
        if (!take(cursor, row, SLICE_ABSENT)) {
            return false;
        }
    }
    return true;
}

static bool unknown_command(struct cursor *cursor, struct slice name)
{
    const char *names[ARRAY_LEN(commands)];
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        names[i] = commands[i].name;
    }
    const char *close = diag_closest(name, names, ARRAY_LEN(commands));
    return fail(cursor, "there is no command '" SLICE_FMT "'%s%s%s", SLICE_ARG(name),
                close ? "; did you mean '" : "", close ? close : "", close ? "'?" : "");
}

static bool check_operands(struct cursor *cursor)
{
    const struct command_row *command = cursor->out->command;
    size_t count = cursor->out->operands.count;
    if (count < command->least) {
        return fail(cursor, "'%s' needs %s", command->name, command->operands);
    }
    if (count > command->most) {
        struct slice extra = cursor->out->operands.items[command->most];
        const char *option = command->command == COMMAND_DIFF ? "--before" : "-f";
        return command->most == 0 && (command->command & READERS)
                   ? fail(cursor,
                          "'%s' takes no '" SLICE_FMT "'; files and folders are named with an "
                          "option: %s " SLICE_FMT,
                          command->name, SLICE_ARG(extra), option, SLICE_ARG(extra))
                   : fail(cursor, "'%s' takes no '" SLICE_FMT "'", command->name, SLICE_ARG(extra));
    }
    return true;
}

/* What stands in place of a command. */
static bool take_command(struct cursor *cursor)
{
    struct options *out = cursor->out;
    struct slice word = slice_of(cursor->argv[1]);
    if (slice_is(word, "--version")) {
        out->command = command_find(SLICE("version"));
        return true;
    }
    if (slice_is(word, "--help") || slice_is(word, "-h") || slice_is(word, "help")) {
        out->help = true;
        if (cursor->argc > 2) {
            out->command = command_find(slice_of(cursor->argv[2]));
            return out->command || unknown_command(cursor, slice_of(cursor->argv[2]));
        }
        return true;
    }
    out->command = command_find(word);
    return out->command || unknown_command(cursor, word);
}

bool options_parse(struct arena *arena, int argc, char **argv, struct options *out,
                   struct slice *error)
{
    *out = (struct options){0};
    struct cursor cursor = {arena, argv, argc, 2, out, error};
    if (argc < 2) {
        return fail(&cursor, "a command is missing");
    }
    if (!take_command(&cursor)) {
        return false;
    }
    bool only_operands = false;
    for (; cursor.at < argc && !out->help; cursor.at++) {
        struct slice word = slice_of(argv[cursor.at]);
        bool option = !only_operands && word.len > 1 && word.ptr[0] == '-';
        if (option && slice_is(word, "--")) {
            only_operands = true;
        } else if (!option) {
            *ARENA_PUSH(arena, out->operands.items, out->operands.count, out->operands.capacity) =
                word;
        } else if (!(slice_starts(word, SLICE("--")) ? take_long(&cursor, word)
                                                     : take_letters(&cursor, word))) {
            return false;
        }
    }
    return out->help || check_operands(&cursor);
}
