#include "evidence/evidence.h"

static struct slice traffic_words(struct arena *arena, const struct evidence *evidence,
                                  const struct evidence_finding *finding)
{
    uint64_t all = evidence->counts[EVIDENCE_REQUESTS], own = finding ? finding->requests : 0;
    if (!own) {
        return evidence->counts[EVIDENCE_UNSAID]
                   ? SLICE("met by no request of the log of which it can be said")
                   : SLICE("met by no request of the log");
    }
    struct slice share = evidence_share(arena, own, all);
    const struct evidence_example *first =
        finding->examples.count ? &finding->examples.items[0] : NULL;
    struct slice text =
        arena_printf(arena, "met by %llu of %llu requests of the log (" SLICE_FMT ")",
                     (unsigned long long)own, (unsigned long long)all, SLICE_ARG(share));
    if (first && !first->line) { /* the line has no number */
        return arena_printf(arena, SLICE_FMT ", such as " SLICE_FMT, SLICE_ARG(text),
                            SLICE_ARG(first->text));
    }
    return first ? arena_printf(arena, SLICE_FMT ", such as " SLICE_FMT ":%llu", SLICE_ARG(text),
                                SLICE_ARG(first->source), (unsigned long long)first->line)
                 : text;
}

uint64_t evidence_weigh(const struct evidence *evidence, struct arena *arena, struct slice id,
                        struct slice *words)
{
    const struct evidence_finding *finding = evidence_find(evidence, id);
    *words = SLICE_ABSENT;
    if (evidence->counts[EVIDENCE_REQUESTS]) {
        *words = traffic_words(arena, evidence, finding);
    }
    if (finding && finding->asked) {
        *words = arena_printf(arena,
                              SLICE_FMT "%s%llu of %llu requests to both data planes were "
                                        "answered as differently",
                              SLICE_ARG(*words), words->len ? "; " : "",
                              (unsigned long long)finding->confirmed,
                              (unsigned long long)finding->asked);
    }
    return finding ? finding->requests + finding->confirmed : 0;
}
