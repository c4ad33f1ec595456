#!/bin/sh
# Builds the root of a throwaway host once (a minute or two): a small Debian with systemd, nix and bubblewrap, from the mirror that
# this machine's own package sources name. Needs root and debootstrap. Usage: build.sh [FOLDER]
set -eu

root=${1:-${CASTELLAN_THROWAWAY_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/castellan/throwaway-root}}
if [ -e "$root/.complete" ]; then
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

rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus "$codename" "$root" "$mirror"
# Not above: debootstrap cannot configure packages that depend on virtual ones.
chroot "$root" apt-get install --yes --no-install-recommends nix-bin git bubblewrap
touch "$root/.complete"
echo "$root is ready"
