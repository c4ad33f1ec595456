# npm's packages, in a fixed-output derivation: it may ask the network, and what comes has to have the hash that nix/npm-deps.json
# says. No registry is named; npm asks the one that it asks by itself, or that `npm_config_registry` names where nix is run.
# nix/update-npm-hash.sh brings the hashes in step with package-lock.json.
{ lib, stdenvNoCC, nodejs_24, cacert }:
let
  hashes = builtins.fromJSON (builtins.readFile ./npm-deps.json);
  inherit (stdenvNoCC.hostPlatform) system;
  processors = { "x86_64-linux" = "x64"; "aarch64-linux" = "arm64"; };

  # What npm reads, and nothing that changes more often.
  isManifest = path: kind:
    kind == "directory" && builtins.elem (baseNameOf (dirOf path)) [ "packages" (baseNameOf ../.) ] && builtins.elem (baseNameOf path) ([ "packages" ] ++ workspaces)
    || builtins.elem (baseNameOf path) [ "package.json" "package-lock.json" ".npmrc" ];
  workspaces = builtins.attrNames (builtins.readDir ../packages);
in
stdenvNoCC.mkDerivation {
  name = "castellan-npm-deps";
  src = builtins.path {
    name = "castellan-manifests";
    path = ../.;
    filter = isManifest;
  };
  nativeBuildInputs = [ nodejs_24 cacert ];

  buildPhase = ''
    export HOME=$TMPDIR NODE_EXTRA_CA_CERTS=${cacert}/etc/ssl/certs/ca-bundle.crt
    sh ${./install-npm-deps.sh} ${processors.${system} or (throw "Castellan is packaged for x86_64-linux and aarch64-linux, not for ${system}.")}
  '';
  installPhase = "cp -r node_modules $out";
  # The hash is of what npm brought; nothing may be made of it here.
  dontFixup = true;

  outputHashMode = "recursive";
  outputHashAlgo = "sha256";
  outputHash = hashes.${system} or lib.fakeHash;
  impureEnvVars = lib.fetchers.proxyImpureEnvVars ++ [ "npm_config_registry" "NPM_CONFIG_REGISTRY" ];
}
