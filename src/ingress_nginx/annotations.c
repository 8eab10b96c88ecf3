#include "ingress_nginx/ingress_nginx.h"

#include "ingress_nginx/model_priv.h"

/* The same checks after blanks were removed. */
#define CHECK_STRIPPED_SIZE    (CHECK_SIZE | CHECK_STRIP)
#define CHECK_STRIPPED_BASIC   (CHECK_BASIC | CHECK_STRIP)
#define CHECK_STRIPPED_URL     (CHECK_URL | CHECK_STRIP)
#define CHECK_STRIPPED_PATHCAP (CHECK_PATHCAP | CHECK_STRIP)
#define CHECK_STRIPPED_HEADERS (CHECK_HEADERS | CHECK_STRIP)
#define CHECK_STRIPPED_VAR     (CHECK_VAR | CHECK_STRIP)
#define CHECK_STRIPPED_CHARS   (CHECK_CHARS | CHECK_STRIP)
#define CHECK_STRIPPED_PAGE    (CHECK_PAGE | CHECK_STRIP)
#define CHECK_STRIPPED_OPTIONS (CHECK_OPTIONS | CHECK_STRIP)
#define CHECK_STRIPPED_ORIGINS (CHECK_ORIGINS | CHECK_STRIP)
#define CHECK_STRIPPED_CODES   (CHECK_CODES | CHECK_STRIP)
#define CHECK_STRIPPED_CIPHERS (CHECK_CIPHERS | CHECK_STRIP)
/* ... and after those around the value were. */
#define CHECK_TRIMMED_RX           (CHECK_RX | CHECK_TRIM)
#define CHECK_TRIMMED_OPTIONS      (CHECK_OPTIONS | CHECK_TRIM)
#define CHECK_TRIMMED_OPTIONS_FOLD (CHECK_OPTIONS_FOLD | CHECK_TRIM)

static const struct annotation_row rows[AN_COUNT] = {
#define A(id, name, alias, scope, check, options, bad, treatment, aspect, feature, idle, needs,    \
          fallback, text)                                                                          \
    [AN_##id] = {name,                                                                             \
                 alias,                                                                            \
                 SCOPE_##scope,                                                                    \
                 CHECK_##check,                                                                    \
                 options,                                                                          \
                 BAD_##bad,                                                                        \
                 TREAT_##treatment,                                                                \
                 ASPECT_##aspect,                                                                  \
                 FEATURE_##feature,                                                                \
                 idle,                                                                             \
                 AN_##needs,                                                                       \
                 fallback,                                                                         \
                 text},
#include "ingress_nginx/annotations.def"
#undef A
};

static const char *const scopes[] = {"location", "server", "upstream", "ingress", "global"};

static const char *const accepts[] = {
    [CHECK_ANY] = "text",
    [CHECK_BOOL] = "true or false (also 1, t, T, TRUE, True and the like; not yes or on)",
    [CHECK_INT] = "a whole number without a unit",
    [CHECK_SIZE] = "a size such as 8k or 16m",
    [CHECK_BASIC] = "letters, digits and - . _ ~ / :",
    [CHECK_URL] = "a URL without variables, % and #",
    [CHECK_RX] = "letters, digits and the characters of regular expressions",
    [CHECK_PATHCAP] = "a path, with $1 to $9 for captures",
    [CHECK_HEADERS] = "header names, separated by commas",
    [CHECK_VAR] = "letters, digits, - _ and $variables",
    [CHECK_CHARS] = "letters, digits and a few signs",
    [CHECK_PAIR] = "off, or the old and the new one",
    [CHECK_CIDRS] = "addresses and networks, separated by commas",
    [CHECK_OPTIONS] = "one of",
    [CHECK_OPTIONS_FOLD] = "one of, any case",
    [CHECK_WORDS] = "some of",
    [CHECK_CONTAINS] = "one of",
    [CHECK_CODES] = "statuses from 400 to 599, separated by commas",
    [CHECK_NAME] = "CN= and a regular expression",
    [CHECK_PAGE] = "a URL, a host with a path, a path, or the name of a location after @",
    [CHECK_LABEL] = "the name of a Service",
    [CHECK_METHODS] = "methods, separated by commas",
    [CHECK_EXPOSED] = "header names, separated by commas, or *",
    [CHECK_ORIGINS] = "origins such as https://*.example.com, separated by commas, or *",
    [CHECK_ALIASES] = "host names, separated by commas",
    [CHECK_NAMES] = "header names, separated by commas",
    [CHECK_CIPHERS] = "OpenSSL's names of ciphers",
    [CHECK_LOOSE_WORDS] = "some of",
};

