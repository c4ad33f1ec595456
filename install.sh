#!/bin/sh
# Brings Castellan onto a machine. docs/install.md explains each way; `sh install.sh --help` lists them.
# POSIX sh, so that it runs where nothing is installed yet. Every step that changes something is journalled, and the same
# command again goes on after the last one that was done.
set -eu
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
if [ ! -f "$here/scripts/install/base.sh" ]; then
  echo "install.sh belongs to a copy of Castellan and does not work alone: get the whole of it, then run it from there." >&2
  exit 3
fi

# shellcheck source=scripts/install/base.sh
. "$here/scripts/install/base.sh"
# shellcheck source=scripts/install/journal.sh
. "$here/scripts/install/journal.sh"
# shellcheck source=scripts/install/ask.sh
. "$here/scripts/install/ask.sh"
# shellcheck source=scripts/install/try.sh
. "$here/scripts/install/try.sh"
# shellcheck source=scripts/install/flake-edit.sh
. "$here/scripts/install/flake-edit.sh"
# shellcheck source=scripts/install/guarded-switch.sh
. "$here/scripts/install/guarded-switch.sh"
# shellcheck source=scripts/install/nixos.sh
. "$here/scripts/install/nixos.sh"
# shellcheck source=scripts/install/facts.sh
. "$here/scripts/install/facts.sh"
# shellcheck source=scripts/install/convert-config.sh
. "$here/scripts/install/convert-config.sh"
# shellcheck source=scripts/install/convert.sh
. "$here/scripts/install/convert.sh"
# shellcheck source=scripts/install/uninstall.sh
. "$here/scripts/install/uninstall.sh"

usage() {
  cat << 'USAGE'
Brings Castellan onto this machine.

  sh install.sh --try [-- OPTIONS]   run it here for yourself: no root, any Linux with npm; what `npm start` does
  sh install.sh                      on NixOS: add it to the configuration, show the difference, switch under guard
  sh install.sh --convert            make a fresh Debian or Ubuntu server a NixOS server with Castellan; destroys what it was
  sh install.sh --uninstall          take it out of this NixOS again, or remove what --try keeps

On NixOS and for --convert, as root:
  --config DIR         folder of the flake (/etc/nixos)
  --configuration NAME its nixosConfigurations.NAME (this host's name)
  --input URL          flake reference of Castellan (this copy of it)
  --domain NAME        serve the page under this name, by nginx with TLS
  --email ADDRESS      for the certificate of --domain; says that you accept the terms of who issues it
  --token-file FILE    use the owner's token in FILE (mode 0600) instead of making one
  --probation SECONDS  how long the new system has to be well before it is kept (60)
  --ask-token          ask for the owner's token; what is typed is not shown

For --convert:
  --host-name NAME     this host's name, where nobody is there to type it
  --nixpkgs URL        flake reference of nixpkgs
  --no-reboot          stop before the restart that leaves the old system

In general:
  --dry-run            show what would be done; change nothing
  --yes                do not ask whether to go on; --convert still wants the host's name, from --host-name
  --purge              with --uninstall: also destroy keys, ledger and all else that Castellan keeps
  --start-over         forget how far an earlier run came
  -h, --help           this

Exit codes:
  0  done                                  7  another install.sh is at work
  1  a step failed; again goes on there   20  switched, and rolled back: the old system runs
  2  the command line is off              21  the switch was refused before anything was changed
  3  not for this host                    22  staged: restart this host
  4  you did not agree                    23  the way back failed: look at the host
  5  what is needed from the network      24  switched; waits for your word: agentctl switch commit
     is out of reach                     130  interrupted; the same command goes on
  6  the configuration has to be edited
     by hand; it was said how
USAGE
}

mode='' dry_run=no yes=no purge=no start_over=no reboot=yes ask_token=no
config_dir=/etc/nixos configuration='' input='' domain='' email='' token_file='' host_name='' nixpkgs='' probation=60

wants_value() {
  [ "$2" -ge 2 ] || usage_error "$1 takes a value."
}
set_mode() {
  [ -z "$mode" ] || usage_error "--$mode and --$1 are two different things: say one."
  mode=$1
}

while [ $# -gt 0 ]; do
  case $1 in
    --try | --convert | --uninstall) set_mode "${1#--}" ;;
    --dry-run) dry_run=yes ;;
    --yes) yes=yes ;;
    --purge) purge=yes ;;
    --start-over) start_over=yes ;;
    --no-reboot) reboot=no ;;
    --ask-token) ask_token=yes ;;
    --config) wants_value "$1" $#; config_dir=$2; shift ;;
    --configuration) wants_value "$1" $#; configuration=$2; shift ;;
    --input) wants_value "$1" $#; input=$2; shift ;;
    --domain) wants_value "$1" $#; domain=$2; shift ;;
    --email) wants_value "$1" $#; email=$2; shift ;;
    --token-file) wants_value "$1" $#; token_file=$2; shift ;;
    --host-name) wants_value "$1" $#; host_name=$2; shift ;;
    --probation) wants_value "$1" $#; probation=$2; shift ;;
    --nixpkgs) wants_value "$1" $#; nixpkgs=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    --) shift; break ;;
    *) usage_error "$(printable "$1") is no option of install.sh." ;;
  esac
  shift
done
if [ $# -gt 0 ] && [ "$mode" != try ]; then usage_error "Only --try passes on what comes after --."; fi
[ "$purge" = no ] || [ "$mode" = uninstall ] || usage_error "--purge goes with --uninstall."
[ -z "$token_file" ] || [ "$ask_token" = no ] || usage_error "--token-file and --ask-token exclude each other."
check_options

case $mode in
  try) try_it "$@" ;;
  convert) convert ;;
  uninstall) uninstall ;;
  *)
    if is_nixos; then
      install_on_nixos
    else
      refuse "This is no NixOS. \`sh install.sh --try\` runs Castellan here for yourself; \`sh install.sh --convert\` makes a fresh Debian or Ubuntu server a NixOS server, which destroys what it was."
    fi
    ;;
esac
