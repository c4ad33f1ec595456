# For `nix flake check`, with the real NixOS: the module and the template evaluate, no assertion breaks, and systemd takes the units.
{ pkgs, nixpkgs, module }:
let
  inherit (pkgs.stdenv.hostPlatform) system;
  nixos = modules: (nixpkgs.lib.nixosSystem {
    inherit system;
    modules = [ module { nixpkgs.pkgs = pkgs; } ] ++ modules;
  }).config;

  smallest = nixos [{
    services.castellan.enable = true;
    boot.loader.grub.enable = false;
    fileSystems."/".device = "none";
    system.stateVersion = "26.05";
  }];
  template = nixos [ ../../templates/server/configuration.nix ../../templates/server/hardware-configuration.nix ];

  broken = config: builtins.filter (one: !one.assertion) config.assertions;
  units = builtins.filter (pkgs.lib.hasPrefix "castellan-") (builtins.attrNames template.systemd.units);
in
assert broken smallest == [ ];
assert broken template == [ ];
pkgs.runCommand "castellan-evaluation" { nativeBuildInputs = [ pkgs.systemd ]; } ''
  mkdir units
  ${pkgs.lib.concatMapStrings (name: "cp ${template.systemd.units.${name}.unit}/${name} units/\n") units}
  systemd-analyze verify --man=no --recursive-errors=no units/* 2> complaints
  test ! -s complaints || { cat complaints; exit 1; }
  touch $out
''
