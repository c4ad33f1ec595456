# --convert: makes a fresh Debian or Ubuntu server a NixOS server with Castellan, in place. The new system is built beside the
# old one; the restart at the end moves the old one to /old-root (NIXOS_LUSTRATE, NixOS manual, "Installing from another
# Linux distribution"). Until the step that writes the boot loader the old system boots as ever.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

# The oldest nix that evaluates today's nixpkgs, and one before it that a newer one can be built with.
least_nix=2.18
stepping_stone=github:NixOS/nixpkgs/nixos-24.11

system_profile=/nix/var/nix/profiles/system

convert() {
  need_root
  trust_this_copy
  check_convertible
  new_name=$(this_host)
  reference=$(castellan_reference)
  read_token
  begin_run convert "$new_name $reference $nixpkgs $domain $email"
  gather_facts
  explain
  if ! is_done agreed; then type_name "$new_name" "to convert this host"; fi
  step agreed 9 "You agreed to lose what this host was" true
  step memory 9 "Making room in memory" make_memory
  step packages 9 "Installing nix from this system's own packages" install_nix
  step newer 9 "Making sure that nix is new enough" renew_nix
  step configured 9 "Writing /etc/nixos" write_nixos
  step built 9 "Building the new system; that takes a while" build_system
  step kept 9 "Marking what the new system keeps" mark_kept
  step boot 9 "Writing the boot loader; from here on the new system boots" write_boot_loader
  step restart 9 "Restarting into NixOS" restart_host
  if [ "$dry_run" = yes ]; then
    say "Would write:"
    write_configuration "$work/nixos"
    for file in "$work"/nixos/*; do
      say "--- /etc/nixos/${file##*/}"
      cat "$file"
    done
  fi
}

check_convertible() {
  os_id=$(sed -n 's/^ID=//p' /etc/os-release 2> /dev/null | tr -d '"')
  case $os_id in
    debian | ubuntu) ;;
    *) refuse "This is $(printable "${os_id:-no Linux that says what it is}"): --convert knows Debian and Ubuntu." ;;
  esac
  [ -d /run/systemd/system ] || refuse "systemd does not run this host, so it cannot be restarted into another system."
  for program in apt-get findmnt lsblk blkid ip flock awk tar; do
    has "$program" || refuse "The command $program is missing: apt-get install util-linux iproute2 tar mawk."
  done
}

explain() {
  cat >&2 << EXPLAIN

This makes NixOS of this host ($(this_host)), in place:
  - everything that is installed and set up on it stops to be: services, users, passwords, firewall, cron jobs
  - after the restart its files lie in /old-root until you remove them; nothing there runs
  - kept are the SSH host keys, root's authorized keys ($(wc -l < "$work/authorized_keys")), the network of $fact_interface (${fact_address:-by DHCP}) and the time zone
  - there is no way back but a backup or the console of whoever hosts it: make sure of one of these first
It is for a fresh server. The new one boots from ${fact_esp:-$fact_disk}, with its root on $fact_root.
EXPLAIN
}

# Building takes more memory than a small server has.
make_memory() {
  if [ "$fact_memory" -ge "$convert_memory" ] || [ -e /castellan-install.swap ]; then return 0; fi
  dd if=/dev/zero of=/castellan-install.swap bs=1M count=2048 status=none
  chmod 600 /castellan-install.swap
  mkswap /castellan-install.swap > /dev/null
  swapon /castellan-install.swap
}

install_nix() {
  if has nix; then return 0; fi
  from_network 'apt-get update' apt-get update -q
  from_network 'Installing nix-bin' env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nix-bin git ca-certificates
}

# Debian's nix may be too old for today's nixpkgs; then an older nixpkgs gives a newer nix.
renew_nix() {
  if nix_is_new "$(nix --version)"; then return 0; fi
  from_network 'Building a newer nix' nix_here build --out-link "$work/nix" "$stepping_stone#nix"
}

nix_is_new() {
  nix_version=$(printf '%s' "$1" | grep -Eo '[0-9]+\.[0-9]+' | head -n 1)
  [ "$(printf '%s\n%s\n' "$least_nix" "$nix_version" | sort -t . -k 1,1n -k 2,2n | head -n 1)" = "$least_nix" ]
}

newest_nix() {
  if [ -x "$work/nix/bin/nix" ]; then PATH=$work/nix/bin:$PATH; fi
  nix_here "$@"
}

write_nixos() {
  [ ! -e /etc/nixos/flake.nix ] || [ -e /etc/nixos/.castellan-install ] || refuse "There is a flake in /etc/nixos already, which is not this script's. Move it away."
  mkdir -p /etc/nixos
  : > /etc/nixos/.castellan-install
  write_configuration /etc/nixos
  keep_token "$gateway_state"
}

build_system() {
  cd /etc/nixos
  from_network 'Building the new system' newest_nix build --out-link "$work/result" ".#nixosConfigurations.\"$new_name\".config.system.build.toplevel"
  cd /
  mkdir -p "${system_profile%/*}"
  nix-env -p "$system_profile" --set "$(readlink -f "$work/result")"
}

# What NIXOS_LUSTRATE names is kept where it is; everything else moves to /old-root at the next start.
mark_kept() {
  : > /etc/NIXOS
  {
    printf '%s\n' etc/nixos root/.ssh "${gateway_state#/}"
    for key in /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub; do [ ! -e "$key" ] || printf '%s\n' "${key#/}"; done
  } > /etc/NIXOS_LUSTRATE
}

# What is in /boot belongs to the old system and would be in the way; it is kept beside. The EFI partition stays mounted.
write_boot_loader() {
  if [ -n "$fact_esp" ] && [ "$fact_esp" != /boot/efi ]; then
    esp_device=$(findmnt -n -o SOURCE "$fact_esp")
    umount "$fact_esp"
    mkdir -p /boot/efi
    mount "$esp_device" /boot/efi
  fi
  mkdir -p /boot.before-nixos
  for old in /boot/*; do
    if [ ! -e "$old" ] || [ "$old" = /boot/efi ]; then continue; fi
    mv "$old" /boot.before-nixos/
  done
  NIXOS_INSTALL_BOOTLOADER=1 "$system_profile/bin/switch-to-configuration" boot
}

restart_host() {
  if [ "$reboot" = no ]; then
    say "    The next restart starts NixOS. Then: ssh root@$(this_host), and \`agentctl status\`."
    return 0
  fi
  say "    Log in again as root with your SSH key; then \`agentctl status\` and \`agentctl sign-in\`. The old files are in /old-root."
  sync
  systemctl reboot
}
