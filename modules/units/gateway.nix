# The gateway: talks to people and to models. It cannot change the host, nor open a connection to another machine.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.castellan;
  hardening = import ../lib/hardening.nix { inherit lib; };
  places = import ../lib/places.nix { inherit cfg; };
  settingsOf = import ../lib/settings.nix { inherit lib; };

  # 256 random bits, written whole or not at all. A token that is there stays.
  makeToken = pkgs.writeShellScript "castellan-owner-token" ''
    set -eu
    umask 077
    [ -s ${places.token} ] && exit 0
    printf 'cst_%s\n' "$(head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=')" > ${places.token}.new
    sync ${places.token}.new
    mv ${places.token}.new ${places.token}
  '';

  agentOf = _: { title, prompt, engine, memory }: lib.filterAttrs (_: value: value != null) {
    inherit title prompt engine;
    memory = { inherit (memory) enabled; token_budget = memory.tokenBudget; };
  };
  agents = if cfg.agents == { } then null else builtins.toJSON ({
    version = 1;
    agents = lib.mapAttrs agentOf cfg.agents;
  } // lib.optionalAttrs (cfg.defaultAgent != null) { default = cfg.defaultAgent; });
in
{
  config = lib.mkIf cfg.enable (lib.mkMerge [
    (settingsOf "gateway" cfg.gateway.settings {
      inherit (cfg) logLevel;
      host = "127.0.0.1";
      port = cfg.gateway.port;
      publicOrigins = lib.unique (cfg.gateway.publicOrigins ++ lib.optional cfg.nginx.enable "https://${toString cfg.nginx.hostName}");
      agentsFile = if agents == null then null else "/etc/castellan/agents.json";
      listenSocket = if cfg.nginx.enable then places.sockets.web else null;
      stateDir = places.gatewayState;
      agentSocket = places.sockets.agent;
      engineSocket = places.sockets.engine;
      airlockSocket = places.sockets.airlock;
      recordSocket = places.sockets.record;
    })
    (lib.mkIf (agents != null) {
      environment.etc."castellan/agents.json".text = agents;
      # Read again without a restart: chats that are under way go on as they began.
      systemd.services.castellan-gateway.reloadTriggers = [ agents ];
    })
    {
      systemd.services.castellan-gateway = {
        description = "Castellan's gateway: chat, page and API";
        wantedBy = [ "multi-user.target" ];
        wants = [ "castellan-agentd.service" ] ++ lib.optional cfg.engine.enable "castellan-engine.service"
          ++ lib.optional cfg.airlock.enable "castellan-airlock.service";
        after = [ "network.target" "systemd-tmpfiles-setup.service" "castellan-agentd.service" "castellan-engine.service" "castellan-airlock.service" ];
        # %d is systemd's word for the folder of its credentials; a file would not know it.
        environment.CASTELLAN_TOKEN_FILE = if cfg.ownerTokenFile == null then places.token else "%d/owner-token";
        inherit (hardening.restarts) unitConfig;
        serviceConfig = hardening.confined // hardening.notifies // hardening.restarts.serviceConfig // {
          ExecStart = "${cfg.package}/bin/castellan-gateway --config /etc/castellan/gateway.json";
          User = "castellan-gateway";
          Group = "castellan-gateway";
          SupplementaryGroups = [ "castellan" "castellan-record" ];
          StateDirectory = "castellan-gateway";
          StateDirectoryMode = "0700";
          ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
          ExecStartPre = lib.optional (cfg.ownerTokenFile == null) makeToken;
          LoadCredential = lib.optional (cfg.ownerTokenFile != null) "owner-token:${cfg.ownerTokenFile}";
          # By name only, so that neither has to be there: the key, and while it is replaced the next one.
          LoadCredentialEncrypted = [ "castellan-gateway-kek" "castellan-gateway-kek-next" ];
          ReadWritePaths = lib.optional cfg.nginx.enable places.run.web;
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
