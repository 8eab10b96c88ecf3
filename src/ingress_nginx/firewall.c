#include "ingress_nginx/model_priv.h"

/* The web application firewall (template.go buildModSecurityForLocation; nginx.tmpl). Rules are not modelled: it is
 * known that nothing is blocked where the engine only looks on, or has no rule. */

enum engine { ENGINE_UNSAID, ENGINE_LOOKS_ON, ENGINE_ON };
struct firewall_rules {
    enum engine engine;
    bool any;           /* a rule, or something that is not known to be none */
    struct slice first; /* its directive */
};

/* Where things are kept and written, and how bodies are read (libmodsecurity, src/parser/seclang-scanner.ll). */
static bool is_quiet(struct slice directive)
{
    static const char *const quiet[] = {"SecRequestBodyAccess",
                                        "SecResponseBodyAccess",
                                        "SecResponseBodyMimeType",
                                        "SecAuditEngine",
                                        "SecAuditLog",
                                        "SecAuditLogType",
                                        "SecAuditLogParts",
                                        "SecAuditLogFormat",
                                        "SecAuditLogStorageDir",
                                        "SecAuditLogDirMode",
                                        "SecAuditLogFileMode",
                                        "SecAuditLogRelevantStatus",
                                        "SecDebugLog",
                                        "SecDebugLogLevel",
                                        "SecTmpDir",
                                        "SecDataDir",
                                        "SecUploadDir",
                                        "SecStatusEngine",
                                        "SecUnicodeMapFile",
                                        "SecArgumentSeparator",
                                        "SecCookieFormat",
                                        "SecPcreMatchLimit",
                                        "SecPcreMatchLimitRecursion",
                                        "SecTmpSaveUploadedFiles",
                                        "SecUploadKeepFiles",
                                        "SecUploadFileMode",
                                        "SecWebAppId",
                                        "SecComponentSignature"};
    return slice_is_one_of(directive, quiet, ARRAY_LEN(quiet));
}

static void read_line(struct slice line, struct firewall_rules *rules)
{
    size_t end = 0;
    line = slice_trim(line);
    while (end < line.len && line.ptr[end] != ' ' && line.ptr[end] != '\t') {
        end++;
    }
    struct slice directive = slice_sub(line, 0, end);
    struct slice value = slice_trim(slice_sub(line, end, line.len));
    if (!line.len || line.ptr[0] == '#' || is_quiet(directive)) {
        return;
    }
    bool looks_on =
        slice_equal_fold(value, SLICE("DetectionOnly")) || slice_equal_fold(value, SLICE("Off"));
    if (!slice_is(directive, "SecRuleEngine")) {
        rules->any = true;
        rules->first = rules->first.ptr ? rules->first : directive;
        /* a rule may switch the engine on by itself */
        rules->engine = slice_contains(line, SLICE("ruleEngine")) ? ENGINE_ON : rules->engine;
    } else {
        rules->engine = looks_on ? ENGINE_LOOKS_ON : ENGINE_ON;
    }
}

/* Those of an outer level come first, and an inner one has the last word. */
static void read_rules(struct slice text, struct firewall_rules *rules)
{
    struct slice line;
    while (slice_split(&text, '\n', &line)) {
        read_line(line, rules);
    }
}

static bool blocks(const struct firewall_rules *rules)
{
    return rules->any && rules->engine != ENGINE_LOOKS_ON;
}

struct slice firewall_rule(struct slice text)
{
    struct firewall_rules rules = {.engine = ENGINE_UNSAID};
    read_rules(text, &rules);
    return blocks(&rules) ? rules.first : SLICE_ABSENT;
}

static void blocked(struct model *model, const struct annotations *annotations, struct rule *rule)
{
    bool own = annotations && annotation_set(annotations, AN_modsecurity_snippet);
    rule->unknown = unknown_add(model->run, rule->unknown, ASPECT_PROTECTION,
                                own ? annotation_source(annotations, AN_modsecurity_snippet)
                                    : setting_source(model->settings, "modsecurity-snippet"),
                                SLICE("what the rules of 'modsecurity-snippet' block is not "
                                      "known"));
}

/* Without a snippet the rules are those of modsecurity.conf, with SecRuleEngine DetectionOnly (images/nginx,
 * build.sh); a snippet stands in their place. */
static struct firewall_rules rules_of(const struct settings *settings, struct slice own, bool core)
{
    static const struct firewall_rules files = {ENGINE_LOOKS_ON, true, {NULL, 0}};
    struct firewall_rules rules = {.engine = ENGINE_UNSAID};
    bool all = settings->firewall && settings->firewall_snippet.len;
    if (all) {
        read_rules(settings->firewall_snippet, &rules);
    }
    if (settings->firewall ? !all : !own.len) {
        rules = files;
    }
    read_rules(own, &rules);
    rules.any = rules.any || core;
    return rules;
}

void add_firewall(struct model *model, const struct location *location, struct rule *rule)
{
    const struct settings *settings = model->settings;
    const struct annotations *annotations = location->item ? location->item->annotations : NULL;
    bool own = annotations && annotation_set(annotations, AN_enable_modsecurity);
    if (own) {
        annotation_use(annotations, AN_enable_modsecurity);
    }
    if (own ? !annotation_true(annotations, AN_enable_modsecurity, false) : !settings->firewall) {
        return;
    }
    struct route_firewall *firewall = ARENA_NEW(model->run->arena, struct route_firewall);
    bool own_rules = annotations && annotation_true(annotations, AN_enable_owasp_core_rules, false);
    firewall->source = own ? annotation_source(annotations, AN_enable_modsecurity)
                           : setting_source(settings, "enable-modsecurity");
    firewall->core_rules = settings->firewall_rules ? settings->firewall : own_rules;
    if (annotations && annotation_set(annotations, AN_enable_owasp_core_rules)) {
        rule_add_source(model->run, rule, EFFECT_firewall,
                        annotation_source(annotations, AN_enable_owasp_core_rules));
    }
    struct slice snippet =
        annotations ? annotation_text(annotations, AN_modsecurity_snippet) : SLICE_ABSENT;
    if (snippet.len) {
        rule_add_source(model->run, rule, EFFECT_firewall,
                        annotation_source(annotations, AN_modsecurity_snippet));
    }
    struct firewall_rules rules = rules_of(settings, snippet, firewall->core_rules);
    firewall->blocks = blocks(&rules);
    bool named = firewall_rule(snippet).ptr && annotation_acts(annotations, AN_modsecurity_snippet);
    if (firewall->blocks && !named) { /* what acts and is not understood is named anyway */
        blocked(model, annotations, rule);
    }
    rule->effects.firewall = firewall;
}
