# A stand-in for the few packages that the module names. On a host of another Linux their programs are below /usr.
{ lib, usr ? "/usr" }:
let
  names = [
    "bubblewrap" "coreutils" "findutils" "git" "gnugrep" "gnused" "inotify-tools" "iproute2" "nftables" "nginx" "nodejs" "shellcheck" "smartmontools"
    "strace" "systemd" "tpm2-tools" "util-linux"
  ];

  package = name: {
    type = "derivation";
    outPath = usr;
    inherit name;
    meta.mainProgram = name;
  };
  script = name: text: {
    type = "derivation";
    inherit name;
    outPath = "/bin/sh ${builtins.toFile name text}";
  };
in
rec {
  inherit lib;
  system = "x86_64-linux";
  callPackage = file: overrides:
    let f = if builtins.isFunction file then file else import file;
    in f (builtins.intersectAttrs (builtins.functionArgs f) (pkgs // overrides));
  pkgs = { inherit lib formats writeShellScript; } // packages;

  # Nothing here can make a file executable, so a script comes with the shell that runs it.
  writeShellScript = name: text: script name "#!/bin/sh\n${text}";

  formats.json = _: {
    type =
      let value = lib.types.nullOr (lib.types.oneOf [ lib.types.bool lib.types.int lib.types.float lib.types.str lib.types.path (lib.types.attrsOf value) (lib.types.listOf value) ]) // { description = "JSON value"; };
      in value;
    generate = name: value: builtins.toFile name (builtins.toJSON value);
  };

  packages = lib.genAttrs names package;
  inherit (packages) bubblewrap coreutils findutils git gnugrep gnused inotify-tools nftables nodejs smartmontools systemd tpm2-tools util-linux;
}
