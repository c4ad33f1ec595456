# --try: what `npm start` does, after a look at whether it can.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

# MiB that the packages and a first start take.
try_room=1200

try_it() {
  [ "$(uname -s)" = Linux ] || refuse "Castellan keeps Linux servers; this is $(printable "$(uname -s)")."
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) refuse "There is no Node for $(printable "$(uname -m)") among Castellan's packages: it runs on x86_64 and aarch64." ;;
  esac
  has npm || refuse "npm is missing. It comes with Node: on Debian and Ubuntu \`apt install npm\`, on Fedora \`dnf install npm\`, on Arch \`pacman -S npm\`, on NixOS \`nix-shell -p nodejs\`."
  [ -w "$here" ] || refuse "The folder $(printable "$here") is not yours to write to: npm installs into it. Copy it to your home, and run it there."
  if [ ! -d "$here/node_modules" ]; then
    free=$(df -Pk "$here" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$free" -ge "$try_room" ] || refuse "There are $free MiB free in $(printable "$here"); the packages need $try_room."
  fi
  if is_root; then note "You are root: Castellan then acts as root, too. Run it as yourself unless you mean that."; fi
  cd "$here"
  if [ "$dry_run" = yes ]; then
    say "Would run in $(printable "$here"): npm start${*:+ -- $(printable "$*")}"
    return
  fi
  say "Starting Castellan: npm start. Ctrl-C stops it; sh install.sh --uninstall removes what it keeps."
  exec npm start -- "$@"
}
