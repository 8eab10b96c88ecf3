#include "plan/plan_priv.h"

/* Steps in words and commands. */

#define SAY(step, part, when, text)                                                                \
    {                                                                                              \
        STEP_##step, LINES_##part, when, false, text                                               \
    }
#define RUN(step, part, when, text)                                                                \
    {                                                                                              \
        STEP_##step, LINES_##part, when, true, text                                                \
    }

/* Sources: aks.md of the AKS guide for `az` and the zone hand-over; external-dns docs/flags.md (policy sync);
 * cert-manager docs on ingress-shim (the Certificate belongs to the Ingress); Argo CD docs on pruning. */
static const struct step_row rows[] = {
    /* ---- prepare */
    SAY(CHECK, BEFORE, 0,
        "Everybody who runs these commands sees the right cluster, and may write Gateways and "
        "HTTPRoutes in it."),
    RUN(CHECK, DO, 0, "kubectl config current-context"),
    RUN(CHECK, DO, 0, "kubectl get ingressclass,ingress -A"),
    RUN(CHECK, DO, WHEN_AKS_OLD, "az version --query '\"azure-cli\"' -o tsv   # 2.86.0 or later"),
    RUN(CHECK, DO, WHEN_AKS_OLD,
        "kubectl get nginxingresscontrollers.approuting.kubernetes.azure.com"),
    SAY(CHECK, DO, 0,
        "Compare the list with `prepare/hosts.tsv`. A host that is missing there is not in this "
        "plan: make the plan again from the objects of the cluster."),
    SAY(CHECK, DO, 0,
        "Write down who pins the old address: Front Door and Traffic Manager endpoints, firewalls, "
        "partners' allow lists, /etc/hosts. The address does not move: the new side has another "
        "one."),
    SAY(CHECK, DO, 0,
        "If Argo CD or Flux owns these Ingresses, changes by hand are undone by it. Then make each "
        "step a commit with the same files, in this order (in Argo CD with sync waves: `gateways` "
        "0, `routes` 1), and keep the Ingresses in the repository until the phase `retire`. Switch "
        "pruning off for them (Argo CD: `argocd.argoproj.io/sync-options: Prune=false`; Flux: "
        "`kustomize.toolkit.fluxcd.io/prune: disabled`), or removing them from Git deletes them "
        "too early."),
    SAY(CHECK, SEEN, 0, "The Ingresses of the cluster are those of `prepare/hosts.tsv`."),
    SAY(CHECK, STOP, 0, "A host is served by an Ingress that the plan does not know."),
    SAY(CHECK, UNDO, 0, "Nothing was changed."),

    SAY(TTL, BEFORE, 0,
        "With Azure DNS, set `DNS_ZONE` and `DNS_GROUP` (the zone and its resource group) in the "
        "environment, and "
        "`shift/records.sh` changes the records. Without them it prints what to set, and you do "
        "it."),
    SAY(TTL, BEFORE, 0, "You can write the records of all hosts in `prepare/hosts.tsv`."),
    SAY(TTL, DO, 0,
        "Set the TTL of the records of all hosts to 60 seconds, and wait until the old TTL has "
        "passed. Skip what clients reach by address alone."),
    RUN(TTL, DO, 0, "sh shift/records.sh ttl 60 prepare/hosts.tsv"),
    RUN(TTL, SEEN, 0, "sh shift/records.sh show prepare/hosts.tsv"),
    SAY(TTL, SEEN, 0, "`dig` shows a TTL of 60 or less for each host."),
    SAY(TTL, STOP, 0, "A resolver still gives out the old TTL: the wait was too short."),
    SAY(TTL, UNDO, 0, "Set the TTL back."),

    SAY(RECORDS, BEFORE, 0,
        "You know which program writes the records: external-dns writes what Ingresses name, and "
        "with its policy `sync` it deletes the record when the Ingress goes."),
    SAY(RECORDS, DO, WHEN_AKS_OLD,
        "Detach the DNS zones from application routing. The records stay. While a zone is "
        "attached, a record that you change is written back within three minutes, and a removed "
        "Ingress takes its record along. Do not create a ClusterExternalDNS for the same zone "
        "before: it has the same owner id, and the two would delete each other's records."),
    RUN(RECORDS, DO, WHEN_AKS_OLD,
        "az aks approuting zone list --resource-group \"$GROUP\" --name \"$CLUSTER\""),
    RUN(RECORDS, DO, WHEN_AKS_OLD,
        "az aks approuting zone delete --resource-group \"$GROUP\" --name \"$CLUSTER\" --ids "
        "\"$ZONE_ID\""),
    SAY(RECORDS, DO, WHEN_OTHER_OLD,
        "If external-dns runs: stop it, or run it with `--policy=upsert-only` and without the "
        "source `ingress` for these "
        "hosts. The records stay."),
    RUN(RECORDS, DO, 0, "kubectl get deployments -A -o wide | grep -i external-dns"),
    SAY(RECORDS, SEEN, 0,
        "A TXT or A record of a test name that you change by hand is unchanged ten minutes later, "
        "and all hosts still resolve to the old address."),
    RUN(RECORDS, SEEN, 0, "sh shift/records.sh show prepare/hosts.tsv"),
    SAY(RECORDS, STOP, 0, "A record disappears or is written back."),
    SAY(RECORDS, UNDO, WHEN_AKS_OLD,
        "Attach the zones again, only once every host is back on the old side:"),
    RUN(RECORDS, UNDO, WHEN_AKS_OLD,
        "az aks approuting zone add --resource-group \"$GROUP\" --name \"$CLUSTER\" "
        "--ids=\"$ZONE_ID\" --attach-zones"),
    SAY(RECORDS, UNDO, WHEN_OTHER_OLD,
        "Start external-dns as it was, only once every host is back on the old side."),

    SAY(INSTALL, BEFORE, WHEN_AKS_NEW,
        "The Istio add-on is off, and its CRDs and the GatewayClass `istio` are deleted, or "
        "istiod does not start."),
    SAY(INSTALL, BEFORE, WHEN_AKS_NEW,
        "`GROUP` and `CLUSTER` name the resource group of the cluster, and the cluster."),
    RUN(INSTALL, DO, WHEN_AKS_NEW,
        "az aks update --resource-group \"$GROUP\" --name \"$CLUSTER\" --enable-gateway-api"),
    RUN(INSTALL, DO, WHEN_AKS_NEW,
        "az aks update --resource-group \"$GROUP\" --name \"$CLUSTER\" --enable-app-routing-istio"),
    RUN(INSTALL, SEEN, WHEN_AKS_NEW, "kubectl -n aks-istio-system rollout status deploy/istiod"),
    SAY(INSTALL, BEFORE, WHEN_OTHER_NEW,
        "Nobody else manages the CRDs of Gateway API in this cluster."),
    SAY(INSTALL, DO, WHEN_OTHER_NEW,
        "Install Gateway API {api} or later and the implementation, as its maker says."),
    RUN(INSTALL, SEEN, 0,
        "kubectl get crd gateways.gateway.networking.k8s.io -o "
        "jsonpath='{.metadata.annotations.gateway\\.networking\\.k8s\\.io/bundle-version}'   # "
        "{api} or later"),
    RUN(INSTALL, SEEN, 0, "kubectl get gatewayclass {class}   # ACCEPTED is True"),
    SAY(INSTALL, STOP, 0,
        "The bundle is older than {api}: the objects of this plan would be refused, or lose "
        "fields. Make the plan again with --gateway-api-version."),
    RUN(INSTALL, UNDO, WHEN_AKS_NEW,
        "az aks update --resource-group \"$GROUP\" --name \"$CLUSTER\" "
        "--disable-app-routing-istio"),
    SAY(INSTALL, UNDO, WHEN_OTHER_NEW, "Remove the implementation, unless others use it."),

    /* ---- gateways */
    RUN(GATEWAYS, BEFORE, 0, "kubectl apply --dry-run=server -f gateways/"),
    SAY(GATEWAYS, BEFORE, 0,
        "An error that a namespace is missing is expected for namespaces that the folder itself "
        "makes; any other error is not."),
    SAY(GATEWAYS, BEFORE, WHEN_VAULT,
        "Certificates come from Key Vault. Where listeners name them in `tls.options`, the "
        "ServiceAccount there needs "
        "workload identity and the role Key Vault Secrets User first. Secrets `keyvault-...` are "
        "made for Ingresses and go "
        "with them, so no listener may use one."),
    RUN(GATEWAYS, DO, 0, "kubectl apply -f gateways/"),
    RUN(GATEWAYS, SEEN, WHEN_GATEWAY,
        "kubectl -n {namespace} wait --for=condition=Programmed --timeout=10m gateway/{name}"),
    RUN(GATEWAYS, SEEN, WHEN_GATEWAY,
        "kubectl -n {namespace} get gateway {name} -o "
        "jsonpath='{.status.addresses[0].value}{\"\\n\"}'"),
    SAY(GATEWAYS, SEEN, 0,
        "Each Gateway has an address of its own. Tell it to those who pin the old one, before the "
        "phase `shift`."),
    SAY(GATEWAYS, STOP, 0,
        "A Gateway is not Programmed after ten minutes, or a listener has ResolvedRefs=False (its "
        "certificate is missing, or the ReferenceGrant is)."),
    SAY(GATEWAYS, UNDO, 0, "Only when no wave has routes. Namespaces stay."),
    RUN(GATEWAYS, UNDO, 0, "kubectl delete --ignore-not-found -f rollback/gateways.yaml"),

    /* ---- routes */
    RUN(ROUTES, BEFORE, 0, "kubectl apply --dry-run=server -f routes/{wave}/"),
    RUN(ROUTES, DO, 0, "kubectl apply -f routes/{wave}/"),
    RUN(ROUTES, SEEN, 0,
        "kubectl get -f routes/{wave}/ -o json | jq -r '(.items // [.])[] | "
        "select(.status.parents) | "
        "[.kind, .metadata.namespace, .metadata.name, (.status.parents[].conditions[] | .type + "
        "\"=\" + .status)] | @tsv'"),
    SAY(ROUTES, SEEN, 0,
        "Each route says Accepted=True and ResolvedRefs=True. No client is sent to them yet: "
        "records still name the old side."),
    SAY(ROUTES, STOP, 0, "A route is not accepted, or a backend is not found."),
    SAY(ROUTES, UNDO, 0,
        "Only when the records of the wave name the old side, and their TTL has passed since:"),
    RUN(ROUTES, UNDO, 0, "sh shift/records.sh show shift/{wave}-hosts.tsv"),
    RUN(ROUTES, UNDO, 0, "kubectl delete --ignore-not-found -f rollback/{wave}/routes.yaml"),

    /* ---- verify */
    SAY(VERIFY, BEFORE, 0, "The routes of the wave are accepted."),
    SAY(VERIFY, BEFORE, WHEN_OWN_GATEWAY,
        "`MANIFESTS` names the file or folder that this plan was made from, seen from this folder "
        "(such as `../snapshot`), for the Services in it."),
    RUN(VERIFY, DO, WHEN_OWN_GATEWAY,
        "gateshift test -f gateways -f routes/{wave} -f \"$MANIFESTS\" --as {as} "
        "verify/{wave}-requests.json"),
    RUN(VERIFY, DO, 0, "OLD={old}"),
    RUN(VERIFY, DO, WHEN_GATEWAY,
        "NEW=$(kubectl -n {namespace} get gateway {name} -o "
        "jsonpath='{.status.addresses[0].value}')\n"
        "sh verify/{wave}.sh \"$NEW\" \"$OLD\" {namespace}/{name}"),
    SAY(VERIFY, DO, 0,
        "Then what no list of requests sees: long answers that stream, WebSockets, gRPC, uploads "
        "of the size that is usual, a login from beginning to end, and some minutes of load while "
        "you watch 5xx and latency."),
    SAY(VERIFY, SEEN, 0,
        "0 failed in both. Requests whose answer is meant to change are expected with their new "
        "answer."),
    SAY(VERIFY, SEEN, WHEN_HTTPS,
        "curl checks the certificate: never answer a failure with --insecure."),
    SAY(VERIFY, STOP, 0, "One request fails. Do not go on with this wave."),
    SAY(VERIFY, UNDO, 0, "Nothing was changed."),

    /* ---- shift */
    SAY(SHARE, BEFORE, 0,
        "The step before passed today, for the objects that are in the cluster now."),
    SAY(SHARE, BEFORE, 0,
        "The program that writes records is stopped (step `prepare-records`), and the TTL is 60."),
    SAY(SHARE, BEFORE, WHEN_HTTPS,
        "The new side serves https for each host of the wave. Browsers that were told HSTS by the "
        "old side come by "
        "https only, and keep permanent redirects (301, 308) for good."),
    SAY(SHARE, DO, 0,
        "Send a part of the clients to the new side: 5 %, then 25 %, then 50 %, each for at least "
        "15 minutes, with weighted records or the weights of Traffic Manager, Front Door or "
        "another load balancer in front. Plain DNS knows halves only: a second address in the "
        "record."),
    RUN(SHARE, DO, 0, "sh shift/records.sh add shift/{wave}-hosts.tsv"),
    RUN(SHARE, SEEN, 0, "sh shift/records.sh show shift/{wave}-hosts.tsv"),
    SAY(SHARE, SEEN, 0,
        "Both addresses are given out, both sides count requests, and the rates of 4xx and 5xx and "
        "the latency are alike."),
    SAY(SHARE, STOP, 0, "More errors or a higher latency on the new side than on the old one."),
    SAY(SHARE, UNDO, 0, "Let the records name the old side alone, and wait for the TTL."),
    RUN(SHARE, UNDO, 0, "sh shift/records.sh back shift/{wave}-hosts.tsv"),

    SAY(MOVE, BEFORE, 0,
        "Half of the clients were on the new side for at least 15 minutes without a difference."),
    SAY(MOVE, BEFORE, 0,
        "Who pins the old address (list of step `prepare-check`) changes to the new one at the "
        "same time."),
    SAY(MOVE, DO, 0, "Let the records name the new side alone."),
    RUN(MOVE, DO, 0, "sh shift/records.sh move shift/{wave}-hosts.tsv"),
    RUN(MOVE, SEEN, 0, "sh shift/records.sh show shift/{wave}-hosts.tsv"),
    SAY(MOVE, SEEN, 0, "Only the new address is given out."),
    SAY(MOVE, STOP, 0,
        "Errors or latency rise. Go back at once: the old side still runs, with all its "
        "Ingresses."),
    SAY(MOVE, UNDO, 0,
        "Let the records name the old side again. Clients come back within the TTL. The Ingresses "
        "were never deleted, so nothing has to be put back."),
    RUN(MOVE, UNDO, 0, "sh shift/records.sh back shift/{wave}-hosts.tsv"),
    SAY(MOVE, UNDO, WHEN_HTTPS,
        "Browsers may have kept redirects of the new side, and HSTS: the old side has to go on "
        "serving https."),

    SAY(DRAIN, BEFORE, 0, "The records name the new side alone."),
    SAY(DRAIN, DO, 0,
        "Wait until the TTL has passed and the old side gets no more requests for the hosts of the "
        "wave. Some clients keep addresses for longer than they may."),
    RUN(DRAIN, SEEN, WHEN_AKS_OLD,
        "for pod in $(kubectl -n app-routing-system get pods -o name | grep '/nginx-'); do kubectl "
        "-n app-routing-system "
        "logs \"$pod\" --since=15m; done | grep -F -f shift/{wave}-upstreams.txt | tail -n 3"),
    RUN(DRAIN, SEEN, WHEN_OTHER_OLD,
        "kubectl -n ingress-nginx logs -l app.kubernetes.io/component=controller --tail=-1 "
        "--since=15m | grep -F -f "
        "shift/{wave}-upstreams.txt | tail -n 3"),
    SAY(DRAIN, SEEN, 0,
        "Access logs of the controller name the Service of each request, and nothing is printed "
        "here. The metric `nginx_ingress_controller_requests` says the same by its label `host`."),
    SAY(DRAIN, SEEN, 0,
        "No request for 15 minutes. Then leave the wave so for at least a day before its Ingresses "
        "go."),
    SAY(DRAIN, STOP, 0,
        "Somebody still comes by the old address: find out who, and change what is pinned there."),
    SAY(DRAIN, UNDO, 0, "As in the step before."),

    /* ---- retire */
    SAY(REMOVE, BEFORE, 0,
        "All waves that move have moved, and the old side had no request for this one for a day."),
    SAY(REMOVE, BEFORE, WHEN_CERTIFICATES,
        "cert-manager made certificates for these Ingresses, and the Certificates go with them: "
        "the Secrets stay, and "
        "nobody renews them. Put the issuer annotation on the Gateway (cert-manager with "
        "enableGatewayAPI), or "
        "write Certificates of your own, and see that they are Ready, before you go on."),
    SAY(REMOVE, BEFORE, WHEN_VAULT,
        "No listener uses a Secret `keyvault-...` that belongs to one of these Ingresses."),
    SAY(REMOVE, BEFORE, 0, "Save what is in the cluster now, beside what the plan was made from:"),
    RUN(REMOVE, BEFORE, 0,
        "kubectl get -f retire/{wave}-ingresses.yaml -o yaml > retire/{wave}-saved.yaml"),
    SAY(REMOVE, BEFORE, WHEN_TRAP,
        "These Ingresses depend on who is older, and will all be new when they are put back: read "
        "`rollback/{wave}/ROLLBACK.md` before you delete them."),
    RUN(REMOVE, DO, 0, "kubectl delete -f retire/{wave}-ingresses.yaml"),
    RUN(REMOVE, SEEN, WHEN_GATEWAY,
        "sh verify/{wave}.sh \"$(kubectl -n {namespace} get gateway {name} -o "
        "jsonpath='{.status.addresses[0].value}')\" '' {namespace}/{name}"),
    SAY(REMOVE, SEEN, 0, "Records are still there, and all requests of the wave are answered."),
    SAY(REMOVE, STOP, 0,
        "A record has gone: a program that writes records still runs. Write the record again "
        "first, then stop "
        "the program."),
    SAY(REMOVE, UNDO, 0,
        "Put the Ingresses back; `rollback/{wave}/ROLLBACK.md` has the order, and says how it was "
        "proved."),
    SAY(REMOVE, UNDO, WHEN_TRAP, "Who is older decides here: keep to the rounds and the pauses."),

    SAY(RETIRE, BEFORE, 0,
        "No Ingress is left that the old controller serves, also none of others."),
    RUN(RETIRE, BEFORE, 0, "kubectl get ingress -A"),
    RUN(RETIRE, DO, WHEN_AKS_OLD,
        "az aks approuting update --resource-group \"$GROUP\" --name \"$CLUSTER\" --nginx None"),
    SAY(RETIRE, DO, WHEN_AKS_OLD,
        "`None` stops looking after the controller and leaves it running. This is the last step "
        "that can be undone without a new address. Leave it so for a week, then:"),
    RUN(RETIRE, DO, WHEN_AKS_OLD,
        "kubectl delete nginxingresscontrollers.approuting.kubernetes.azure.com --all"),
    SAY(RETIRE, DO, WHEN_OTHER_OLD,
        "Remove the controller the way it was installed. First scale it to zero, and leave it so "
        "for a week; its Service, and with it the address, stays:"),
    RUN(RETIRE, DO, WHEN_OTHER_OLD,
        "kubectl -n ingress-nginx scale deployment ingress-nginx-controller --replicas=0"),
    SAY(RETIRE, DO, WHEN_OTHER_OLD, "After that week, if Helm installed it:"),
    RUN(RETIRE, DO, WHEN_OTHER_OLD, "helm -n ingress-nginx uninstall ingress-nginx"),
    SAY(RETIRE, SEEN, 0, "All requests are still answered, and nobody asks for the old address."),
    SAY(RETIRE, STOP, 0, "Anything fails: scale the controller up again at once."),
    SAY(RETIRE, UNDO, WHEN_AKS_OLD,
        "Switch the controller on again. Once the NginxIngressController was deleted it gets a new "
        "address: nothing comes to it before the records name that one. Then undo the "
        "steps before, latest first."),
    RUN(RETIRE, UNDO, WHEN_AKS_OLD,
        "az aks approuting update --resource-group \"$GROUP\" --name \"$CLUSTER\" --nginx "
        "AnnotationControlled"),
    SAY(RETIRE, UNDO, WHEN_OTHER_OLD,
        "Scale it up, or install it again with the values that it had. A new Service has a new "
        "address. Then undo the steps before, latest first."),

    SAY(FINISH, BEFORE, 0, "A week has passed without trouble."),
    SAY(FINISH, DO, 0, "Set the TTL of the records back."),
    SAY(FINISH, DO, 0,
        "If a program is to write records again, let it read Gateways and HTTPRoutes now "
        "(external-dns with `--source=gateway-httproute`), with `--policy=upsert-only` first, and "
        "see that it takes over the records without a change."),
    SAY(FINISH, DO, WHEN_AKS_NEW,
        "On AKS that is a ClusterExternalDNS with `resourceTypes: [gateway]`."),
    SAY(FINISH, DO, 0,
        "Take the Ingresses out of the repository, and keep the folder `rollback` with the "
        "release."),
    SAY(FINISH, SEEN, 0, "All hosts resolve to the new addresses."),
    SAY(FINISH, STOP, 0, "A record is about to be deleted or changed."),
    SAY(FINISH, UNDO, 0, "Stop the program again, and set the TTL to 60."),
};

const struct step_row *step_row_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}
