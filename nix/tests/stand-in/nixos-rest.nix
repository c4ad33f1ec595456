# Options that a whole server sets and the module does not look at. Anything goes in them.
{ lib, ... }:
let
  anything = lib.mkOption { type = lib.types.anything; default = { }; };
in
{
  options = {
    boot = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
    fileSystems = anything;
    nix.settings = anything;
    nixpkgs.pkgs = anything;
    time.timeZone = anything;
    security.acme = anything;
    services.openssh = anything;
    system.stateVersion = anything;
  };
}
