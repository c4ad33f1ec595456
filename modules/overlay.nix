# Turns the options that agents set (`overlay.json`, written by nixos_option_set) into configuration. Use it as
#
#   imports = [ (import "${castellan}/modules/overlay.nix" ./castellan/overlay.json) ];
#
# The file holds `{ "version": 1, "settings": [ { "path": [ "services", "nginx", "enable" ], "value": true, … } ] }`. A
# file that is not there yet sets nothing. Values are data and never code. They are stronger than what the owner's files say plainly
# (100) and weaker than what these force (lib.mkForce, 50); packages/agentd/src/host/nixos/overlay.ts has the same number.
file:
{ lib, ... }:
let
  overlay = if builtins.pathExists file then builtins.fromJSON (builtins.readFile file) else { version = 1; settings = [ ]; };
  configOf = { path, value, ... }: lib.setAttrByPath path (lib.mkOverride 75 value);
in
{
  config =
    if overlay.version == 1
    then lib.mkMerge (map configOf overlay.settings)
    else throw "castellan: ${toString file} has version ${toString overlay.version}, and this module reads version 1. Update Castellan's module.";
}
