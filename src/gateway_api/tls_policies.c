#include "gateway_api/gateway_priv.h"

/* BackendTLSPolicies: which Services, or single ports of them, are spoken to by TLS
 * (apis/v1/backendtlspolicy_types.go). A policy targets only objects of its own namespace. */

/* ---- what a policy trusts --------------------------------------------------------------------- */

static bool is_open(struct builder *builder, const struct object *policy,
                    const struct object_ref *ref)
{
    if (run_secrets_closed(builder->run)) {
        return false;
    }
    assume(builder, slice_is(ref->kind, "Secret") ? "Secret" : "ConfigMap", policy->namespace,
           ref->name);
    return true;
}

static bool secret_is_authority(struct builder *builder, const struct object *policy,
                                const struct object_ref *ref)
{
    const struct secret *secret =
        (const void *)kube_find(builder->kube, KUBE_SECRET, policy->namespace, ref->name);
    bool pair = builder->profile->backend_authorities == BACKEND_AUTHORITIES_BUNDLES;
    return secret ? secret->has_ca || (pair && secret->has_key_pair)
                  : is_open(builder, policy, ref);
}

static bool map_is_authority(struct builder *builder, const struct object *policy,
                             const struct object_ref *ref)
{
    const struct config_map *map =
        (const void *)kube_find(builder->kube, KUBE_CONFIG_MAP, policy->namespace, ref->name);
    if (!map) { /* made of a Secret */
        return is_open(builder, policy, ref);
    }
    const struct label *text = labels_find(&map->data, "ca.crt");
    return text && slice_contains(text->value, SLICE("-----BEGIN CERTIFICATE-----"));
}

/* Null when the reference can be used. ConfigMaps with the key ca.crt are what every implementation takes. */
static const char *authority_fault(struct builder *builder, const struct object *policy,
                                   const struct object_ref *ref)
{
    const enum backend_authorities taken = builder->profile->backend_authorities;
    if (slice_is(ref->kind, "ClusterTrustBundle") && taken == BACKEND_AUTHORITIES_BUNDLES) {
        return NULL; /* it holds nothing but authorities */
    }
    const bool in_secret = slice_is(ref->kind, "Secret") && taken != BACKEND_AUTHORITIES_MAPS;
    if (ref->group.len || (!slice_is(ref->kind, "ConfigMap") && !in_secret)) {
        return "InvalidKind";
    }
    const bool usable = in_secret ? secret_is_authority(builder, policy, ref)
                                  : map_is_authority(builder, policy, ref);
    return usable ? NULL : "InvalidCACertificateRef";
}

static void check_authorities(struct builder *builder, struct policy_state *state)
{
    const struct backend_tls_policy *policy = state->policy;
    size_t usable = policy->well_known.len ? 1 : 0;
    for (size_t i = 0; i < policy->authority_count; i++) {
        const struct object_ref *ref = &policy->authorities[i];
        const char *reason = authority_fault(builder, &policy->object, ref);
        usable += !reason;
        if (reason) {
            struct slice message = arena_printf(
                builder->run->arena,
                "the certificate authority '" SLICE_FMT " " SLICE_FMT "/" SLICE_FMT "' %s",
                SLICE_ARG(ref->kind), SLICE_ARG(policy->object.namespace), SLICE_ARG(ref->name),
                slice_is(slice_of(reason), "InvalidKind")
                    ? "is of a kind that is not taken"
                    : "is not in the input, or holds no certificate under ca.crt");
            state->unresolved = (struct fault){reason, message};
            diag_at(builder->run->diag, DIAG_G051, ref->span, policy->object.subject,
                    SLICE_FMT " (%s)", SLICE_ARG(message), reason);
        }
    }
    if (!usable) {
        state->unusable = true;
        state->rejected =
            (struct fault){"NoValidCACertificate", SLICE("no certificate authority can be used")};
        state->unresolved.reason =
            state->unresolved.reason ? state->unresolved.reason : "InvalidCACertificateRef";
    }
}

/* ---- what a policy is for --------------------------------------------------------------------- */

static struct slice target_key(struct builder *builder, struct slice namespace, struct slice name,
                               struct slice section)
{
    return arena_printf(builder->run->arena, SLICE_FMT "/" SLICE_FMT "%s" SLICE_FMT,
                        SLICE_ARG(namespace), SLICE_ARG(name), section.len ? "/" : "",
                        SLICE_ARG(section));
}

static bool target_found(struct builder *builder, const struct object *policy,
                         const struct object_ref *target)
{
    const struct service *service =
        (const void *)kube_find(builder->kube, KUBE_SERVICE, policy->namespace, target->name);
    if (!service) {
        return !builder->run->closed;
    }
    return !target->section_name.len || service_port_find(service, 0, target->section_name);
}

