#!/bin/sh
# The package for Debian: it can be built, and holds the program, the manual, and completions for three shells.
#
#   package.sh BUILD     77: dpkg-dev or file is not installed
set -u
build=$(realpath "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null && command -v file >/dev/null || {
    echo "skipped: dpkg-dev or file is not installed"
    exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
faults=0
fault() {
    echo "not ok: $*"
    faults=$((faults + 1))
}
cpack --config "$build/CPackConfig.cmake" -B "$work" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}
package=$(echo "$work"/gateshift_*.deb)
[ -f "$package" ] || fault "there is no package"
dpkg-deb -x "$package" "$work/files"
(cd "$work/files" && find . -type f | sort) >"$work/list"

for page in "$root"/man/*.[15]; do
    name=$(basename "$page")
    grep -q "^./usr/share/man/man${name##*.}/$name\(\.gz\)\?$" "$work/list" || fault "$name is missing"
done
for file in usr/bin/gateshift usr/share/bash-completion/completions/gateshift \
    usr/share/zsh/vendor-completions/_gateshift usr/share/fish/vendor_completions.d/gateshift.fish \
    usr/share/doc/gateshift/copyright usr/share/gateshift/diff.schema.json; do
    [ -s "$work/files/$file" ] || fault "$file is missing"
done
for shell in bash zsh fish; do
    "$work/files/usr/bin/gateshift" completion $shell >"$work/$shell"
done
cmp "$work/bash" "$work/files/usr/share/bash-completion/completions/gateshift" || fault "bash: another completion"
cmp "$work/zsh" "$work/files/usr/share/zsh/vendor-completions/_gateshift" || fault "zsh: another completion"
cmp "$work/fish" "$work/files/usr/share/fish/vendor_completions.d/gateshift.fish" || fault "fish: another completion"
others=$(grep -v -e '^./usr/bin/gateshift$' -e '^./usr/share/man/' -e '^./usr/share/gateshift/' -e completion \
    -e '^./usr/share/doc/gateshift/' "$work/list")
[ -z "$others" ] || fault "nobody wants $others"

# What it needs: libraries only, and no tool that was there to build it.
depends=$(dpkg-deb -f "$package" Depends)
for library in libc6 libyaml-0-2 libjansson4 libpcre2-8-0 libssl3 libcurl4 zlib1g; do
    case $depends in
    *"$library"*) ;;
    *) fault "$library is not among what it depends on: $depends" ;;
    esac
done
case $depends in
*pkg-config* | *-dev*) fault "it depends on what builds it: $depends" ;;
esac
version=$("$work/files/usr/bin/gateshift" version)
for library in libyaml jansson pcre2 OpenSSL libcurl zlib; do
    case $version in
    *"$library "[0-9]*) ;;
    *) fault "version does not name $library" ;;
    esac
done
[ "$("$work/files/usr/bin/gateshift" --version)" = "$version" ] || fault "--version says something else"
# No script runs when it is installed or removed.
dpkg-deb -e "$package" "$work/control"
for script in preinst postinst prerm postrm; do
    [ ! -e "$work/control/$script" ] || fault "it has a script: $script"
done
echo "$(wc -l <"$work/list") files, $faults faults"
[ "$faults" -eq 0 ] && [ "$(wc -l <"$work/list")" -ge 20 ]
