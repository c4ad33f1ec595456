#!/bin/sh
# Builds the root of a throwaway host (a minute or two): a small Debian with systemd, nix, nginx and what else tests need, from the mirror
# that this machine's own package sources name. A root that lacks only some packages gets those. Needs root and debootstrap.
# Usage: build.sh [FOLDER]
set -eu

root=${1:-${CASTELLAN_THROWAWAY_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/castellan/throwaway-root}}
packages='nix-bin git bubblewrap nftables nginx-light openssl'
if [ "$(cat "$root/.complete" 2>/dev/null)" = "$packages" ]; then
  echo "$root is built already"
  exit 0
fi

codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
  awk -v release="$codename" '$2 == release { print $1; exit }')
if [ -z "$mirror" ]; then
  echo "no package source of this machine offers $codename" >&2
  exit 1
fi

if [ ! -e "$root/.complete" ]; then
  rm -rf "$root"
  mkdir -p "$root"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus "$codename" "$root" "$mirror"
fi
# Not above: debootstrap cannot configure packages that depend on virtual ones.
chroot "$root" apt-get update
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $packages
# The tests start what they need themselves.
chroot "$root" systemctl disable nginx nftables
echo "$packages" >"$root/.complete"
echo "$root is ready"
