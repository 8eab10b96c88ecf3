#include "validate/validate_priv.h"

/* What the front end says of objects that an API server takes, and how bad it is for their author. A row is an
 * error where the implementation has to report Accepted, Programmed or ResolvedRefs as False, or drops the
 * object. What is not in this table is about the meaning of an object and not about its validity. */
static const struct finding_row {
    enum diag_code code;
    enum severity severity;
    bool only_closed; /* in an open input the object that is missing is taken to exist */
} findings[] = {
    {DIAG_G001, SEVERITY_ERROR, true},    {DIAG_G003, SEVERITY_ERROR, false},
    {DIAG_G004, SEVERITY_ERROR, false},   {DIAG_G005, SEVERITY_ERROR, false},
    {DIAG_G006, SEVERITY_ERROR, false},   {DIAG_G008, SEVERITY_ERROR, false},
    {DIAG_G010, SEVERITY_WARNING, false}, {DIAG_G011, SEVERITY_ERROR, false},
    {DIAG_G012, SEVERITY_ERROR, false},   {DIAG_G013, SEVERITY_ERROR, false},
    {DIAG_G014, SEVERITY_INFO, false},    {DIAG_G015, SEVERITY_WARNING, false},
    {DIAG_G017, SEVERITY_WARNING, false}, {DIAG_G018, SEVERITY_ERROR, false},
    {DIAG_G023, SEVERITY_WARNING, false}, {DIAG_G026, SEVERITY_WARNING, false},
    {DIAG_G025, SEVERITY_WARNING, false}, {DIAG_G028, SEVERITY_ERROR, false},
    {DIAG_G029, SEVERITY_WARNING, false}, {DIAG_G030, SEVERITY_WARNING, false},
    {DIAG_G032, SEVERITY_WARNING, false}, {DIAG_G007, SEVERITY_WARNING, false},
    {DIAG_G050, SEVERITY_ERROR, false},   {DIAG_G051, SEVERITY_ERROR, false},
    {DIAG_G052, SEVERITY_ERROR, false},   {DIAG_G053, SEVERITY_ERROR, false},
    {DIAG_G054, SEVERITY_ERROR, false},
};

static void take_over(struct run *run, const struct diagnostic *item)
{
    for (size_t i = 0; i < ARRAY_LEN(findings); i++) {
        const struct finding_row *row = &findings[i];
        if (row->code == item->code && (!row->only_closed || run->closed)) {
            struct diagnostic copy = *item;
            copy.severity = row->severity;
            diag_add(run->diag, &copy);
        }
    }
}

static void hint_profile(struct run *run, const struct kube *kube)
{
    for (size_t i = 0; i < kube->counts[KUBE_GATEWAY]; i++) {
        const struct gateway *gateway = (const void *)kube->objects[KUBE_GATEWAY][i];
        const struct gateway_profile *profile = gateway_profile_of(kube, gateway);
        if (profile) {
            diag_at(run->diag, DIAG_I012, gateway->object.span, gateway->object.subject,
                    "class '" SLICE_FMT "' is served by '%s', and the objects are judged by the "
                    "standard alone; --to %s judges them as that data plane does",
                    SLICE_ARG(gateway->class_name), profile->name, profile->name);
            return;
        }
    }
}

void check_together(struct run *run, struct kube *kube, const struct validate_options *options)
{
    struct run quiet = *run;
    quiet.diag = diag_beside(run->diag);
    if (options->unchosen) {
        hint_profile(run, kube);
    }
    gateway_api_check(&quiet, kube, options->profile);
    for (size_t i = 0; i < diag_count(quiet.diag); i++) {
        take_over(run, diag_get(quiet.diag, i));
    }
    check_references(run, kube, options->profile);
}
