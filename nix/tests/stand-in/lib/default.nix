# A small stand-in for the part of nixpkgs' `lib` that modules/ uses, for machines without nixpkgs. Written for these tests and
# stricter than it is complete: what is not here is an error, and so are wrong types, unknown options and definitions in conflict, with
# the sentences that nixpkgs has for them. Where <nixpkgs> is found the tests use the real thing instead.
let
  lib = import ./functions.nix // import ./options.nix lib // {
    types = import ./types.nix lib;
    inherit (import ./modules.nix lib) evalModules mergeDefinitions pushDown;
  };
in
lib
