# Restarts agentd when a new system changes it. Not while SafeSwitch activates that system, which would end the switch's own keeper in the
# middle of a step, but right after: the new agentd goes on with the switch, so that the probation judges it, too.
{ config, lib, pkgs, ... }:
let
  cfg = config.services.castellan;

  # SafeSwitch's jobs are transient units by these names (packages/agentd/src/switch/jobs.ts).
  restart = pkgs.writeShellScript "castellan-agentd-restart" ''
    set -u
    while [ -n "$(systemctl list-units --plain --no-legend --state=active,activating 'castellan-activate-*.service' 'castellan-roll-back-*.service' 'castellan-dead-man-*.service')" ]; do
      sleep 0.2
    done
    exec systemctl try-restart castellan-agentd.service
  '';
in
{
  config = lib.mkIf cfg.enable {
    systemd.services.castellan-agentd-update = {
      description = "Castellan: restarts agentd when the system changes it";
      wantedBy = [ "multi-user.target" ];
      # Reloaded, and not restarted, by a switch to a system with another agentd; starting it does nothing.
      reloadIfChanged = true;
      restartTriggers = [ "${cfg.package}" config.environment.etc."castellan/agentd.json".text ];
      path = [ pkgs.systemd pkgs.coreutils ];
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        ExecStart = "${pkgs.coreutils}/bin/true";
        ExecReload = "${pkgs.systemd}/bin/systemd-run --quiet --collect --no-block --setenv=PATH ${restart}";
      };
    };
  };
}
