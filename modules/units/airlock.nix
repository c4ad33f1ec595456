# The airlock: the way out. It is the only user of ours whose packets leave, and holds no secret but those the owner has it put into requests.
{ config, lib, ... }:
let
  cfg = config.services.castellan;
  hardening = import ../lib/hardening.nix { inherit lib; };
  places = import ../lib/places.nix { inherit cfg; };
  settingsOf = import ../lib/settings.nix { inherit lib; };
  inherit (cfg.airlock) search;

  destination = { perMinute, ... }@given: removeAttrs given [ "perMinute" "_module" ] // { per_minute = perMinute; };
in
{
  config = lib.mkIf (cfg.enable && cfg.airlock.enable) (lib.mkMerge [
    (settingsOf "airlock" cfg.airlock.settings {
      inherit (cfg) logLevel;
      stateDir = places.airlockState;
      airlockSocket = places.sockets.airlock;
      airlockOperatorSocket = places.sockets.airlockOperator;
      airlockAgentdSocket = places.sockets.airlockAgentd;
      recordSocket = places.sockets.record;
      nameServers = cfg.airlock.nameServers;
      allow = map destination cfg.airlock.allow;
      inherit (cfg.airlock) inspect;
      search = if search == null then null else {
        inherit (search) url;
        tor = if search.tor == null then null else { inherit (search.tor) socks control cookieFile passwordFile; };
      };
    })
    {
      systemd.services.castellan-airlock = {
        description = "Castellan's airlock: the way out";
        wantedBy = [ "multi-user.target" ];
        wants = [ "castellan-agentd.service" ];
        after = [ "network.target" "nss-lookup.target" "systemd-tmpfiles-setup.service" "castellan-agentd.service" ];
        # While agents are frozen (`agentctl panic`) it is not started, whoever asks.
        unitConfig = hardening.restarts.unitConfig // { ConditionPathExists = "!${places.frozen}"; };
        serviceConfig = hardening.confined // hardening.notifies // hardening.restarts.serviceConfig // {
          ExecStart = "${cfg.package}/bin/castellan-airlock --config /etc/castellan/airlock.json";
          User = "castellan-airlock";
          Group = "castellan-airlock";
          SupplementaryGroups = [ "castellan-record" ] ++ lib.optional (search != null && search.tor != null && search.tor.group != null) search.tor.group;
          StateDirectory = "castellan-airlock";
          StateDirectoryMode = "0700";
          ReadWritePaths = [ places.run.airlock ];
          RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6";
          MemoryMax = cfg.airlock.memoryMax;
          TasksMax = 128;
        };
      };
    }
  ]);
}
