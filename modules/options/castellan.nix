{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  inherit (config.services.castellan.engine) gpus;
in
{
  options.services.castellan = {
    enable = lib.mkEnableOption "Castellan, which keeps this server for its owner: an agent whose every act is decided by policy, approved, recorded and reversible";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ../../nix/package.nix {
        gpu = if builtins.elem "nvidia" gpus then "cuda" else if gpus != [ ] then "vulkan" else null;
      };
      defaultText = lib.literalMD "Castellan built with this host's nixpkgs, and with the engine's binaries for the graphics processors of {option}`services.castellan.engine.gpus`";
      description = "The package with Castellan's programs.";
    };

    mode = mkOption {
      type = types.enum [ "observe" "assist" "operate" "sensitive" ];
      default = "assist";
      example = "observe";
      description = ''
        How freely agents act where nothing else was set for a session. `observe` changes nothing, `assist` asks before every
        change, `operate` makes changes that can be taken back by itself, `sensitive` asks for everything and has small budgets.
        See docs/policy.md.
      '';
    };

    logLevel = mkOption {
      type = types.enum [ "trace" "debug" "info" "warn" "error" ];
      default = "info";
      description = "How much Castellan's processes write to the journal.";
    };

    hardening.level = mkOption {
      type = types.enum [ "standard" "strict" ];
      default = "standard";
      example = "strict";
      description = ''
        How much agentd, the only process that runs as root, gives up. `standard` leaves it what some tool of it needs. `strict` takes
        away what only tools that look need: raw access to disks (their health) and to other users' processes (whose port it is); those
        tools then say less. The other processes have the strictest walls that they can bear at both levels.
      '';
    };

    ownerTokenFile = mkOption {
      type = types.nullOr (import ../lib/types.nix { inherit lib; }).pathNotInStore;
      default = null;
      example = "/run/keys/castellan-owner-token";
      description = ''
        File with the owner's bearer token (`cst_` and 43 base64url characters) for programs that talk to the gateway. Root alone
        needs to read it; the gateway gets it as a systemd credential. When null, the gateway makes one at its first start
        and keeps it in {file}`/var/lib/castellan-gateway/token`, where it can also replace it.
      '';
    };

    agentUsers = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "ada" ];
      description = ''
        Users of this host who are put into the group `castellan`, which may connect to {file}`/run/castellan/agent.sock`: they ask for calls
        there as an agent does, e.g. with `agentctl mcp serve`; policy and approvals apply. Deciding is root's, on another socket.
      '';
    };
  };
}
