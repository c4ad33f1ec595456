# What Castellan's units are denied (systemd.exec(5), systemd.resource-control(5)); docs/nixos.md says why of each directive.
{ lib }:
rec {
  # What no process of ours has any use for, also not one that changes the host, and what leaves its view of the host as it is.
  everybody = {
    NoNewPrivileges = true;
    LockPersonality = true;
    RestrictRealtime = true;
    SystemCallArchitectures = "native";
    KeyringMode = "private";
    UMask = "0077";
  };

  # A process that holds nothing but its own folder: it sees little of the host and can change none of it.
  confined = everybody // {
    CapabilityBoundingSet = "";
    AmbientCapabilities = "";
    ProtectSystem = "strict";
    ProtectHome = true;
    PrivateTmp = true;
    PrivateDevices = true;
    PrivateMounts = true;
    PrivateUsers = true;
    ProtectClock = true;
    ProtectControlGroups = true;
    ProtectHostname = true;
    ProtectKernelLogs = true;
    ProtectKernelModules = true;
    ProtectKernelTunables = true;
    ProtectProc = "invisible";
    ProcSubset = "pid";
    RemoveIPC = true;
    RestrictNamespaces = true;
    RestrictSUIDSGID = true;
    SystemCallFilter = [ "@system-service" "~@privileged @resources @obsolete" ];
    SystemCallErrorNumber = "EPERM";
    # Other programs' sockets and files, also those that everybody may reach.
    InaccessiblePaths = [ "-/run/dbus" "-/run/user" "-/run/nscd" "-/nix/var/nix/daemon-socket" "-/boot" ];
  };

  # Restarted when it fails, but not for ever, and not where only somebody's hand helps (exit code 78, EX_CONFIG of sysexits.h).
  restarts = {
    unitConfig = {
      StartLimitIntervalSec = 300;
      StartLimitBurst = 8;
    };
    serviceConfig = {
      Restart = "on-failure";
      RestartSec = 2;
      RestartPreventExitStatus = 78;
    };
  };

  # systemd is told when the process is ready and that it goes on living. The words come from systemd-notify, a child of it.
  notifies = {
    Type = "notify";
    NotifyAccess = "all";
    WatchdogSec = 60;
    TimeoutStartSec = 90;
    # Castellan drains for five seconds by itself (packages/daemon/src/lifecycle.ts).
    TimeoutStopSec = 15;
  };
}
