# Castellan's programs, built from source and run by nixpkgs' Node. `gpu` (`cuda` or `vulkan`) adds the engine's binaries for graphics
# processors.
{ lib, stdenv, callPackage, makeWrapper, nodejs_24, gpu ? null }:
let
  npmDeps = callPackage ./npm-deps.nix { };
  gpuDeps = callPackage ./npm-deps.nix { inherit gpu; };
  left = [ ".git" ".cache" "node_modules" "dist" "result" "bench" "coverage" ];
  programs = [ "agentd" "gateway" "engine" "airlock" ];
in
stdenv.mkDerivation {
  pname = "castellan";
  version = (builtins.fromJSON (builtins.readFile ../package.json)).version;

  src = builtins.path {
    name = "castellan-source";
    path = ../.;
    filter = path: _: !builtins.elem (baseNameOf path) left;
  };

  nativeBuildInputs = [ makeWrapper nodejs_24 ];

  # What `npm run build` does; it finds everything installed already.
  buildPhase = ''
    runHook preBuild
    export HOME=$TMPDIR
    cp -r ${npmDeps} node_modules
    chmod -R u+w node_modules
    # Says that all is installed, as `npm start` does (scripts/bootstrap/install.mjs).
    { printf 'linux %s\n' "$(node -p process.arch)"; cat package-lock.json; } | sha256sum | cut -d ' ' -f 1 > node_modules/.castellan-installed
    node scripts/build.mjs
    node nix/prune.mjs
    runHook postBuild
  '';

  # The folders keep their places to each other: programs find the model, the skills and the page beside themselves.
  installPhase = ''
    runHook preInstall
    root=$out/lib/castellan
    mkdir -p $root $out/bin $out/share/doc/castellan
    cp -r package.json node_modules packages skills models openapi $root/
    rm -rf $root/packages/testing $root/packages/*/{src,test,scripts} $root/node_modules/@castellan/testing
    ${lib.optionalString (gpu != null) "cp -r ${gpuDeps}/@node-llama-cpp/. $root/node_modules/@node-llama-cpp/"}
    cp -r docs/*.md $out/share/doc/castellan/

    for program in ${toString programs}; do
      heap=
      [ $program != agentd ] || heap="--max-semi-space-size=2 "
      makeWrapper ${nodejs_24}/bin/node $out/bin/castellan-$program --add-flags "$heap$root/packages/$program/dist/main.js"
    done
    makeWrapper ${nodejs_24}/bin/node $out/bin/agentctl --add-flags "--max-semi-space-size=2 $root/packages/agentctl/dist/main.js"
    makeWrapper $out/bin/agentctl $out/bin/castellan-mcp --add-flags "mcp serve"
    runHook postInstall
  '';

  # Node's addons were linked for any Linux with glibc: what they need, Node itself has loaded before them.
  dontPatchELF = true;
  dontStrip = true;
  doCheck = false;

  meta = {
    description = "Keeps a NixOS server for its owner";
    license = lib.licenses.mit;
    mainProgram = "agentctl";
    platforms = [ "x86_64-linux" "aarch64-linux" ];
  };
}
