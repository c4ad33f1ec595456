# Default-deny egress by user (nft(8), `meta skuid`): of Castellan's users only the airlock's may open a connection. A table of its own,
# which leaves the host's firewall alone, whichever that is.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.castellan;
  held = [ "castellan-gateway" "castellan-engine" ];

  # Loaded whole: a table that is there is replaced in one transaction.
  ruleset = builtins.toFile "castellan-egress.nft" ''
    table inet castellan
    delete table inet castellan
    table inet castellan {
      chain output {
        type filter hook output priority filter; policy accept;
        meta skuid { ${lib.concatStringsSep ", " held} } jump held
      }
      chain held {
        ct state established,related accept comment "answers to whoever connected"
        ${lib.optionalString cfg.egress.gatewayLoopback ''meta skuid castellan-gateway oifname "lo" accept comment "programs of the gateway's"''}
        counter reject with icmpx admin-prohibited
      }
    }
  '';
in
{
  config = lib.mkIf (cfg.enable && cfg.egress.enforce) {
    systemd.services.castellan-egress = {
      description = "Castellan's egress rules: nothing leaves but through the airlock";
      requiredBy = map (name: "${name}.service") held;
      before = map (name: "${name}.service") held;
      after = [ "nftables.service" "firewall.service" ];
      # Starting or reloading that one may flush every table, ours among them.
      partOf = [ "nftables.service" ];
      unitConfig.ReloadPropagatedFrom = "nftables.service";
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${pkgs.nftables}/bin/nft -f ${ruleset}";
        ExecReload = "${pkgs.nftables}/bin/nft -f ${ruleset}";
        ExecStop = "${pkgs.nftables}/bin/nft delete table inet castellan";
        CapabilityBoundingSet = "CAP_NET_ADMIN";
        NoNewPrivileges = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        RestrictAddressFamilies = "AF_NETLINK AF_UNIX";
        SystemCallFilter = [ "@system-service" ];
        SystemCallArchitectures = "native";
        MemoryDenyWriteExecute = true;
      };
    };
  };
}
