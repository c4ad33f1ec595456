# The NixOS configuration that --convert writes, from what facts.sh found. Everything that goes into a Nix string was checked there.
# shellcheck shell=sh
# Names are shared between the parts (2154, 2034), and set -e ends what cannot go to its folder (2164).
# shellcheck disable=SC2154,SC2034,SC2164

# The branch of nixpkgs that the module is made for.
default_nixpkgs=github:NixOS/nixpkgs/nixos-25.11

# write_configuration FOLDER
write_configuration() {
  mkdir -p "$1"
  flake_text > "$1/flake.nix"
  host_text > "$1/configuration.nix"
  hardware_text > "$1/hardware-configuration.nix"
  castellan_module > "$1/castellan.nix"
}

flake_text() {
  cat << FLAKE
{
  inputs.nixpkgs.url = "${nixpkgs:-$default_nixpkgs}";
  inputs.castellan = { url = "$reference"; inputs.nixpkgs.follows = "nixpkgs"; }; $edit_mark
  outputs = { nixpkgs,
    castellan, $edit_mark
    ... }: {
    nixosConfigurations."$new_name" = nixpkgs.lib.nixosSystem {
      system = "$fact_arch-linux";
      modules = [
        castellan.nixosModules.default ./castellan.nix $edit_mark
        ./configuration.nix
      ];
    };
  };
}
FLAKE
}

host_text() {
  cat << HOST
# Written by install.sh --convert; yours from here on.
{ ... }: {
  imports = [ ./hardware-configuration.nix ];
  networking.hostName = "$new_name";
  time.timeZone = "$fact_time_zone";
  services.openssh = {
    enable = true;
    settings = { PermitRootLogin = "prohibit-password"; PasswordAuthentication = false; };
  };
  users.users.root.openssh.authorizedKeys.keys = [
HOST
  while IFS= read -r host_key; do printf '    "%s"\n' "$host_key"; done < "$work/authorized_keys"
  cat << HOST
  ];
  nix.settings.experimental-features = [ "nix-command" "flakes" ];
  system.stateVersion = "25.11";
}
HOST
}

hardware_text() {
  cat << HARDWARE
# Written by install.sh --convert, from what it found on this machine.
{ modulesPath, ... }: {
  imports = [ (modulesPath + "/profiles/qemu-guest.nix") ];
  boot.initrd.availableKernelModules = [ "ahci" "ata_piix" "nvme" "sd_mod" "sr_mod" "uhci_hcd" "usb_storage" "virtio_blk" "virtio_pci" "virtio_scsi" "xen_blkfront" ];
  fileSystems."/" = { device = "/dev/disk/by-uuid/$fact_root_uuid"; fsType = "$fact_root_type"; };
HARDWARE
  if [ -n "$fact_esp" ]; then
    cat << EFI
  fileSystems."/boot/efi" = { device = "/dev/disk/by-uuid/$fact_esp_uuid"; fsType = "vfat"; };
  boot.loader.efi.efiSysMountPoint = "/boot/efi";
  boot.loader.grub = { enable = true; efiSupport = true; efiInstallAsRemovable = true; device = "nodev"; };
EFI
  else
    printf '  boot.loader.grub = { enable = true; device = "%s"; };\n' "$fact_disk"
  fi
  network_text
  printf '}\n'
}

# The interface keeps its name: systemd would give it another one than the old system did.
network_text() {
  cat << NETWORK
  networking.useDHCP = false;
  systemd.network.enable = true;
  systemd.network.links."10-$fact_interface" = {
    matchConfig.PermanentMACAddress = "$fact_mac";
    linkConfig.Name = "$fact_interface";
  };
NETWORK
  if [ -z "$fact_address" ]; then
    printf '  systemd.network.networks."10-%s" = { matchConfig.Name = "%s"; networkConfig.DHCP = "yes"; };\n' "$fact_interface" "$fact_interface"
    return 0
  fi
  cat << STATIC
  systemd.network.networks."10-$fact_interface" = {
    matchConfig.Name = "$fact_interface";
    address = [ "$fact_address" ];
    routes = [ { Gateway = "$fact_gateway"; GatewayOnLink = true; } ];
    dns = [ $(for server in $fact_name_servers; do printf '"%s" ' "$server"; done)];
  };
STATIC
}
