# What every part of install.sh speaks with: sentences, exit codes, checks of what was given.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

exit_failed=1 exit_usage=2 exit_unsupported=3 exit_declined=4 exit_network=5 exit_by_hand=6 exit_busy=7 exit_interrupted=130

# Text that came from elsewhere, safe for a terminal: one line, without control characters.
printable() {
  printf '%s' "$1" | LC_ALL=C tr -d '\000-\037\177' | cut -c 1-300
}

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }

# Ends with a code and a sentence that tells what to do.
told=no
fail() {
  told=yes
  fail_code=$1
  shift
  note "$*"
  exit "$fail_code"
}
usage_error() { fail "$exit_usage" "$* (sh install.sh --help shows how)"; }
refuse() { fail "$exit_unsupported" "$*"; }

has() { command -v "$1" > /dev/null 2>&1; }
is_nixos() { [ -e /etc/NIXOS ]; }
is_root() { [ "$(id -u)" = 0 ]; }
need_root() { is_root || refuse "This needs root: run it with sudo, or log in as root."; }

# matches TEXT PATTERN: whether the whole text fits an extended regular expression. A line break never does.
matches() {
  case $1 in *"
"*) return 1 ;; esac
  printf '%s\n' "$1" | LC_ALL=C grep -Eqx -- "$2"
}

label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
is_host_name() { matches "$1" "$label"; }
is_domain() { matches "$1" "$label(\\.$label)+" && [ ${#1} -le 253 ]; }
is_email() { matches "$1" '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}'; }
is_attribute() { matches "$1" '[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}'; }
# What can stand in a Nix string as it is, and means nothing to a shell.
is_flake_reference() { matches "$1" '[A-Za-z0-9+._/:?&=~%@-]{1,500}'; }

# What was given on the command line is checked before anything is done.
check_options() {
  case $config_dir in /*) ;; *) usage_error "--config takes an absolute path." ;; esac
  [ -z "$configuration" ] || is_attribute "$configuration" || usage_error "--configuration takes a name such as web1."
  [ -z "$host_name" ] || is_host_name "$host_name" || usage_error "--host-name takes a name of letters, digits and dashes, in lower case."
  [ -z "$domain" ] || is_domain "$domain" || usage_error "--domain takes a name such as castellan.example.org."
  [ -z "$email" ] || is_email "$email" || usage_error "--email takes a mail address."
  [ -z "$input" ] || is_flake_reference "$input" || usage_error "--input takes a flake reference without spaces or quotes."
  [ -z "$nixpkgs" ] || is_flake_reference "$nixpkgs" || usage_error "--nixpkgs takes a flake reference without spaces or quotes."
  matches "$probation" '[1-9][0-9]{0,4}' || usage_error "--probation takes seconds, 1 to 99999."
  [ -z "$domain" ] || [ -n "$email" ] || usage_error "--domain needs --email: whoever issues the certificate wants one."
  [ -z "$email" ] || [ -n "$domain" ] || usage_error "--email goes with --domain."
}

# Name of this host, checked: what a host is called is written into files and typed by people.
this_host() {
  this_host_name=$(cat /proc/sys/kernel/hostname)
  is_host_name "${this_host_name%%.*}" || refuse "This host is called \"$(printable "$this_host_name")\", which cannot be the name of a NixOS host. Give it another one first: hostnamectl set-hostname NAME."
  printf '%s\n' "${this_host_name%%.*}"
}

# Where Castellan comes from, as a flake reference.
castellan_reference() {
  if [ -n "$input" ]; then
    printf '%s\n' "$input"
    return
  fi
  is_flake_reference "$here" || refuse "The folder of this copy has a name that no flake reference can carry: $(printable "$here"). Move it, or say --input URL."
  if [ -e "$here/.git" ]; then printf 'git+file://%s\n' "$here"; else printf 'path:%s\n' "$here"; fi
}

# This copy mostly belongs to whoever fetched it, and git lets root not read the repositories of others. Root runs this
# very script from it, so for this run it is trusted (git-config(1), safe.directory).
trust_this_copy() {
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$here"
}

# from_network WHAT COMMAND…: one command whose failure is most likely the network's.
from_network() {
  network_what=$1
  shift
  "$@" || fail "$exit_network" "$network_what failed, which needs the network. Look at what it said above, then run the same command again."
}

# in_repository FOLDER: whether it, or a folder above it, is a git repository, also one that git does not read for us.
in_repository() {
  repository=$1
  until [ -e "$repository/.git" ]; do
    [ "$repository" != / ] || return 1
    repository=$(dirname "$repository")
  done
}

# copy_flake FROM TO: the files that make up a flake: in a git repository those that git knows, so that no secret beside them
# gets into the store.
copy_flake() {
  rm -rf "$2"
  mkdir -p "$2"
  if has git && git -C "$1" rev-parse --is-inside-work-tree > /dev/null 2>&1; then
    (cd "$1" && git ls-files -z . | tar --null --ignore-failed-read -T - -cf -) | (cd "$2" && tar -xf -)
  elif in_repository "$1"; then
    refuse "git cannot read the repository in $(printable "$1"), so it cannot be told which of its files are secret: git -C $(printable "$1") status says why."
  else
    (cd "$1" && tar -cf - --exclude=./result .) | (cd "$2" && tar -xf -)
  fi
}
