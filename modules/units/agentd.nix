# agentd: changes the host. It is root, and says in docs/nixos.md what it keeps of that and why.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.castellan;
  hardening = import ../lib/hardening.nix { inherit lib; };
  places = import ../lib/places.nix { inherit cfg; };
  settingsOf = import ../lib/settings.nix { inherit lib; };

  timing = routine:
    if routine.cron != null
    then { inherit (routine) cron; timezone = routine.timeZone; }
    else { inherit (routine) everySeconds; };
  routine = _: given: {
    inherit (given) description calls jitterSeconds catchUp onFailure;
    timing = timing given;
  };

  capabilities = [
    "CAP_CHOWN" "CAP_DAC_OVERRIDE" "CAP_DAC_READ_SEARCH" "CAP_FOWNER" "CAP_FSETID"
    "CAP_KILL"
    "CAP_SETUID" "CAP_SETGID" "CAP_SETPCAP"
    "CAP_SYS_ADMIN" "CAP_SYS_CHROOT" "CAP_NET_ADMIN"
  ] ++ lib.optionals (cfg.hardening.level == "standard") [ "CAP_SYS_PTRACE" "CAP_SYS_RAWIO" ];
in
{
  config = lib.mkIf cfg.enable (lib.mkMerge [
    (settingsOf "agentd" cfg.agentd.settings {
      inherit (cfg) logLevel mcpServers watchers;
      stateDir = places.state;
      agentSocket = places.sockets.agent;
      operatorSocket = places.sockets.operator;
      recordSocket = places.sockets.record;
      engineSocket = if cfg.engine.enable then places.sockets.engine else null;
      airlockSocket = if cfg.airlock.enable then places.sockets.airlockAgentd else null;
      tokenFile = places.token;
      pagePort = cfg.gateway.port;
      sessions.mode = cfg.mode;
      approvals.passkeys = if cfg.nginx.enable then { origins = [ "https://${toString cfg.nginx.hostName}" ]; } else null;
      policy.dir = places.policy;
      # What is written in the configuration is changed there, and not by a signed word from the page.
      policy.declaredBy = if cfg.policy.files == { } then null else "services.castellan.policy.files";
      models = {
        sources.hosts = cfg.models.sourceHosts;
        provenance = { inherit (cfg.models) trustedRootFile identities keyFiles; required = cfg.models.requireSignature; };
        inherit (cfg.models) keepRefusedDays;
      };
      incidents.automaticContainment = cfg.incidents.automaticContainment;
      integrity = { inherit (cfg.integrity) paths scanMinutes canaries; };
      backups = { inherit (cfg.backups) folder keepDaily keepWeekly quotaBytes; };
      switch = { inherit (cfg.switch) confirm probationSeconds confirmSeconds checks; };
      ledger = {
        witnessPolicy = if cfg.witnesses.policy == null then null else "/etc/castellan/witnesses";
        cosignEverySeconds = cfg.witnesses.everySeconds;
      };
      operators = cfg.operators;
      routines = lib.mapAttrs routine cfg.routines;
    })
    {
      environment.etc = lib.mapAttrs' (name: { text, source }: lib.nameValuePair "castellan/policy/${name}" (
        # A file of its own and no link, which NixOS makes otherwise: agentd takes no rules through links.
        { mode = "0444"; } // (if source == null then { inherit text; } else { inherit source; })
      )) cfg.policy.files // lib.optionalAttrs (cfg.witnesses.policy != null) {
        "castellan/witnesses".text = cfg.witnesses.policy;
      };

      # agentd looks for programs in the system's own profile and nowhere else.
      environment.systemPackages = [ pkgs.bubblewrap pkgs.git pkgs.inotify-tools pkgs.nftables pkgs.tpm2-tools pkgs.util-linux ] ++ cfg.agentd.extraPackages;

      systemd.services.castellan-agentd = {
        description = "Castellan's agentd: policy, approvals, the ledger, and every change of this host";
        documentation = [ "file:${cfg.package}/share/doc/castellan/nixos.md" ];
        wantedBy = [ "multi-user.target" ];
        after = [ "network.target" "systemd-tmpfiles-setup.service" ];
        reloadTriggers = map (name: config.environment.etc."castellan/policy/${name}".source) (lib.attrNames cfg.policy.files);
        # castellan-agentd-update.service restarts it instead: at once, or as soon as a switch that agentd itself runs is active.
        restartIfChanged = false;
        inherit (hardening.restarts) unitConfig;
        serviceConfig = hardening.everybody // hardening.notifies // hardening.restarts.serviceConfig // {
          ExecStart = "${cfg.package}/bin/castellan-agentd --config /etc/castellan/agentd.json";
          ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
          StateDirectory = "castellan";
          StateDirectoryMode = "0700";
          CapabilityBoundingSet = lib.concatStringsSep " " capabilities;
          RestrictAddressFamilies = "AF_UNIX AF_INET AF_INET6 AF_NETLINK";
          SystemCallFilter = "~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap";
          SystemCallErrorNumber = "EPERM";
          # What it started stops by its own order; what then is left, at once.
          KillMode = "mixed";
          MemoryMax = cfg.agentd.memoryMax;
          TasksMax = 4096;
          # An evaluation that takes too much memory ends alone, and agentd is among the last to go.
          OOMPolicy = "continue";
          OOMScoreAdjust = -900;
        };
      };
    }
  ]);
}