/* The oldest policy has a target for itself; later ones are in conflict. */
static void take_target(struct builder *builder, struct policy_state *state,
                        const struct object_ref *target)
{
    const struct object *policy = &state->policy->object;
    struct slice key = target_key(builder, policy->namespace, target->name, target->section_name);
    const struct policy_state *before = map_get(builder->tls_policies, key);
    if (target->group.len || !slice_is(target->kind, "Service")) {
        diag_at(builder->run->diag, DIAG_G042, target->span, policy->subject,
                "the target is a " SLICE_FMT " of group '" SLICE_FMT
                "', and only Services of group '' are understood; what connections to it are made "
                "with is unknown",
                SLICE_ARG(target->kind), SLICE_ARG(target->group));
    } else if (!target_found(builder, policy, target)) {
        state->rejected = (struct fault){
            "TargetNotFound",
            arena_printf(builder->run->arena,
                         "there is no Service '" SLICE_FMT "/" SLICE_FMT "'%s" SLICE_FMT,
                         SLICE_ARG(policy->namespace), SLICE_ARG(target->name),
                         target->section_name.len ? " with a port named " : "",
                         SLICE_ARG(target->section_name))};
        diag_at(builder->run->diag, DIAG_G051, target->span, policy->subject,
                SLICE_FMT " (TargetNotFound)", SLICE_ARG(state->rejected.message));
    } else if (before && before != state) {
        state->rejected = (struct fault){
            "Conflicted", arena_printf(builder->run->arena, "'" SLICE_FMT "' has the same target",
                                       SLICE_ARG(before->policy->object.subject))};
        diag_at(builder->run->diag, DIAG_G052, target->span, policy->subject,
                "'" SLICE_FMT "' has the same target and comes first, being older or by name, so "
                "this policy is not used (Conflicted)",
                SLICE_ARG(before->policy->object.subject));
    } else {
        map_put(builder->tls_policies, key, state);
    }
}

static int oldest_first(const void *a, const void *b, void *user)
{
    (void)user;
    return object_age_order(&((const struct policy_state *)a)->policy->object,
                            &((const struct policy_state *)b)->policy->object);
}

void tls_policies_read(struct builder *builder)
{
    const struct kube *kube = builder->kube;
    struct arena *arena = builder->run->arena;
    builder->tls_policies = map_new(arena);
    builder->backend_policies = ARENA_ARRAY(arena, struct policy_state, kube->counts[KUBE_OTHER]);
    for (size_t i = 0; i < kube->counts[KUBE_OTHER]; i++) {
        const struct object *object = kube->objects[KUBE_OTHER][i];
        const struct backend_tls_policy *policy =
            is_gateway_kind(object, "BackendTLSPolicy")
                ? kube_backend_tls_policy(builder->run, object)
                : NULL;
        if (policy) {
            builder->backend_policies[builder->backend_policy_count++].policy = policy;
        }
    }
    sort_stable(arena, builder->backend_policies, builder->backend_policy_count,
                sizeof *builder->backend_policies, oldest_first, NULL);
    for (size_t i = 0; i < builder->backend_policy_count; i++) {
        struct policy_state *state = &builder->backend_policies[i];
        check_authorities(builder, state);
        for (size_t j = 0; j < state->policy->target_count; j++) {
            take_target(builder, state, &state->policy->targets[j]);
        }
    }
}

const struct policy_state *tls_policy_find(struct builder *builder, const struct service *service,
                                           struct slice port_name)
{
    struct slice namespace = service->object.namespace, name = service->object.name;
    const struct policy_state *policy =
        port_name.len
            ? map_get(builder->tls_policies, target_key(builder, namespace, name, port_name))
            : NULL;
    return policy ? policy
                  : map_get(builder->tls_policies, target_key(builder, namespace, name, SLICE("")));
}

/* What is trusted, for people: the authorities, or the name of a set that the implementation knows. */
static struct slice trusted(struct builder *builder, const struct backend_tls_policy *policy)
{
    struct slice text = policy->well_known;
    for (size_t i = 0; i < policy->authority_count; i++) {
        const struct object_ref *ref = &policy->authorities[i];
        text =
            arena_printf(builder->run->arena, SLICE_FMT "%s" SLICE_FMT " " SLICE_FMT "/" SLICE_FMT,
                         SLICE_ARG(text), text.len ? ", " : "", SLICE_ARG(ref->kind),
                         SLICE_ARG(policy->object.namespace), SLICE_ARG(ref->name));
    }
    return text;
}

/* The hostname is sent as SNI, and is what the certificate has to be for, unless subjectAltNames say another
 * (BackendTLSPolicyValidation in apis/v1/backendtlspolicy_types.go). */
static struct slice wanted_name(struct builder *builder, const struct backend_tls_policy *policy)
{
    struct slice text = policy->hostname;
    for (size_t i = 0; i < policy->name_count; i++) {
        const struct subject_name *name = &policy->names[i];
        text = arena_printf(builder->run->arena, SLICE_FMT "%s" SLICE_FMT, SLICE_ARG(text),
                            i ? " or " : ", in a certificate of ",
                            SLICE_ARG(name->hostname.len ? name->hostname : name->uri));
    }
    return text;
}

const struct route_upstream_tls *tls_policy_effect(struct builder *builder,
                                                   const struct policy_state *state)
{
    struct route_upstream_tls *effect = ARENA_NEW(builder->run->arena, struct route_upstream_tls);
    *effect = (struct route_upstream_tls){
        .source = {SLICE("BackendTLSPolicy"), state->policy->object.span},
        .secret = trusted(builder, state->policy),
        .verify = true,
        .name = wanted_name(builder, state->policy),
        .server_name = true,
    };
    return effect;
}
