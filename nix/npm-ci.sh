#!/bin/sh
# Fills node_modules in the current folder, the same on every machine: what package-lock.json names for Linux on this processor, without
# install scripts and npm's own notes. npm asks the registry that it is configured for. Usage: npm-ci.sh x64|arm64
set -eu
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --os=linux --cpu="$1" --libc=glibc
rm -rf node_modules/.package-lock.json node_modules/.cache
