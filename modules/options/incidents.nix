{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.services.castellan = {
    incidents.automaticContainment = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Whether incidents are contained by themselves, by class and severity (docs/incidents.md). Otherwise they are told, and the operator
        contains them with {command}`agentctl incident contain`.
      '';
    };
    integrity = {
      paths = mkOption {
        type = types.listOf types.path;
        default = [ ];
        example = [ "/etc/ssh" ];
        description = "Files and folders that the integrity baseline takes in, beside Castellan's own.";
      };
      scanMinutes = mkOption {
        type = types.ints.between 1 10080;
        default = 60;
        description = "Time from one full scan of what is watched to the next.";
      };
      canaries = mkOption {
        type = types.listOf types.path;
        default = [ ];
        example = [ "/root/passwords.txt" ];
        description = "Files that are planted and that nobody needs to read: whoever reads or changes one is an incident.";
      };
    };
  };
}
