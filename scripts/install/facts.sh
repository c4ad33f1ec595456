# What a NixOS on this machine has to know of it: where it boots from, its disk, its network, who may log in.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

# MiB: nixpkgs, the system and what the old one leaves in /old-root; and what evaluation takes.
convert_room=6000
convert_memory=1800

# Sets fact_*; refuses what this script cannot carry over. Changes nothing.
gather_facts() {
  fact_arch=$(uname -m)
  case $fact_arch in
    x86_64 | aarch64) ;;
    *) refuse "NixOS has no binaries for $(printable "$fact_arch") that this could use." ;;
  esac
  fact_root=$(findmnt -n -o SOURCE /)
  fact_root_type=$(findmnt -n -o FSTYPE /)
  case $fact_root_type in
    ext4 | xfs) ;;
    *) refuse "The root file system is $(printable "$fact_root_type"): --convert knows ext4 and xfs only." ;;
  esac
  case $fact_root in
    /dev/mapper/* | /dev/dm-* | /dev/md*) refuse "The root file system lies on $(printable "$fact_root"), an encrypted disk, a volume group or a RAID, which --convert does not carry over." ;;
    /dev/*) ;;
    *) refuse "The root file system lies on $(printable "$fact_root"), which is no disk: a container cannot be converted." ;;
  esac
  fact_root_uuid=$(blkid -s UUID -o value "$fact_root")
  matches "$fact_root_uuid" '[0-9a-fA-F-]{8,64}' || refuse "The root file system has no UUID that it could be found by."
  boot_facts
  network_facts
  login_facts
  fact_free=$(df -Pk / | awk 'NR == 2 { print int($4 / 1024) }')
  [ "$fact_free" -ge "$convert_room" ] || refuse "There are $fact_free MiB free on /; the new system needs $convert_room."
  fact_memory=$(awk '/^MemTotal:|^SwapTotal:/ { sum += $2 } END { print int(sum / 1024) }' /proc/meminfo)
  fact_time_zone=$(cat /etc/timezone 2> /dev/null || echo UTC)
  matches "$fact_time_zone" '[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}' || fact_time_zone=UTC
}

boot_facts() {
  fact_esp=''
  fact_disk=/dev/$(lsblk -n -d -o PKNAME "$fact_root")
  [ -b "$fact_disk" ] || refuse "The disk under $(printable "$fact_root") cannot be told, so no boot loader could be put on it."
  case $(findmnt -n -o FSTYPE /boot || true) in
    '' | vfat) ;;
    *) refuse "/boot is a file system of its own, which --convert does not carry over." ;;
  esac
  if [ -d /sys/firmware/efi ]; then
    for fact_place in /boot/efi /efi /boot; do
      if [ "$(findmnt -n -o FSTYPE "$fact_place" || true)" = vfat ]; then fact_esp=$fact_place; break; fi
    done
    [ -n "$fact_esp" ] || refuse "This machine boots by UEFI, but no EFI system partition is mounted."
    fact_esp_uuid=$(blkid -s UUID -o value "$(findmnt -n -o SOURCE "$fact_esp")")
    matches "$fact_esp_uuid" '[0-9A-F]{4}-[0-9A-F]{4}' || refuse "The EFI system partition has no UUID that it could be found by."
  fi
}

# DHCP where the address came by it; else the addresses, the way out and the name servers as they are.
network_facts() {
  fact_interface=$(ip -o -4 route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')
  matches "$fact_interface" '[A-Za-z0-9._-]{1,15}' || refuse "There is no IPv4 default route, so it cannot be told how this machine is reached."
  fact_mac=$(cat "/sys/class/net/$fact_interface/address")
  matches "$fact_mac" '[0-9a-f]{2}(:[0-9a-f]{2}){5}' || refuse "The network interface $fact_interface has no hardware address."
  fact_address='' fact_gateway='' fact_name_servers=''
  if ip -o -4 route show default | grep -q 'proto dhcp' || ip -o -4 address show dev "$fact_interface" | grep -q dynamic; then return 0; fi
  fact_address=$(ip -o -4 address show dev "$fact_interface" scope global | awk '{ print $4; exit }')
  fact_gateway=$(ip -o -4 route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "via") { print $(i + 1); exit } }')
  fact_name_servers=$( (resolvectl dns "$fact_interface" 2> /dev/null || cat /etc/resolv.conf) | grep -Eo '[0-9]+(\.[0-9]+){3}' | grep -v '^127\.' | sort -u | tr '\n' ' ')
  if ! matches "$fact_address" '[0-9]+(\.[0-9]+){3}/[0-9]+' || ! matches "$fact_gateway" '[0-9]+(\.[0-9]+){3}'; then
    refuse "The address of this machine is set by hand in a way that cannot be carried over (address $(printable "$fact_address"), gateway $(printable "$fact_gateway"))."
  fi
  [ -n "$fact_name_servers" ] || refuse "No name server was found that the new system could ask."
}

# Without a key nobody could log in afterwards: passwords are not carried over.
login_facts() {
  fact_keys=$work/authorized_keys
  : > "$fact_keys"
  for fact_home in /root ${SUDO_USER:+"$(getent passwd "$SUDO_USER" | cut -d: -f6)"}; do
    [ ! -f "$fact_home/.ssh/authorized_keys" ] || cat "$fact_home/.ssh/authorized_keys" >> "$fact_keys"
  done
  # Only whole, plain keys: options and anything with a quote or a backslash could say something else in Nix.
  LC_ALL=C grep -E '^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/=]+( [A-Za-z0-9 @._+-]*)?$' "$fact_keys" | sort -u > "$fact_keys.clean" || true
  mv "$fact_keys.clean" "$fact_keys"
  [ -s "$fact_keys" ] || refuse "No SSH key was found in /root/.ssh/authorized_keys: after the restart nobody could log in. Put yours there first (ssh-copy-id)."
}
