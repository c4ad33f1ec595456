# Evaluates the module with a configuration, on the real lib of <nixpkgs> where there is one and on the stand-in elsewhere.
{
  lib ? if (builtins.tryEval <nixpkgs>).success then import <nixpkgs/lib> else import ./stand-in/lib
, configuration ? { }
  # Castellan's programs; a package that is only a path will do for everything that is not run.
, package ? "/opt/castellan"
, usr ? "/usr"
}:
let
  castellan = {
    type = "derivation";
    name = "castellan";
    outPath = package;
  };
in
(lib.evalModules {
  modules = [
    ./stand-in/nixos.nix
    ../../modules
    {
      _module.args.pkgs = import ./stand-in/pkgs.nix { inherit lib usr; };
      services.castellan.package = lib.mkDefault castellan;
    }
    configuration
  ];
}) // { inherit lib; }
