# On NixOS: edits a copy of the flake, builds it, shows what would change, puts the copy in place, and switches under guard.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

# nix(1) with what is needed here, whatever the host's nix.conf says.
nix_here() { nix --extra-experimental-features 'nix-command flakes' "$@"; }

install_on_nixos() {
  need_root
  trust_this_copy
  check_nixos
  read_token
  reference=$(castellan_reference)
  if ! is_done in-place && has_castellan "$config_dir/flake.nix"; then
    fail "$exit_usage" "$config_dir/flake.nix names Castellan already. nixos-rebuild brings it up to date; sh install.sh --uninstall takes it out."
  fi
  begin_run nixos "$config_dir $configuration $reference $domain $email"
  notice_changes
  copy=$work/config
  if [ "$dry_run" = yes ]; then
    edit_copy
    say "Would change in $config_dir:"
    show_edit
  fi
  step edited 5 "Editing a copy of $config_dir" edit_copy
  step built 5 "Building the new system; the first time that takes a while" build_copy
  step agreed 5 "What would change" show_and_ask
  step in-place 5 "Putting the new configuration into $config_dir" put_in_place
  step switched 5 "Switching under SafeSwitch: what newly fails is taken back" switch_to_built
  end_run
  if [ "$dry_run" = no ]; then say_installed; fi
}

check_nixos() {
  for program in nix systemd-run systemctl flock tar; do
    has "$program" || refuse "The command $program is missing, which every NixOS has: is PATH as root's login sets it?"
  done
  [ -f "$config_dir/flake.nix" ] || fail "$exit_by_hand" "There is no flake.nix in $(printable "$config_dir"). Castellan comes as a flake: docs/install.md tells how to make one of a configuration.nix, or name another folder with --config."
  follow_links
  if [ -e "$config_dir/castellan.nix" ] && ! is_done in-place && ! grep -qF -- "$edit_mark" "$config_dir/castellan.nix"; then
    fail "$exit_by_hand" "$(printable "$config_dir")/castellan.nix is there already and not this script's, which would write its own in its place. Give it another name first."
  fi
  [ -n "$configuration" ] || configuration=$(this_host)
  if systemctl is-active --quiet castellan-agentd.service && ! is_done switch-begun; then
    refuse "Castellan runs on this host already. nixos-rebuild brings it up to date."
  fi
}

# A flake.nix that is a link stands for the folder that it leads to, as for nixos-rebuild; the link itself stays.
follow_links() { config_dir=$(dirname "$(readlink -f "$config_dir/flake.nix")"); }

# A run that goes on must not put an old copy over what was edited since.
notice_changes() {
  if [ ! -s "$work/journal" ] || is_done in-place; then return 0; fi
  copy_flake "$config_dir" "$work/now"
  if ! diff -r "$work/source" "$work/now" > /dev/null 2>&1; then
    note "The configuration in $config_dir was changed since: beginning anew."
    rm -f "$work/journal"
  fi
  rm -rf "$work/now"
}

# Into $copy, without the history: what is evaluated there is what lies there. What is written there is none of it a link, by
# which it would be written elsewhere.
copy_config() {
  copy=$work/config
  copy_flake "$config_dir" "$work/source"
  rm -rf "$copy"
  cp -R "$work/source" "$copy"
  rm -f "$copy/flake.nix" "$copy/castellan.nix"
}

edit_copy() {
  copy_config
  if ! edit_flake "$config_dir/flake.nix" "$reference" > "$copy/flake.nix"; then
    by_hand "$reference"
    fail "$exit_by_hand" "flake.nix has a shape that this script does not edit; nothing was changed."
  fi
  castellan_module > "$copy/castellan.nix"
}

# The edit is only believed where the configuration says itself that Castellan is on.
build_copy() {
  system="nixosConfigurations.\"$configuration\".config"
  cd "$copy"
  say "    Evaluating…"
  if ! enabled=$(nix_here eval ".#$system.services.castellan.enable") || [ "$enabled" != true ]; then
    by_hand "$reference"
    fail "$exit_by_hand" "The edited configuration does not evaluate; nothing was changed. Above is what nix said. Is nixosConfigurations.$configuration the right one (--configuration NAME)?"
  fi
  nix_here build --out-link "$work/result" ".#$system.system.build.toplevel"
  cd /
}

show_edit() {
  for file in flake.nix flake.lock castellan.nix; do
    [ -e "$copy/$file" ] || continue
    before=$config_dir/$file
    [ -e "$before" ] || before=/dev/null
    diff -u "$before" "$copy/$file" || true
  done
}

show_and_ask() {
  show_edit
  say "Packages of the system that runs and of the new one:"
  nix_here store diff-closures "$(readlink -f /run/current-system)" "$(readlink -f "$work/result")" || true
  agree "Switch to this?"
}

# What was there is kept, so that a switch that is taken back takes the configuration back, too.
put_in_place() {
  mkdir -p "$work/before"
  for file in flake.nix flake.lock castellan.nix; do
    if [ -e "$config_dir/$file" ] && [ ! -e "$work/before/$file" ]; then cp -p "$config_dir/$file" "$work/before/$file"; fi
    if [ -e "$copy/$file" ]; then replace "$copy/$file" "$config_dir/$file"; fi
  done
  # A flake in a git repository consists of the files that git knows.
  if has git && git -C "$config_dir" rev-parse --is-inside-work-tree > /dev/null 2>&1; then
    git -C "$config_dir" add --intent-to-add -- castellan.nix flake.lock 2> /dev/null || true
  fi
}

# replace FROM TO: whole or not at all; it belongs to whoever the file, or else the folder, belonged to.
replace() {
  rm -f "$2.castellan-new"
  cp "$1" "$2.castellan-new"
  if [ -e "$2" ]; then
    chown --reference="$2" "$2.castellan-new"
    chmod --reference="$2" "$2.castellan-new"
  else
    chown --reference="$(dirname "$2")" "$2.castellan-new"
  fi
  sync "$2.castellan-new"
  mv "$2.castellan-new" "$2"
}

put_back() {
  for file in flake.nix flake.lock castellan.nix; do
    if [ -e "$config_dir/$file" ] && ! cmp -s "$config_dir/$file" "$copy/$file"; then
      note "$config_dir/$file was changed meanwhile and stays; what it was before is in $work/put-aside."
      mkdir -p "$work/put-aside"
      if [ -e "$work/before/$file" ]; then cp "$work/before/$file" "$work/put-aside/$file"; fi
    elif [ -e "$work/before/$file" ]; then replace "$work/before/$file" "$config_dir/$file"; else rm -f "$config_dir/$file"; fi
  done
  rm -rf "$work/before" "$work/journal" "$work/inputs"
  note "The configuration in $config_dir is as it was; the one that was tried is in $work/config."
}

switch_to_built() {
  keep_token "$gateway_state"
  toplevel=$(readlink -f "$work/result")
  on_not_switched=put_back
  guarded_switch "$toplevel" "$toplevel/sw/bin" "install.sh adds Castellan"
}

say_installed() {
  rm -rf "$work/before" "$work/config" "$work/source"
  say ""
  say "Castellan keeps this host now."
  if [ -n "$domain" ]; then say "  page    https://$domain/"; else say "  page    http://127.0.0.1:18789/ (from elsewhere: ssh -L 18789:127.0.0.1:18789)"; fi
  say "  sign in agentctl sign-in"
  say "  state   agentctl status"
  say "  stop    agentctl panic"
  say "How the switch went is in $work/guard; sh install.sh --uninstall takes all of it back."
}
