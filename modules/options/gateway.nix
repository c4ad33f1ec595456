{ lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  json = pkgs.formats.json { };
  own = import ../lib/types.nix { inherit lib; };
in
{
  options.services.castellan.gateway = {
    port = mkOption {
      type = types.port;
      default = 18789;
      description = "Port on 127.0.0.1 that the gateway listens on, for nginx and for programs of this host. Loopback is not trusted: every request needs a credential.";
    };

    publicOrigins = mkOption {
      type = types.listOf (types.strMatching "https?://[a-z0-9.:-]+|https?://\\[[0-9a-f:]+](:[0-9]+)?");
      default = [ ];
      example = [ "https://castellan.example.org" ];
      description = ''
        Further origins that people open the page under. Every other `Host` and `Origin` is refused. What
        {option}`services.castellan.nginx.hostName` names is among them by itself.
      '';
    };

    memoryMax = mkOption {
      type = own.memory;
      default = "1G";
      description = "Most memory that the gateway may use (systemd.resource-control(5)).";
    };

    settings = mkOption {
      type = types.submodule { freeformType = json.type; };
      default = { };
      description = "Further configuration of the gateway; it refuses keys that it does not know, and then does not start.";
    };
  };
}
