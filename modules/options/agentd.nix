{ lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  json = pkgs.formats.json { };
  own = import ../lib/types.nix { inherit lib; };
in
{
  options.services.castellan.agentd = {
    settings = mkOption {
      default = { };
      example = lib.literalExpression ''
        {
          files.roots = [ { path = "/srv/www"; access = "write"; } ];
          trash.maxAgeDays = 90;
          budgets.day.tokens = 2000000;
        }
      '';
      description = ''
        Configuration of agentd, as docs/nixos.md and the pages it names describe it. Keys that are not declared here are passed on as
        they are; agentd refuses those it does not know, and then does not start.
      '';
      type = types.submodule {
        freeformType = json.type;
        options = {
          files.roots = mkOption {
            type = types.listOf (types.submodule {
              options = {
                path = mkOption {
                  type = types.str;
                  example = "/srv/www";
                  description = "A folder, by its absolute path.";
                };
                access = mkOption {
                  type = types.enum [ "read" "write" ];
                  description = "What file tools may do in it.";
                };
              };
            });
            default = [ ];
            description = "Folders that file tools may touch beside the workspace.";
          };
          nixos.flake = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "/etc/nixos";
            description = ''
              The flake that this host is built from: a folder, or a reference. When null, {file}`/etc/nixos` is looked at, first for a
              flake and then for a {file}`configuration.nix`.
            '';
          };
          nixos.overlayDir = mkOption {
            type = types.str;
            default = "/etc/nixos/castellan";
            description = "Where nixos_option_set keeps the options that agents set. The host's configuration imports them by {file}`modules/overlay.nix` (docs/nixos-tools.md).";
          };
          skills.folders = mkOption {
            type = types.listOf types.str;
            default = [ ];
            example = [ "/srv/skills" ];
            description = "Folders of the owner with skills, {file}`NAME/SKILL.md` each.";
          };
          approvals.ownerToken = mkOption {
            type = types.bool;
            default = false;
            description = ''
              Whether whoever holds the owner's token may approve calls with it. The gateway sees that token, so this lets a gateway that
              was taken over approve; operators' keys and passkeys do not.
            '';
          };
        };
      };
    };

    memoryMax = mkOption {
      type = own.memory;
      default = "4G";
      description = ''
        Most memory that agentd and what it starts may use together (systemd.resource-control(5)). Evaluating a NixOS configuration is
        part of it and takes one to two gigabytes.
      '';
    };

    extraPackages = mkOption {
      type = types.listOf types.package;
      default = [ ];
      example = lib.literalExpression "[ pkgs.smartmontools ]";
      description = ''
        Programs that are added to the system for tools to use, beside bubblewrap, git, inotify-tools, nftables, tpm2-tools and util-linux. agentd finds programs in
        {file}`/run/current-system/sw/bin` only.
      '';
    };
  };
}
