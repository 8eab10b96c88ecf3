#include "proofs.h"

#include <string.h>

/* What the comparer is known to miss. Each row is a fault to mend: what is not in here fails the proof, and a row
 * that is mended is to be deleted. */
static const struct {
    const char *file; /* part of its name */
    const char *what; /* start of the mutant's description */
    const char *why;
} known[] = {
    {"/regex-order/", "", "a rule's literal text is in one class with paths that differ anyway"},
    {"/regex-alternation/", "", "the same"},
    {"/regex-host-level/", "", "the same"},
    {"/rewrite-longest-path/", "path", "the same"},
    {"/rewrite-regex-modifier/", "path", "the same"},
    {"/nginx/error-pages/", "", "that error pages differ covers where the request goes"},
    {"/auth-keepalive-with-response-headers/", "backend", "that authentication differs covers it"},
};

static bool names(const struct texts *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (slice_equal_fold(headers->items[i], slice_of(name))) {
            return true;
        }
    }
    return false;
}

/* All headers that differ by the data planes' defaults are in one finding, and this one is among them where a path
 * that no rule has answers without it. A header that a rule no longer sets adds nothing to that finding. */
static bool header_differs_anyway(const struct comparison *unbroken, const struct mutant *mutant)
{
    if (strcmp(mutant->what, "dropped header") != 0 &&
        strcmp(mutant->what, "dropped filter") != 0) {
        return false;
    }
    for (size_t i = 0; i < unbroken->finding_count; i++) {
        const struct finding *finding = &unbroken->findings[i];
        if (finding->platform && names(&finding->headers, "Strict-Transport-Security")) {
            return true;
        }
    }
    return false;
}

const char *known_survivor(const char *file, const struct comparison *unbroken,
                           const struct mutant *mutant)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strstr(file, known[i].file) &&
            strncmp(mutant->what, known[i].what, strlen(known[i].what)) == 0) {
            return known[i].why;
        }
    }
    return header_differs_anyway(unbroken, mutant) ? "the header differs elsewhere by default"
                                                   : NULL;
}
