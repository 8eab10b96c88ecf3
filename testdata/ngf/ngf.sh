#!/bin/sh
# What convert writes for NGINX Gateway Fabric is taken by the real nginx: pairs of Ingresses with equal and unequal
# settings, of one and of two hosts and namespaces, are converted, and their SnippetsFilters included where NGINX
# Gateway Fabric includes them.
#
#   ngf.sh GATESHIFT
#
# Skipped (77) without python3 and an nginx that asks services (ngx_http_auth_request_module).
set -u
gateshift=$(realpath "$1")
cd "$(dirname "$0")" || exit 1
nginx=$(command -v nginx || echo /usr/sbin/nginx)
command -v python3 >/dev/null && "$nginx" -V 2>&1 | grep -q with-http_auth_request_module || {
    echo "skipped: python3 and nginx are not here"
    exit 77
}
exec python3 ngf.py "$gateshift" "$nginx"
