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
 * cert-manager docs on ingress-shim (the Certificate belongs to the Ingress), and its
 * pkg/controller/certificate-shim/sync.go (one without an owner is neither changed nor deleted); Argo CD docs on pruning. */
static const struct step_row rows[] = {
    /* ---- prepare */
    SAY(CHECK, BEFORE, 0,
        "Fill in `prepare/env.sh`: it holds the names that the commands read. Then read it, now "
        "and "
        "at the head of each session; it says what is missing:"),
    RUN(CHECK, BEFORE, 0, ". prepare/env.sh"),
    SAY(CHECK, BEFORE, 0,
        "The programs are there, the cluster is the right one, and you may write in it:"),
    RUN(CHECK, BEFORE, 0,
        "for tool in kubectl curl dig jq gateshift; do command -v $tool > /dev/null || echo "
        "\"$tool is missing\"; done"),
    RUN(CHECK, BEFORE, WHEN_AKS, "az version --query '\"azure-cli\"' -o tsv   # 2.86.0 or later"),
    RUN(CHECK, BEFORE, 0, "kubectl auth can-i '*' httproutes.gateway.networking.k8s.io -A"),
    SAY(CHECK, DO, 0, "See what is there:"),
    RUN(CHECK, DO, 0, "kubectl get ingressclass,ingress -A"),
    SAY(CHECK, DO, 0, "See which hosts of Ingresses this plan does not know:"),
    RUN(CHECK, DO, 0,
        "kubectl get ingress -A -o json | jq -r '.items[].spec.rules[]?.host // empty' | sort -u | "
        "grep -vxF \"$(cut -f 1 prepare/hosts.tsv)\""),
    SAY(CHECK, DO, 0, "See which Ingresses were changed since this plan was made:"),
    RUN(CHECK, DO, 0, "sh prepare/changed.sh rollback/wave-*/restore*.yaml"),
    RUN(CHECK, DO, WHEN_AKS_OLD,
        "kubectl get nginxingresscontrollers.approuting.kubernetes.azure.com"),
    SAY(CHECK, DO, 0,
        "Write down who pins the old address: Front Door and Traffic Manager endpoints, firewalls, "
        "partners' allow lists, /etc/hosts. The address does not move along: the new side has "
        "another one."),
    SAY(CHECK, DO, 0,
        "If Argo CD or Flux owns these Ingresses, changes by hand are undone by it. Then make each "
        "step a commit with the same files, in this order (in Argo CD with the annotation "
        "`argocd.argoproj.io/sync-wave`: 0 for `gateways`, 1 for `routes`), and keep the Ingresses "
        "in the repository until the last chapter. Switch "
        "pruning off for them (Argo CD: `argocd.argoproj.io/sync-options: Prune=false`; Flux: "
        "`kustomize.toolkit.fluxcd.io/prune: disabled`), or removing them from Git deletes them "
        "too early."),
    SAY(CHECK, SEEN, 0,
        "No program is missing, and `yes` is printed, also with a warning that the cluster has no "
        "such resource yet. No host is printed, or only those that are to stay with another "
        "controller. `prepare/changed.sh` prints nothing."),
    SAY(CHECK, STOP, 0,
        "A host is printed that the old side serves, or an Ingress was changed: make the plan "
        "again "
        "from what is in the cluster now."),
    SAY(CHECK, UNDO, 0, "Nothing was changed."),

    SAY(TTL, BEFORE, 0,
        "You may write the records of the hosts in `prepare/hosts.tsv`. With `DNS=azure` in "
        "`prepare/env.sh` the script `shift/records.sh` changes them with `az`; with `DNS=by-hand` "
        "it prints what each record has to become, here and in later steps, and you change it "
        "where "
        "it is kept."),
    SAY(TTL, BEFORE, 0,
        "Keep how they are now. With `DNS=by-hand`, write the TTL of the zone into "
        "`prepare/ttl.tsv`: a resolver shows what is left of it."),
    RUN(TTL, BEFORE, 0, "sh shift/records.sh show prepare/hosts.tsv > prepare/records.txt"),
    RUN(TTL, BEFORE, 0, "sh shift/records.sh save prepare/hosts.tsv"),
    RUN(TTL, BEFORE, 0, "cat prepare/records.txt prepare/ttl.tsv"),
    RUN(TTL, DO, 0, "sh shift/records.sh ttl 60 prepare/hosts.tsv"),
    SAY(TTL, DO, 0, "Wait until the TTL that they had has passed."),
    RUN(TTL, SEEN, 0, "sh shift/records.sh show prepare/hosts.tsv"),
    SAY(TTL, SEEN, 0, "Each host has a TTL of 60 or less, and the address of the old side."),
    SAY(TTL, STOP, 0, "A longer TTL is still given out: wait until it has passed."),
    SAY(TTL, UNDO, 0, "Set the TTL back to what was kept:"),
    RUN(TTL, UNDO, 0, "sh shift/records.sh ttl saved prepare/hosts.tsv"),

    SAY(RECORDS, BEFORE, 0,
        "See whether a program writes the records. external-dns writes what Ingresses name, and "
        "with its policy `sync` it deletes the record when the Ingress goes."),
    RUN(RECORDS, BEFORE, 0, "kubectl get deployments -A -o wide | grep -i external-dns"),
    SAY(RECORDS, DO, WHEN_AKS_OLD,
        "Detach the DNS zones from application routing, with `ZONE_ID` set to the id of each in "
        "the list. The records stay. While a zone is attached, a record that you change is written "
        "back within three minutes, and a removed Ingress takes its record along. Do not create a "
        "ClusterExternalDNS for the same zone before: it has the same owner id, and the two would "
        "delete each other's records."),
    RUN(RECORDS, DO, WHEN_AKS_OLD,
        "az aks approuting zone list --resource-group \"$GROUP\" --name \"$CLUSTER\""),
    RUN(RECORDS, DO, WHEN_AKS_OLD,
        "az aks approuting zone delete --resource-group \"$GROUP\" --name \"$CLUSTER\" --ids "
        "\"$ZONE_ID\""),
    SAY(RECORDS, DO, WHEN_OTHER_OLD,
        "If nothing is printed, and nothing else writes records either, there is nothing to do."),
    SAY(RECORDS, DO, WHEN_OTHER_OLD,
        "Else stop it (`kubectl -n NAMESPACE scale deployment NAME --replicas=0`), or run it with "
        "`--policy=upsert-only` and without the source `ingress`. The records stay."),
    RUN(RECORDS, SEEN, 0, "sh shift/records.sh show prepare/hosts.tsv"),
    SAY(RECORDS, SEEN, 0, "Each host still has the address of the old side."),
    SAY(RECORDS, SEEN, 0,
        "If there was a program: a record of a test name that you change by hand is unchanged ten "
        "minutes later."),
    SAY(RECORDS, STOP, 0, "A record disappears or is written back."),
    SAY(RECORDS, UNDO, WHEN_AKS_OLD,
        "Attach the zones again, only once every host is back on the old side:"),
    RUN(RECORDS, UNDO, WHEN_AKS_OLD,
        "az aks approuting zone add --resource-group \"$GROUP\" --name \"$CLUSTER\" "
        "--ids=\"$ZONE_ID\" --attach-zones"),
    SAY(RECORDS, UNDO, WHEN_OTHER_OLD,
        "Start external-dns as it was, only once every host is back on the old side."),

    SAY(INSTALL, BEFORE, WHEN_AKS_NEW, "The Istio add-on was never on: nothing is printed."),
    RUN(INSTALL, BEFORE, WHEN_AKS_NEW,
        "az aks show --resource-group \"$GROUP\" --name \"$CLUSTER\" --query "
        "serviceMeshProfile.istio -o tsv"),
    RUN(INSTALL, BEFORE, WHEN_AKS_NEW, "kubectl get crd -o name | grep '\\.istio\\.io$'"),
    RUN(INSTALL, BEFORE, WHEN_AKS_NEW,
        "kubectl get gatewayclass istio --ignore-not-found -o name 2> /dev/null"),
    RUN(INSTALL, DO, WHEN_AKS_NEW,
        "az aks update --resource-group \"$GROUP\" --name \"$CLUSTER\" --enable-gateway-api"),
    RUN(INSTALL, DO, WHEN_AKS_NEW,
        "az aks update --resource-group \"$GROUP\" --name \"$CLUSTER\" --enable-app-routing-istio"),
    RUN(INSTALL, SEEN, WHEN_AKS_NEW, "kubectl -n aks-istio-system rollout status deploy/istiod"),
    SAY(INSTALL, BEFORE, WHEN_OTHER_NEW,
        "Nobody else looks after the CRDs of Gateway API: `NotFound` is printed, or you know who "
        "installed them."),
    RUN(INSTALL, BEFORE, WHEN_OTHER_NEW, "kubectl get crd gateways.gateway.networking.k8s.io"),
    SAY(INSTALL, DO, WHEN_OTHER_NEW,
        "Install the CRDs of Gateway API {api} or later ({channel} channel, see "
        "https://github.com/kubernetes-sigs/gateway-api/releases), then {target} as its maker "
        "says."),
    RUN(INSTALL, SEEN, 0,
        "kubectl get crd gateways.gateway.networking.k8s.io -o "
        "jsonpath='{.metadata.annotations.gateway\\.networking\\.k8s\\.io/bundle-version}'"),
    RUN(INSTALL, SEEN, 0, "kubectl get gatewayclass {class}"),
    SAY(INSTALL, SEEN, 0,
        "The version is {api} or later, and ACCEPTED is True; while it says Unknown, run it "
        "again."),
    SAY(INSTALL, STOP, 0,
        "The version that is printed is older than {api}: objects of this plan would be refused, "
        "or lose fields. Make the plan again with --gateway-api-version."),
    SAY(INSTALL, STOP, WHEN_AKS_NEW,
        "The first commands print something: istiod does not start beside the add-on, nor beside "
        "what it leaves (the CRDs `*.istio.io`, the GatewayClass `istio`). Deleting these takes "
        "all "
        "VirtualServices and other objects of the mesh with them: a cluster that uses the mesh "
        "cannot move to this target."),
    RUN(INSTALL, UNDO, WHEN_AKS_NEW,
        "az aks update --resource-group \"$GROUP\" --name \"$CLUSTER\" "
        "--disable-app-routing-istio"),
    SAY(INSTALL, UNDO, WHEN_OTHER_NEW, "Remove the implementation, unless others use it."),

    /* ---- gateways */
    RUN(GATEWAYS, BEFORE, 0, "kubectl apply --dry-run=server -f gateways/"),
    SAY(GATEWAYS, BEFORE, 0,
        "No error is printed, but for `not found` of namespaces that the folder itself makes. A "
        "ReferenceGrant lets the Gateway read Secrets of other namespaces."),
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
        "Each Gateway has an address of its own, and each listener says ResolvedRefs=True:"),
    RUN(GATEWAYS, SEEN, WHEN_GATEWAY,
        "kubectl -n {namespace} get gateway {name} -o json | jq -r '.status.listeners[]? | [.name, "
        "(.conditions[] | .type + \"=\" + .status)] | @tsv'"),
    SAY(GATEWAYS, SEEN, 0,
        "Tell the address to those who pin the old one, before clients are sent to it."),
    SAY(GATEWAYS, STOP, 0,
        "A Gateway is not Programmed after ten minutes, or a listener has ResolvedRefs=False (its "
        "certificate is missing, or the ReferenceGrant is)."),
    SAY(GATEWAYS, UNDO, 0, "Only when no wave has routes. Namespaces stay:"),
    RUN(GATEWAYS, UNDO, 0, "kubectl delete --ignore-not-found -f rollback/gateways.yaml"),

    /* ---- routes */
    SAY(ROUTES, BEFORE, WHEN_OPEN,
        "Not all that keeps people out of these hosts today is there on the new side: the list of "
        "differences names it. Put something in its place, at the new side or in front of it, or "
        "decide that everybody may come in: from this step on, whoever knows the address of the "
        "Gateway does, also while the records name the old side."),
    RUN(ROUTES, BEFORE, 0, "kubectl apply --dry-run=server -f routes/{wave}/"),
    RUN(ROUTES, DO, 0, "kubectl apply -f routes/{wave}/"),
    RUN(ROUTES, SEEN, 0,
        "kubectl get -f routes/{wave}/ -o json | jq -r '(.items // [.])[] | "
        "select(.status.parents) | "
        "[.kind, .metadata.namespace, .metadata.name, (.status.parents[].conditions[] | .type + "
        "\"=\" + .status)] | @tsv'"),
    SAY(ROUTES, SEEN, 0,
        "Each HTTPRoute says Accepted=True and ResolvedRefs=True; run it again while one is "
        "missing. "
        "No client comes to them yet: "
        "records still name the old side."),
    SAY(ROUTES, STOP, WHEN_OPEN,
        "Something that keeps people out today has nothing in its place, and nobody decided that "
        "it may be so."),
    SAY(ROUTES, STOP, 0,
        "After a minute a route is still missing, or says Accepted=False or ResolvedRefs=False "
        "(its Gateway or a Service is not found): `kubectl describe` tells more."),
    SAY(ROUTES, UNDO, 0,
        "Only when the records name the old side alone, and their TTL has passed since:"),
    RUN(ROUTES, UNDO, 0, "sh shift/records.sh show shift/{wave}-hosts.tsv"),
    RUN(ROUTES, UNDO, 0, "kubectl delete --ignore-not-found -f rollback/{wave}/routes.yaml"),

    /* ---- verify */
    SAY(VERIFY, BEFORE, WHEN_HTTPS,
        "curl trusts the certificates of the hosts. If an authority of your own signed them, "
        "name its file in `CURL_OPTIONS` in `prepare/env.sh`. Never answer a failure with "
        "--insecure."),
    SAY(VERIFY, DO, WHEN_OWN_GATEWAY,
        "Work out what the files of this wave answer, without the cluster:"),
    RUN(VERIFY, DO, WHEN_OWN_GATEWAY,
        "gateshift test -f gateways -f routes/{wave}{made} -f \"$MANIFESTS\" --as {as} "
        "verify/{wave}-requests.json"),
    SAY(VERIFY, DO, 0,
        "Send the same requests to both sides. What the Services answer is kept, for later steps "
        "to compare with:"),
    RUN(VERIFY, DO, 0, "OLD={old}"),
    RUN(VERIFY, DO, WHEN_GATEWAY,
        "NEW=$(kubectl -n {namespace} get gateway {name} -o "
        "jsonpath='{.status.addresses[0].value}')\n"
        "sh verify/{wave}.sh \"$NEW\" \"$OLD\" {namespace}/{name}"),
    SAY(VERIFY, DO, 0,
        "Then try what no list of requests sees: long answers that stream, WebSockets, gRPC, "
        "uploads of the usual size, a login from beginning to end, and some minutes of load while "
        "you watch 5xx and latency."),
    SAY(VERIFY, SEEN, 0,
        "The script says `0 failed`. A request that is meant to be answered otherwise "
        "(chapter *What will be answered otherwise*) passes with its new answer. You looked at "
        "each "
        "`look at`, and tried what is listed as not sent."),
    SAY(VERIFY, SEEN, WHEN_OWN_GATEWAY, "`gateshift test` says `0 failed`, too."),
    SAY(VERIFY, STOP, 0, "A line says `not ok`. Do not go on with this wave."),
    SAY(VERIFY, UNDO, 0, "Nothing was changed."),

    /* ---- shift */
    SAY(SHARE, BEFORE, 0,
        "The step before passed today, and no object of the wave was changed since."),
    SAY(SHARE, BEFORE, 0,
        "No program writes the records, which step `prepare-records` saw to, and their TTL is 60."),
    SAY(SHARE, BEFORE, WHEN_HTTPS,
        "The owners know: browsers that were told HSTS come by https only, and keep permanent "
        "redirects (301, 308) for good, from either side."),
    SAY(SHARE, DO, 0,
        "Give each record the address of the new side as a second one, which sends it about half "
        "of the clients. With weighted records, or a load balancer in front that has weights, go "
        "by 5, 25 and 50 % instead, 15 minutes each."),
    RUN(SHARE, DO, 0, "sh shift/records.sh add shift/{wave}-hosts.tsv"),
    SAY(SHARE, DO, 0, "Leave it so for at least 15 minutes."),
    RUN(SHARE, SEEN, 0, "sh shift/records.sh show shift/{wave}-hosts.tsv"),
    SAY(SHARE, SEEN, 0,
        "Both addresses are given out, and requests arrive on both sides: first at the old one. "
        "This has to print lines, as long as clients ask: step `shift-drain-{wave}` waits until it "
        "prints none. If it prints nothing now, the namespace or the label is another one here: "
        "mend "
        "the command, in that step as well."),
    RUN(SHARE, SEEN, 0, "{drain}"),
    SAY(SHARE, SEEN, WHEN_LOGS, "At the new one:"),
    RUN(SHARE, SEEN, WHEN_LOGS | WHEN_GATEWAY, "{arrivals}"),
    SAY(SHARE, SEEN, WHEN_ISTIO,
        "Istio writes this log only where it was switched on (`meshConfig.accessLogFile`, or an "
        "object Telemetry). Its counters are always there:"),
    RUN(SHARE, SEEN, WHEN_ISTIO | WHEN_GATEWAY,
        "kubectl -n {namespace} exec deploy/{name}-{class} -c istio-proxy -- pilot-agent request "
        "GET stats/prometheus | grep '^istio_requests_total'"),
    SAY(SHARE, SEEN, WHEN_NO_LOGS,
        "At the new one, look into the access log or the metrics of the implementation."),
    SAY(SHARE, SEEN, 0, "The rates of 4xx and 5xx and the latency are alike on both."),
    SAY(SHARE, STOP, 0, "More errors or a higher latency on the new side than on the old one."),
    SAY(SHARE, UNDO, 0,
        "Ask the old side; when it says `0 failed`, let the records name it alone, and wait until "
        "the TTL has passed:"),
    RUN(SHARE, UNDO, 0, "sh rollback/{wave}/verify.sh \"{old}\""),
    RUN(SHARE, UNDO, 0, "sh shift/records.sh back shift/{wave}-hosts.tsv"),

    SAY(MOVE, BEFORE, 0,
        "A part of the clients was on the new side for at least 15 minutes without a difference."),
    SAY(MOVE, BEFORE, 0,
        "Who pins the old address (list of step `prepare-check`) changes to the new one at the "
        "same time."),
    SAY(MOVE, DO, 0, "Let the records name the new side alone:"),
    RUN(MOVE, DO, 0, "sh shift/records.sh move shift/{wave}-hosts.tsv"),
    RUN(MOVE, SEEN, 0, "sh shift/records.sh show shift/{wave}-hosts.tsv"),
    SAY(MOVE, SEEN, 0, "Only the new address is given out."),
    SAY(MOVE, STOP, 0,
        "Errors or latency rise. Go back at once: the old side still runs, with all its "
        "Ingresses."),
    SAY(MOVE, UNDO, 0,
        "Ask the old side; when it says `0 failed`, let the records name it again. Clients come "
        "back within the TTL. The Ingresses were never deleted, so nothing has to be put back:"),
    RUN(MOVE, UNDO, 0, "sh rollback/{wave}/verify.sh \"{old}\""),
    RUN(MOVE, UNDO, 0, "sh shift/records.sh back shift/{wave}-hosts.tsv"),
    SAY(MOVE, UNDO, WHEN_HTTPS,
        "Browsers may have kept redirects of the new side, and HSTS: the old side has to go on "
        "serving https."),

    SAY(DRAIN, BEFORE, 0, "The records name the new side alone (`show` in the step before)."),
    SAY(DRAIN, DO, 0,
        "Wait until the old side gets no more requests for the hosts of the wave. Some clients "
        "keep "
        "addresses for longer than the TTL."),
    SAY(DRAIN, DO, WHEN_MORE,
        "The next wave may begin at once; leave the Ingresses of this one for at least a day."),
    SAY(DRAIN, DO, WHEN_LAST, "Leave the Ingresses for at least a day after that."),
    RUN(DRAIN, SEEN, 0, "{drain}"),
    SAY(DRAIN, SEEN, 0,
        "Nothing is printed, while the same command printed lines in step `shift-share-{wave}`: "
        "the "
        "old side had no request in the last 15 minutes for a Service of the wave, as its access "
        "log names them. If the log has another format, look at the metric "
        "`nginx_ingress_controller_requests` by its label `host`."),
    SAY(DRAIN, STOP, 0,
        "Somebody still comes by the old address: find out who, and change what is pinned there."),
    SAY(DRAIN, UNDO, 0, "Nothing was changed."),

    /* ---- retire */
    SAY(REMOVE, BEFORE, 0,
        "All waves that move have moved, and the old side had no request for this one for a day: "
        "the "
        "command of step `shift-drain-{wave}` with `--since=24h` prints nothing."),
    SAY(REMOVE, BEFORE, WHEN_CERTIFICATES,
        "cert-manager made Certificates for these Ingresses. They go with their owner, and nobody "
        "renews the Secrets any more. This prints a command for each that takes the owner away; "
        "run these commands, and cert-manager goes on renewing it:"),
    RUN(REMOVE, BEFORE, WHEN_CERTIFICATES,
        "kubectl get certificates -A -o json | jq -r '.items[] | {namespace: .metadata.namespace, "
        "name: .metadata.name, owner: .metadata.ownerReferences[]?} | select(.owner.kind == "
        "\"Ingress\" and (.namespace + \"/\" + .owner.name | IN({ingresses}))) | \"kubectl -n \" + "
        ".namespace + \" patch certificate \" + .name + \" --type=json -p \" + ([{op: \"remove\", "
        "path: \"/metadata/ownerReferences\"}] | tojson | @sh)'"),
    SAY(REMOVE, BEFORE, WHEN_CERTIFICATES, "Run again, it prints nothing."),
    SAY(REMOVE, BEFORE, WHEN_VAULT,
        "No listener uses a Secret `keyvault-...` that belongs to one of these Ingresses."),
    SAY(REMOVE, BEFORE, 0,
        "Save the Ingresses as they are now, and see whether somebody changed them since the plan "
        "was made:"),
    RUN(REMOVE, BEFORE, 0,
        "kubectl get -f retire/{wave}-ingresses.yaml -o json | jq '{apiVersion: \"v1\", kind: "
        "\"List\", items: [(.items // [.])[] | del(.status, .metadata.uid, "
        ".metadata.resourceVersion, .metadata.generation, .metadata.creationTimestamp, "
        ".metadata.managedFields, .metadata.ownerReferences)]}' > retire/{wave}-saved.json"),
    RUN(REMOVE, BEFORE, 0,
        "sh prepare/changed.sh rollback/{wave}/restore*.yaml > retire/{wave}-changed.txt; cat "
        "retire/{wave}-changed.txt"),
    SAY(REMOVE, BEFORE, 0,
        "Nothing is printed. If something is, the new side was made from older Ingresses, and "
        "asked "
        "about them: make the plan again, or agree with who changed them."),
    SAY(REMOVE, BEFORE, WHEN_TRAP,
        "These Ingresses depend on who is older, and will all be new when they are put back: read "
        "`rollback/{wave}/ROLLBACK.md` before you delete them."),
    RUN(REMOVE, DO, 0, "kubectl delete -f retire/{wave}-ingresses.yaml"),
    RUN(REMOVE, SEEN, WHEN_GATEWAY,
        "sh verify/{wave}.sh \"$(kubectl -n {namespace} get gateway {name} -o "
        "jsonpath='{.status.addresses[0].value}')\" '' {namespace}/{name}"),
    SAY(REMOVE, SEEN, 0,
        "It says `0 failed`; Services still answer as in step `verify-ask-{wave}`. Each host still "
        "has the address of the new side:"),
    RUN(REMOVE, SEEN, 0, "sh shift/records.sh show shift/{wave}-hosts.tsv"),
    SAY(REMOVE, STOP, 0,
        "A line says `not ok`: put the Ingresses back, and the records (parts 1 and 2 of the file "
        "below)."),
    SAY(REMOVE, STOP, 0,
        "A record has gone: a program that writes records still runs. Write the record again "
        "first, "
        "then stop the program."),
    SAY(REMOVE, UNDO, 0, "Put the Ingresses back: do part 1 of `rollback/{wave}/ROLLBACK.md`."),
    SAY(REMOVE, UNDO, WHEN_TRAP, "Who is older decides here: keep to the rounds and the pauses."),

    SAY(RETIRE, BEFORE, 0,
        "No Ingress is left that the old controller serves, also none of others:"),
    RUN(RETIRE, BEFORE, 0, "kubectl get ingress -A"),
    SAY(RETIRE, BEFORE, WHEN_OTHER_OLD,
        "Save its settings, the number of its replicas, and its admission webhook, if it has one:"),
    RUN(RETIRE, BEFORE, WHEN_OTHER_OLD,
        "kubectl -n ingress-nginx get deployment,service,configmap -o yaml > "
        "retire/controller.yaml"),
    RUN(RETIRE, BEFORE, WHEN_OTHER_OLD,
        "kubectl -n ingress-nginx get deployment ingress-nginx-controller -o "
        "jsonpath='{.spec.replicas}' > retire/replicas.txt; cat retire/replicas.txt"),
    RUN(RETIRE, BEFORE, WHEN_OTHER_OLD,
        "kubectl get validatingwebhookconfiguration ingress-nginx-admission --ignore-not-found -o "
        "json | jq 'del(.metadata.uid, .metadata.resourceVersion, .metadata.generation, "
        ".metadata.creationTimestamp, .metadata.managedFields)' > retire/webhook.json"),
    RUN(RETIRE, DO, WHEN_AKS_OLD,
        "az aks approuting update --resource-group \"$GROUP\" --name \"$CLUSTER\" --nginx None"),
    SAY(RETIRE, DO, WHEN_AKS_OLD,
        "`None` stops looking after the controller and leaves it running. This is the last step "
        "that can be undone without a new address. Leave it so for a week, then:"),
    RUN(RETIRE, DO, WHEN_AKS_OLD,
        "kubectl delete nginxingresscontrollers.approuting.kubernetes.azure.com --all"),
    SAY(RETIRE, DO, WHEN_OTHER_OLD,
        "Delete the webhook first: once nobody answers it, the API server refuses every Ingress, "
        "those of other controllers, too. Then scale the controller to zero, and leave it so for a "
        "week; its Service, and with it the address, stays:"),
    RUN(RETIRE, DO, WHEN_OTHER_OLD,
        "kubectl delete --ignore-not-found validatingwebhookconfiguration ingress-nginx-admission"),
    RUN(RETIRE, DO, WHEN_OTHER_OLD,
        "kubectl -n ingress-nginx scale deployment ingress-nginx-controller --replicas=0"),
    SAY(RETIRE, DO, WHEN_OTHER_OLD,
        "After that week, remove it the way it was installed. With Helm:"),
    RUN(RETIRE, DO, WHEN_OTHER_OLD, "helm -n ingress-nginx uninstall ingress-nginx"),
    SAY(RETIRE, SEEN, 0, "Nobody asks for the old address, and each wave still says `0 failed`:"),
    RUN(RETIRE, SEEN, WHEN_GATEWAY,
        "for script in verify/*.sh; do sh $script \"$(kubectl -n {namespace} get gateway "
        "{name} "
        "-o jsonpath='{.status.addresses[0].value}')\" '' {namespace}/{name}; done"),
    SAY(RETIRE, STOP, 0, "Anything fails: scale the controller up again at once."),
    SAY(RETIRE, UNDO, WHEN_AKS_OLD,
        "Switch the controller on again. Once the NginxIngressController was deleted it gets a new "
        "address: nothing comes to it before the records name that one:"),
    RUN(RETIRE, UNDO, WHEN_AKS_OLD,
        "az aks approuting update --resource-group \"$GROUP\" --name \"$CLUSTER\" --nginx "
        "AnnotationControlled"),
    SAY(RETIRE, UNDO, WHEN_OTHER_OLD,
        "Scale it up again. Once it was uninstalled, first install it with the settings in "
        "`retire/controller.yaml`; its Service then has a new address:"),
    RUN(RETIRE, UNDO, WHEN_OTHER_OLD,
        "kubectl -n ingress-nginx scale deployment ingress-nginx-controller --replicas=\"$(cat "
        "retire/replicas.txt)\""),
    RUN(RETIRE, UNDO, WHEN_OTHER_OLD,
        "kubectl -n ingress-nginx rollout status deployment ingress-nginx-controller"),
    RUN(RETIRE, UNDO, WHEN_OTHER_OLD,
        "[ ! -s retire/webhook.json ] || kubectl apply -f retire/webhook.json"),
    SAY(RETIRE, UNDO, WHEN_SHARED,
        "Classes and settings that went with it are in `rollback/shared.yaml`. See what is "
        "missing, "
        "or differs from when the plan was made, before you apply the file:"),
    RUN(RETIRE, UNDO, WHEN_SHARED, "kubectl diff -f rollback/shared.yaml"),
    SAY(RETIRE, UNDO, 0, "Then undo the steps before, latest first."),

    SAY(FINISH, BEFORE, 0, "A week has passed without trouble."),
    SAY(FINISH, DO, 0, "Set the TTL of the records to what it was:"),
    RUN(FINISH, DO, 0, "sh shift/records.sh ttl saved prepare/hosts.tsv"),
    SAY(FINISH, DO, 0,
        "If a program is to write records again, let it read Gateways and HTTPRoutes now "
        "(external-dns with `--source=gateway-httproute`), with `--policy=upsert-only` first, and "
        "see that it takes over the records without a change."),
    SAY(FINISH, DO, WHEN_AKS_NEW,
        "On AKS that is a ClusterExternalDNS with `resourceTypes: [gateway]`."),
    SAY(FINISH, DO, 0,
        "Take the Ingresses out of the repository, and keep the folder `rollback` with the "
        "release."),
    RUN(FINISH, SEEN, 0, "sh shift/records.sh show prepare/hosts.tsv"),
    SAY(FINISH, SEEN, 0, "Each host has the address of the new side."),
    SAY(FINISH, STOP, 0, "A record is about to be deleted or changed."),
    SAY(FINISH, UNDO, 0, "Stop the program again, and set the TTL to 60:"),
    RUN(FINISH, UNDO, 0, "sh shift/records.sh ttl 60 prepare/hosts.tsv"),
};

const struct step_row *step_row_at(size_t index)
{
    return index < ARRAY_LEN(rows) ? &rows[index] : NULL;
}
