# The engine: thinks. It has no network, no secret, and nothing to write to.
{ config, lib, ... }:
let
  cfg = config.services.castellan;
  hardening = import ../lib/hardening.nix { inherit lib; };
  places = import ../lib/places.nix { inherit cfg; };
  settingsOf = import ../lib/settings.nix { inherit lib; };

  devices = {
    nvidia = [ "char-nvidia rw" "char-nvidia-frontend rw" "char-nvidia-uvm rw" "char-nvidiactl rw" ];
    dri = [ "char-drm rw" ];
    amd = [ "/dev/kfd rw" "char-drm rw" ];
  };
  hasGpu = cfg.engine.gpus != [ ];
in
{
  config = lib.mkIf (cfg.enable && cfg.engine.enable) (lib.mkMerge [
    (settingsOf "engine" cfg.engine.settings {
      inherit (cfg) logLevel;
      inherit (cfg.engine) model llamaServer embeddingModel;
      engineSocket = places.sockets.engine;
      modelsFolder = places.modelsForEngine;
    })
    {
      systemd.services.castellan-engine = {
        description = "Castellan's engine: the model, without a network";
        documentation = [ "file:${cfg.package}/share/doc/castellan/engine.md" ];
        wantedBy = [ "multi-user.target" ];
        after = [ "systemd-tmpfiles-setup.service" ];
        environment = lib.mkIf hasGpu { LD_LIBRARY_PATH = "/run/opengl-driver/lib"; };
        # While agents are frozen (`agentctl panic`) it is not started, whoever asks.
        unitConfig = hardening.restarts.unitConfig // { ConditionPathExists = "!${places.frozen}"; };
        serviceConfig = hardening.confined // hardening.notifies // hardening.restarts.serviceConfig // {
          ExecStart = "${cfg.package}/bin/castellan-engine --config /etc/castellan/engine.json";
          User = "castellan-engine";
          Group = "castellan-engine";
          PrivateNetwork = true;
          RestrictAddressFamilies = "AF_UNIX";
          IPAddressDeny = "any";
          ReadWritePaths = [ places.run.engine ];
          # The host's memory and processors decide what fits; they are in /proc beside the processes.
          ProcSubset = "all";
          MemoryMax = cfg.engine.memoryMax;
          MemorySwapMax = 0;
          TasksMax = 512;
          # When memory runs out, the engine goes before what keeps the host.
          OOMScoreAdjust = 500;
          BindReadOnlyPaths = [ "${places.models}:${places.modelsForEngine}" ]
            ++ map toString (lib.filter (file: file != null) [ cfg.engine.model cfg.engine.embeddingModel ])
            # The folder, because the server makes its socket anew each time; absent until it does for the first time.
            ++ lib.optional (cfg.engine.llamaServer != null) "-${dirOf (lib.removePrefix "unix:" cfg.engine.llamaServer)}";
        } // lib.optionalAttrs hasGpu {
          PrivateDevices = false;
          DevicePolicy = "closed";
          DeviceAllow = lib.unique (lib.concatMap (gpu: devices.${gpu}) cfg.engine.gpus);
          SupplementaryGroups = [ "video" "render" ];
          # Drivers share memory with the card by a path of their own.
          PrivateUsers = false;
        };
      };
    }
  ]);
}
