# A clean Debian in a directory of its own, for the tests beside this file, which source it and then
# call `clean_root "$@"`. They run in namespaces of their own: whatever they start ends with them,
# their ports are nobody's, and nothing outside is touched.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

skip() {
    echo "skipped: $*"
    [ "${RINGBACK_REQUIRE_TOOLS:-}" != 1 ] || exit 1
    exit 0
}

fail() {
    echo "failed: $*" >&2
    [ ! -e "$root/run/ringback.log" ] || tail -n 20 "$root/run/ringback.log" >&2
    exit 1
}

# Goes into namespaces of its own, with `work` as a directory in memory.
namespaces() {
    if [ -z "${RINGBACK_IN_NAMESPACES:-}" ]; then
        [ "$(id -u)" = 0 ] || skip "a root of its own needs root"
        for tool in debootstrap unshare ip dpkg-deb python3 curl; do
            command -v "$tool" >/dev/null || skip "there is no $tool"
        done
        unshare --net --mount --pid --fork true 2>/dev/null || skip "no namespaces can be made here"
        RINGBACK_IN_NAMESPACES=1 exec unshare --net --mount --pid --fork --kill-child "$0" "$@"
    fi
    ip link set lo up
    work=$(mktemp -d)
    root=$work/root
    trap 'umount -l -R "$work" && rmdir "$work"' EXIT
    mount -t tmpfs tmpfs "$work"
}

# Goes into the namespaces, and makes the root: a layer over the plain Debian.
clean_root() {
    [ -n "${RINGBACK_IN_NAMESPACES:-}" ] || base_root
    namespaces "$@"
    mkdir "$root" "$work/upper" "$work/workdir"
    local layers=lowerdir=$here/target/debian-root,upperdir=$work/upper,workdir=$work/workdir
    mount -t overlay -o "$layers" overlay "$root"
    mount -t proc proc "$root/proc"
    mv "$root/usr/bin/systemctl" "$root/usr/bin/systemctl.real"
    install -m 755 "$here/tests/package/systemctl" "$root/usr/bin/systemctl"
    mkdir -p "$root/run/systemd/system"
}

# A plain Debian of the release that the package was built on, made once.
base_root() {
    local base=$here/target/debian-root
    [ ! -e "$base" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then return 0; fi
    local release
    release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
    rm -rf "$base.new"
    debootstrap --variant=minbase --include=systemd,ca-certificates "$release" "$base.new" >"$base.log" 2>&1 ||
        skip "debootstrap: $(tail -n 1 "$base.log")"
    mv "$base.new" "$base"
}

# Runs a command in the root, as its administrator.
inside() {
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

# The command line in the root, for the service.
ringback() {
    inside ringback --config /etc/ringback/ringback.toml "$@"
}

# Asks again until a command succeeds, for half a minute at most.
wait_for() {
    local tries=150
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || { cat "$work/said" 2>/dev/null || true; fail "did not happen: $*"; }
        sleep 0.2
    done
}

# Runs the commands of a page as they are written, with the package at hand. They run in a shell outside
# the root, with the reader's own tools; `sudo` is what leads into the root, and `systemctl` is the root's.
# A block that begins with `# NAME` is that file. What they say goes to $work/said as well.
run_page() {
    local page=$1 deb=$2
    mkdir "$work/home" "$work/bin"
    cp "$deb" "$work/home/"
    cp "$deb" "$root/"
    {
        printf '#!/bin/sh\nexec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 '
        printf 'DEBIAN_FRONTEND=noninteractive chroot %q "$@"\n' "$root"
    } >"$work/bin/sudo"
    printf '#!/bin/sh\nexec sudo systemctl "$@"\n' >"$work/bin/systemctl"
    chmod 755 "$work/bin/sudo" "$work/bin/systemctl"
    python3 "$here/tests/package/page.py" "$page" "$work/home" >"$work/script"
    (cd "$work/home" && PATH=$work/bin:$PATH bash "$work/script") 2>&1 | tee "$work/said"
}
