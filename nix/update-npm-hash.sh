#!/bin/sh
# Brings nix/npm-deps.json in step with the lockfiles: installs the packages for each processor, and those for graphics processors, into a
# scratch folder, as nix/npm-deps.nix does, and writes down the hash of what came. Needs Node with npm 10 or newer, and nix; downloads about a gigabyte.
# `npm run check` says when that is needed. Usage: update-npm-hash.sh
set -eu
cd "$(dirname "$0")/.."
root=$PWD

locks=$(node scripts/checks/npm-hashes.mjs --print)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The hash of the node_modules that a script makes out of these files of a folder, in the form that nix compares (SRI).
hash_of() {
  script=$1 processor=$2 folder=$3
  shift 3
  rm -rf "$scratch/work"
  mkdir "$scratch/work"
  tar -C "$folder" -c "$@" | tar -x -C "$scratch/work"
  cp .npmrc "$scratch/work/"
  (cd "$scratch/work" && sh "$root/nix/$script" "$processor" >&2)
  nix --extra-experimental-features nix-command hash path "$scratch/work/node_modules"
}

manifests='package.json package-lock.json packages/*/package.json'
# shellcheck disable=SC2086 # The names are meant to be several.
x64=$(hash_of install-npm-deps.sh x64 . $manifests)
# shellcheck disable=SC2086
arm64=$(hash_of install-npm-deps.sh arm64 . $manifests)
cuda=$(hash_of npm-ci.sh x64 gpu/cuda package.json package-lock.json)
vulkan=$(hash_of npm-ci.sh x64 gpu/vulkan package.json package-lock.json)
cat >nix/npm-deps.json <<JSON
{
  "locks": "$locks",
  "x86_64-linux": "$x64",
  "aarch64-linux": "$arm64",
  "cuda": "$cuda",
  "vulkan": "$vulkan"
}
JSON
