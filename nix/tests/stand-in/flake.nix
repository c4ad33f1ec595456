# What the flake of nixpkgs offers, as far as ours asks: put in its place by `--override-input nixpkgs path:nix/tests/stand-in`, so that
# our flake can be evaluated on a machine without network and nixpkgs.
{
  outputs = _:
    let
      lib = import ./lib // {
        fetchers.proxyImpureEnvVars = [ "http_proxy" "https_proxy" ];
        licenses.mit = { spdxId = "MIT"; };
        nixosSystem = { system, modules }: lib.evalModules {
          modules = [ ./nixos.nix ./nixos-rest.nix { _module.args.pkgs = pkgsFor system; } ] ++ modules;
        };
      };
      derivation = system: arguments: arguments // {
        type = "derivation";
        name = arguments.name or "${arguments.pname}-${arguments.version}";
        outPath = "/nix/store/00000000000000000000000000000000-${arguments.name or arguments.pname}";
        inherit system;
      };
      pkgsFor = system:
        let
          stand = import ./pkgs.nix { inherit lib; };
          stdenv = { hostPlatform = { inherit system; }; mkDerivation = derivation system; };
          self = stand // stand.packages // {
            inherit lib stdenv;
            stdenvNoCC = stdenv;
            nodejs_24 = stand.nodejs;
            cacert = stand.git;
            makeWrapper = stand.git;
            runCommand = name: arguments: _: derivation system (arguments // { inherit name; });
            mkShell = arguments: derivation system (arguments // { name = "shell"; });
            testers.runNixOSTest = module: derivation system { name = "vm-test"; inherit module; };
            callPackage = file: overrides:
              let f = if builtins.isFunction file then file else import file;
              in f (builtins.intersectAttrs (builtins.functionArgs f) self // overrides);
          };
        in
        self;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] pkgsFor;
    };
}
