{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.services.castellan.watchers = mkOption {
    type = types.attrsOf (types.submodule {
      options = {
        description = mkOption {
          type = types.str;
          default = "";
          description = "What it is for.";
        };
        check = mkOption {
          type = types.submodule {
            freeformType = types.attrsOf types.anything;
            options.kind = mkOption {
              type = types.enum [ "unit" "tcp" "http" "disk" "memory" "load" ];
              description = "What is looked at. docs/routines.md says what else each kind takes.";
            };
          };
          example = { kind = "unit"; unit = "nginx.service"; };
          description = "What has to hold.";
        };
        everySeconds = mkOption {
          type = types.ints.between 10 86400;
          default = 60;
          description = "Time from one look to the next.";
        };
        failures = mkOption {
          type = types.ints.between 1 20;
          default = 3;
          description = "Looks in a row that have to find it wrong before anything is done.";
        };
        graceSeconds = mkOption {
          type = types.ints.between 0 86400;
          default = 60;
          description = "Time that a step is given to help before the next one.";
        };
        ladder = mkOption {
          type = types.listOf (types.submodule {
            options = {
              act = mkOption {
                type = types.enum [ "restart" "rollback" "notify" ];
                description = "Restart a unit, go back to the generation before, or raise an incident.";
              };
              unit = mkOption {
                type = types.nullOr types.nonEmptyStr;
                default = null;
                description = "The unit, for `restart`.";
              };
            };
          });
          default = [ { act = "notify"; } ];
          example = lib.literalExpression ''[ { act = "restart"; unit = "nginx.service"; } { act = "notify"; } ]'';
          description = "What is done about it, step after step while it stays wrong. Writing it here is the owner's consent to it.";
        };
      };
    });
    default = { };
    description = ''
      What agentd looks at again and again, by name. They replace a watcher of the same name and go when they are taken out here; those that
      were made by tools are not touched. See docs/routines.md.
    '';
  };
}
