{ lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  json = pkgs.formats.json { };
  own = import ../lib/types.nix { inherit lib; };

  destination = types.submodule {
    options = {
      host = mkOption {
        type = types.strMatching "(\\*\\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?";
        example = "api.example.org";
        description = "A host by its name, or `*.` and a domain for every name below it.";
      };
      scheme = mkOption {
        type = types.enum [ "https" "http" ];
        default = "https";
        description = "Plain `http` is for hosts of your own networks.";
      };
      port = mkOption {
        type = types.nullOr types.port;
        default = null;
        description = "When null, 443 or 80.";
      };
      methods = mkOption {
        type = types.nullOr (types.listOf (types.enum [ "GET" "HEAD" "POST" "PUT" "PATCH" "DELETE" "OPTIONS" ]));
        default = null;
        example = [ "GET" ];
        description = "Methods that are let through. When null, any.";
      };
      path = mkOption {
        type = types.strMatching "/.*";
        default = "/";
        example = "/v1";
        description = "This path and everything below it.";
      };
      reach = mkOption {
        type = types.enum [ "public" "private" "loopback" ];
        default = "public";
        description = "Where the host may be: on the internet, in your own networks, or on this machine. An address of another kind is refused, whatever the name resolves to.";
      };
      perMinute = mkOption {
        type = types.ints.between 1 100000;
        default = 600;
        description = "Requests a minute.";
      };
      note = mkOption {
        type = types.nullOr (types.strMatching ".{1,200}");
        default = null;
        description = "What it is for, for people.";
      };
    };
  };
in
{
  options.services.castellan.airlock = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether there is a way out at all. Without the airlock nothing of Castellan's but agentd reaches another machine.";
    };

    allow = mkOption {
      type = types.listOf destination;
      default = [ ];
      example = lib.literalExpression ''[ { host = "api.example.org"; methods = [ "POST" ]; path = "/v1"; } ]'';
      description = ''
        What may be reached. The operator can allow more with `agentctl`; what is named here can be taken away only here.
      '';
    };

    nameServers = mkOption {
      type = types.listOf (types.strMatching "[0-9.]+(:[0-9]+)?|\\[[0-9a-fA-F:]+](:[0-9]+)?");
      default = [ ];
      example = [ "9.9.9.9" "[2620:fe::fe]:53" ];
      description = "Name servers that the airlock asks instead of the host's.";
    };

    memoryMax = mkOption {
      type = own.memory;
      default = "512M";
      description = "Most memory that the airlock may use (systemd.resource-control(5)).";
    };

    settings = mkOption {
      type = types.submodule { freeformType = json.type; };
      default = { };
      description = "Further configuration of the airlock.";
    };
  };
}
