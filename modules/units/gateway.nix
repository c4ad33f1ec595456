# The gateway: talks to people and to models. It cannot change the host, nor open a connection to another machine.
{ config, lib, ... }:
let
  cfg = config.services.castellan;
  hardening = import ../lib/hardening.nix { inherit lib; };
  places = import ../lib/places.nix { inherit cfg; };
  settingsOf = import ../lib/settings.nix { inherit lib; };
in
{
  config = lib.mkIf cfg.enable (lib.mkMerge [
    (settingsOf "gateway" (cfg.gateway.settings // {
      inherit (cfg) logLevel;
      host = "127.0.0.1";
      port = cfg.gateway.port;
      publicOrigins = lib.unique (cfg.gateway.publicOrigins ++ lib.optional cfg.nginx.enable "https://${toString cfg.nginx.hostName}");
      stateDir = places.gatewayState;
      agentSocket = places.sockets.agent;
      engineSocket = places.sockets.engine;
    }))
    {
      systemd.services.castellan-gateway = {
        description = "Castellan's gateway: chat, page and API";
        wantedBy = [ "multi-user.target" ];
        wants = [ "castellan-agentd.service" ] ++ lib.optional cfg.engine.enable "castellan-engine.service"
          ++ lib.optional cfg.airlock.enable "castellan-airlock.service";
        after = [ "network.target" "systemd-tmpfiles-setup.service" "castellan-agentd.service" "castellan-engine.service" "castellan-airlock.service" ];
        # systemd's word for the folder of its credentials; a file would not know it.
        environment.CASTELLAN_TOKEN_FILE = "%d/owner-token";
        inherit (hardening.restarts) unitConfig;
        serviceConfig = hardening.confined // hardening.notifies // hardening.restarts.serviceConfig // {
          ExecStart = "${cfg.package}/bin/castellan-gateway --config /etc/castellan/gateway.json";
          User = "castellan-gateway";
          Group = "castellan-gateway";
          SupplementaryGroups = [ "castellan" "castellan-record" ];
          StateDirectory = "castellan-gateway";
          StateDirectoryMode = "0700";
          LoadCredential = [ "owner-token:${places.token}" ];
          RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6";
          IPAddressDeny = "any";
          IPAddressAllow = "localhost";
          MemoryMax = cfg.gateway.memoryMax;
          TasksMax = 256;
        };
      };
    }
  ]);
}