static const char *const bad_values[] = {
    [BAD_DEFAULT] = "the default is used without a word",
    [BAD_DROP] = "the whole Ingress is not loaded",
    [BAD_STRICT] = "the whole Ingress is not loaded",
    [BAD_DENY] = "every location of the Ingress answers 503",
    [BAD_SELF] = "copies of every request go to / of the same host",
    [BAD_GROUP] = "external authentication is switched off, and everybody gets in",
};

const struct annotation_row *annotation_row(enum annotation_id id)
{
    return &rows[id];
}

static const char *const risks[] = {
    "low", "medium", "high", "critical; dropped with its Ingress where the controller allows less"};

bool nginx_annotation_info_at(size_t index, struct nginx_annotation_info *out)
{
    if (index >= AN_COUNT) {
        return false;
    }
    const struct annotation_row *row = &rows[index];
    int check = row->check & ~(CHECK_STRIP | CHECK_TRIM);
    bool words = check == CHECK_OPTIONS || check == CHECK_OPTIONS_FOLD || check == CHECK_WORDS ||
                 check == CHECK_LOOSE_WORDS || check == CHECK_CONTAINS;
    *out = (struct nginx_annotation_info){
        .name = row->name,
        .alias = row->alias,
        .scope = scopes[row->scope],
        .accepts = words ? row->options : accepts[check],
        .fallback = row->fallback,
        .bad_value = row->treatment == TREAT_RISK
                         ? "dropped with its Ingress unless the controller allows critical risk"
                         : bad_values[row->bad],
        .risk = risks[annotation_risk((enum annotation_id)index)],
        .text = row->text,
        .feature = row->feature,
        .treatment = row->treatment == TREAT_RISK
                         ? "Its common directives are understood; any other one makes what it "
                           "touches unknown, and is named in a diagnostic."
                         : NULL,
    };
    return true;
}

/* Names in old manifests that no parser of this version reads. */
static const char *const dead[] = {
    "add-base-url",
    "base-url-scheme",
    "secure-backends",
    "session-cookie-hash",
    "global-rate-limit",
    "global-rate-limit-window",
    "global-rate-limit-key",
    "global-rate-limit-header-based",
    "global-rate-limit-ignored-cidrs",
    "enable-influxdb",
    "influxdb-measurement",
    "influxdb-port",
    "influxdb-host",
    "influxdb-server-name",
    "enable-opentracing",
    "opentracing-trust-incoming-span",
};

bool annotation_is_dead(struct slice name)
{
    return slice_is_one_of(name, dead, ARRAY_LEN(dead));
}

const char *annotation_closest(struct slice name)
{
    const char *names[AN_COUNT];
    for (size_t i = 0; i < AN_COUNT; i++) {
        names[i] = rows[i].name;
    }
    return diag_closest(name, names, AN_COUNT);
}

/* The rows are sorted by name; the few aliases are looked at one by one. */
enum annotation_id annotation_find(struct slice name, bool *alias)
{
    size_t low = 0, high = AN_COUNT;
    *alias = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_compare(name, slice_of(rows[middle].name));
        if (order == 0) {
            return (enum annotation_id)middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    *alias = true;
    for (size_t i = 0; i < AN_COUNT; i++) {
        if (rows[i].alias && slice_is(name, rows[i].alias)) {
            return (enum annotation_id)i;
        }
    }
    return AN_none;
}
