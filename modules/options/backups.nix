{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.services.castellan.backups = {
    folder = mkOption {
      type = types.nullOr (import ../lib/types.nix { inherit lib; }).pathNotInStore;
      default = null;
      example = "/mnt/backup/castellan";
      description = "Where encrypted backups are kept: best another disk. When null, agentd's own folder.";
    };
    keepDaily = mkOption {
      type = types.ints.between 1 3660;
      default = 7;
      description = "Days of which the newest backup of each set is kept.";
    };
    keepWeekly = mkOption {
      type = types.ints.between 0 520;
      default = 4;
      description = "Weeks of which the newest backup of each set is kept.";
    };
    quotaBytes = mkOption {
      type = types.nullOr (types.ints.between 1048576 9007199254740991);
      default = null;
      example = 53687091200;
      description = "Most that all backups may take together. When null, only the disk limits them.";
    };
  };
}
