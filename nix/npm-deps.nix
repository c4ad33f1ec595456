# npm's packages, in a fixed-output derivation: it may ask the network, and what comes has to have the hash that nix/npm-deps.json
# says. No registry is named; npm asks the one that it asks by itself, or that `npm_config_registry` names where nix is run.
# nix/update-npm-hash.sh brings the hashes in step with the lockfiles. `gpu` is null for Castellan's own packages, and `cuda` or `vulkan`
# for the engine's binaries for graphics processors.
{ lib, stdenvNoCC, nodejs_24, cacert, gpu ? null }:
let
  hashes = builtins.fromJSON (builtins.readFile ./npm-deps.json);
  inherit (stdenvNoCC.hostPlatform) system;
  processor = { "x86_64-linux" = "x64"; "aarch64-linux" = "arm64"; }.${system}
    or (throw "Castellan is packaged for x86_64-linux and aarch64-linux, not for ${system}.");

  # What npm reads, and nothing that changes more often.
  folder = if gpu == null then ../. else ../gpu + "/${gpu}";
  root = toString folder;
  isManifest = path: kind:
    let parent = dirOf path; name = baseNameOf path;
    in
    if kind == "directory" then path == "${root}/packages" || parent == "${root}/packages"
    else builtins.elem name [ "package.json" "package-lock.json" ".npmrc" ] && (parent == root || dirOf parent == "${root}/packages");
  script = if gpu == null then "install-npm-deps.sh" else "npm-ci.sh";
in
stdenvNoCC.mkDerivation {
  name = "castellan-npm-deps${lib.optionalString (gpu != null) "-${gpu}"}";
  src = builtins.path {
    name = "castellan-manifests";
    path = folder;
    filter = path: kind: isManifest (toString path) kind;
  };
  nativeBuildInputs = [ nodejs_24 cacert ];

  buildPhase = ''
    export HOME=$TMPDIR NODE_EXTRA_CA_CERTS=${cacert}/etc/ssl/certs/ca-bundle.crt
    cp ${./npm-ci.sh} npm-ci.sh
    cp ${./install-npm-deps.sh} install-npm-deps.sh
    sh ./${script} ${processor}
  '';
  installPhase = "cp -r node_modules $out";
  # The hash is of what npm brought; nothing may be made of it here.
  dontFixup = true;

  outputHashMode = "recursive";
  outputHashAlgo = "sha256";
  outputHash = hashes.${if gpu == null then system else gpu};
  impureEnvVars = lib.fetchers.proxyImpureEnvVars ++ [ "npm_config_registry" "NPM_CONFIG_REGISTRY" ];
}
