# Users, groups, folders of the sockets, the gateway's sealed key, and what tells agentctl where everything is.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.castellan;
  hardening = import ../lib/hardening.nix { inherit lib; };
  places = import ../lib/places.nix { inherit cfg; };

  # The key that wraps all that the gateway encrypts, sealed to this host by its TPM or its own key (systemd-creds(1)). One that is there
  # stays, and so does one in a file, from before it was sealed.
  sealKey = pkgs.writeShellScript "castellan-seal-key" ''
    set -eu
    umask 077
    sealed=/etc/credstore.encrypted/castellan-gateway-kek
    [ -e "$sealed" ] && exit 0
    [ -e ${places.gatewayState}/gateway/keys/kek ] && exit 0
    head -c 32 /dev/urandom | systemd-creds encrypt --name=castellan-gateway-kek - "$sealed.new"
    sync "$sealed.new"
    mv "$sealed.new" "$sealed"
  '';

  user = name: {
    users.users.${name} = {
      isSystemUser = true;
      group = name;
      description = "Castellan's ${lib.removePrefix "castellan-" name}";
    };
    users.groups.${name} = { };
  };
in
{
  config = lib.mkIf cfg.enable (lib.mkMerge [
    (user "castellan-gateway")
    (user "castellan-engine")
    (user "castellan-airlock")
    {
      users.groups.castellan.members = [ "castellan-gateway" ] ++ cfg.agentUsers;
      # The gateway and the airlock put on record what they did; nobody else has a reason to.
      users.groups.castellan-record.members = [ "castellan-gateway" "castellan-airlock" ];

      # A socket gets the group of its folder (the leading 2): each folder is open to exactly those that have to get in.
      systemd.tmpfiles.rules = [
        # Empty at first; the engine's unit cannot start without it.
        "d ${places.state} 0700 root root -"
        "d ${places.models} 0755 root root -"
        "d ${places.run.agentd} 2750 root castellan -"
        "d ${places.run.record} 2750 root castellan-record -"
        "d ${places.run.engine} 2750 castellan-engine castellan-gateway -"
        "d ${places.run.airlock} 2750 castellan-airlock castellan-gateway -"
      ];

      environment.etc."castellan/run.json".text = builtins.toJSON {
        url = "http://127.0.0.1:${toString cfg.gateway.port}";
        tokenFile = places.token;
        agentSocket = places.sockets.agent;
        operatorSocket = places.sockets.operator;
        airlockOperatorSocket = places.sockets.airlockOperator;
        airlockSocket = places.sockets.airlock;
        engineSocket = places.sockets.engine;
        # Of what starts and stops the processes: systemd.
        pid = 1;
      };

      environment.systemPackages = [ cfg.package ];
    }
    (lib.mkIf cfg.credentials.seal {
      systemd.tmpfiles.rules = [ "d /etc/credstore.encrypted 0700 root root -" ];
      systemd.services.castellan-setup = {
        description = "Castellan: the gateway's key, sealed to this host";
        before = [ "castellan-gateway.service" ];
        requiredBy = [ "castellan-gateway.service" ];
        after = [ "systemd-tmpfiles-setup.service" ];
        serviceConfig = hardening.confined // {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = sealKey;
          # As root, with the host's own key (made here where there is none) and its TPM.
          PrivateUsers = false;
          CapabilityBoundingSet = "CAP_DAC_OVERRIDE";
          ReadWritePaths = [ "/etc/credstore.encrypted" "/var/lib/systemd" ];
          PrivateDevices = false;
          DevicePolicy = "closed";
          DeviceAllow = [ "/dev/tpmrm0 rw" ];
          PrivateNetwork = true;
          RestrictAddressFamilies = "AF_UNIX";
        };
      };
    })
  ]);
}
