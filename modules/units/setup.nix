# Users, groups, folders of the sockets, the owner's token, and what tells agentctl where everything is.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.castellan;
  hardening = import ../lib/hardening.nix { inherit lib; };
  places = import ../lib/places.nix { inherit cfg; };

  # 256 random bits, written whole or not at all. A token that is there stays.
  makeToken = pkgs.writeShellScript "castellan-owner-token" ''
    set -eu
    umask 077
    [ -s ${places.token} ] && exit 0
    printf 'cst_%s\n' "$(head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=')" > ${places.token}.new
    sync ${places.token}.new
    mv ${places.token}.new ${places.token}
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
        "d ${places.run.agentd} 2750 root castellan -"
        "d ${places.run.record} 2750 root castellan-record -"
        "d ${places.run.engine} 2750 castellan-engine castellan-gateway -"
        "d ${places.run.airlock} 2750 castellan-airlock castellan-gateway -"
        "d ${places.state} 0700 root root -"
        "L+ ${places.state}/run.json - - - - /etc/castellan/run.json"
      ];

      environment.etc."castellan/run.json".text = builtins.toJSON {
        url = "http://127.0.0.1:${toString cfg.gateway.port}";
        tokenFile = places.token;
        agentSocket = places.sockets.agent;
        operatorSocket = places.sockets.operator;
      };

      environment.systemPackages = [ cfg.package ];
    }
    (lib.mkIf (cfg.ownerTokenFile == null) {
      systemd.services.castellan-setup = {
        description = "Castellan: the owner's token";
        before = [ "castellan-agentd.service" "castellan-gateway.service" ];
        requiredBy = [ "castellan-agentd.service" "castellan-gateway.service" ];
        serviceConfig = hardening.confined // {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = makeToken;
          StateDirectory = "castellan";
          StateDirectoryMode = "0700";
          # It writes as root to root's own folder.
          PrivateUsers = false;
          PrivateNetwork = true;
          RestrictAddressFamilies = "none";
        };
      };
    })
  ]);
}
