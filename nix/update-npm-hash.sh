#!/bin/sh
# Brings nix/npm-deps.json in step with package-lock.json: installs the packages for each processor into a scratch folder, as
# nix/npm-deps.nix does, and writes down the hash of what came. Needs npm 10 or newer and nix. Usage: update-npm-hash.sh [--check]
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

lock=$(sha256sum package-lock.json | cut -d ' ' -f 1)
if [ "${1:-}" = --check ]; then
  grep -q "\"lock\": \"$lock\"" nix/npm-deps.json && exit 0
  echo 'nix/npm-deps.json is of another package-lock.json. Run: sh nix/update-npm-hash.sh' >&2
  exit 1
fi

# The hash of one processor's node_modules, in the form that nix compares (SRI).
hash_of() {
  mkdir "$scratch/$1"
  # The manifests are all that npm reads.
  tar -c package.json package-lock.json .npmrc packages/*/package.json | tar -x -C "$scratch/$1"
  (cd "$scratch/$1" && sh "$OLDPWD/nix/install-npm-deps.sh" "$1" >&2)
  nix --extra-experimental-features nix-command hash path "$scratch/$1/node_modules"
  rm -rf "${scratch:?}/$1"
}

x64=$(hash_of x64)
arm64=$(hash_of arm64)
cat >nix/npm-deps.json <<JSON
{
  "lock": "$lock",
  "x86_64-linux": "$x64",
  "aarch64-linux": "$arm64"
}
JSON
