# --uninstall: on NixOS takes out of the flake what install.sh added, and switches; elsewhere removes what --try keeps.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

uninstall() {
  if is_nixos; then uninstall_from_nixos; else remove_tried; fi
}

uninstall_from_nixos() {
  need_root
  [ -f "$config_dir/flake.nix" ] || fail "$exit_by_hand" "There is no flake.nix in $(printable "$config_dir"): say --config DIR."
  follow_links
  [ -n "$configuration" ] || configuration=$(this_host)
  if ! is_done in-place && ! grep -qF -- "$edit_mark" "$config_dir/flake.nix"; then
    fail "$exit_by_hand" "install.sh added nothing to $config_dir/flake.nix: take the castellan lines out by hand, then nixos-rebuild switch."
  fi
  begin_run uninstall "$config_dir $configuration $purge"
  notice_changes
  copy=$work/config
  if [ "$dry_run" = yes ]; then
    unedit_copy
    say "Would change in $config_dir:"
    show_edit
  fi
  step unedited 5 "Taking Castellan out of a copy of $config_dir" unedit_copy
  step built 5 "Building the system without it" build_without
  step agreed 5 "What would change" show_and_ask
  step in-place 5 "Putting the configuration into $config_dir" take_out
  step switched 5 "Switching under SafeSwitch" switch_away
  if [ "$purge" = yes ]; then purge_state; elif [ "$dry_run" = no ]; then
    say "Castellan is off this host. Its keys, ledger and conversations are still in /var/lib/castellan*: --purge destroys them."
  fi
  end_run
  [ "$dry_run" = yes ] || rm -rf "$work/before" "$work/config" "$work/source"
}

unedit_copy() {
  copy_config
  clean_flake "$config_dir/flake.nix" > "$copy/flake.nix"
}

build_without() {
  cd "$copy"
  nix_here build --out-link "$work/result" ".#nixosConfigurations.\"$configuration\".config.system.build.toplevel"
  cd /
}

take_out() {
  put_in_place
  if [ -e "$config_dir/castellan.nix" ]; then
    # Its owner may have written much into it.
    mv -f "$config_dir/castellan.nix" "$config_dir/castellan.nix.removed"
    say "    Your castellan.nix is kept as $(printable "$config_dir/castellan.nix.removed")."
  fi
}

# The programs of the system that runs: the new one has none of them.
switch_away() {
  if [ ! -e "$work/programs" ]; then readlink -f /run/current-system/sw/bin/agentctl > "$work/programs"; fi
  on_not_switched=put_back
  guarded_switch "$(readlink -f "$work/result")" "$(dirname "$(cat "$work/programs")")" "install.sh takes Castellan out"
  rm -f "$work/programs"
}

# Where castellan-setup.service seals the gateway's key (modules/units/setup.nix).
sealed_keys=/etc/credstore.encrypted

# What cannot be brought back wants the host's name.
purge_state() {
  if [ "$dry_run" = yes ]; then
    say "Would destroy: /var/lib/castellan /var/lib/castellan-gateway /var/lib/castellan-airlock, and the gateway's key in $sealed_keys"
    return 0
  fi
  note "--purge destroys Castellan's keys, ledger, conversations and credentials. This cannot be taken back."
  type_name "$(this_host)" "to destroy them"
  rm -rf /var/lib/castellan /var/lib/castellan-gateway /var/lib/castellan-airlock
  rm -f "$sealed_keys/castellan-gateway-kek" "$sealed_keys/castellan-gateway-kek-next"
  say "Castellan is off this host, and what it kept is destroyed."
}

# What --try keeps: the state folder of `npm start`, and the packages in this copy.
remove_tried() {
  tried=${CASTELLAN_STATE:-${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/castellan}
  if [ -e "$tried/run.json" ]; then refuse "Castellan still runs with its state in $(printable "$tried"). Stop it first, with Ctrl-C where it was started."; fi
  if [ "$dry_run" = yes ]; then
    say "Would remove the packages in $(printable "$here")/node_modules."
    [ "$purge" = no ] || say "Would destroy $(printable "$tried")."
    return 0
  fi
  if [ "$purge" = yes ] && [ -d "$tried" ]; then
    [ -e "$tried/ledger" ] || [ -e "$tried/agentd" ] || refuse "$(printable "$tried") holds no state of Castellan; nothing was removed."
    note "--purge destroys all that Castellan kept in $(printable "$tried"): keys, ledger, conversations, the workspace."
    agree "Destroy it?"
    rm -rf -- "$tried"
    say "Destroyed $(printable "$tried")."
  elif [ -d "$tried" ]; then
    say "The state stays in $(printable "$tried"); --purge destroys it."
  fi
  rm -rf -- "$here/node_modules"
  say "The packages are removed. What is left of Castellan is this folder: $(printable "$here")"
}
