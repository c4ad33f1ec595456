# The operator's command line alone, for a machine that keeps no server: it verifies ledgers offline and signs approvals.
{ runCommand, callPackage, castellan ? callPackage ./package.nix { } }:
runCommand "agentctl-${castellan.version}" { meta = castellan.meta // { mainProgram = "agentctl"; }; } ''
  mkdir -p $out/bin
  ln -s ${castellan}/bin/agentctl $out/bin/agentctl
''
