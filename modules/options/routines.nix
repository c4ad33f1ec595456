{ lib, ... }:
let
  inherit (lib) mkOption types;
  call = types.submodule {
    options = {
      tool = mkOption {
        type = types.nonEmptyStr;
        example = "service_failed";
        description = "Name of a tool.";
      };
      args = mkOption {
        type = types.attrsOf types.anything;
        default = { };
        description = "Its arguments.";
      };
    };
  };
in
{
  options.services.castellan.routines = mkOption {
    type = types.attrsOf (types.submodule {
      options = {
        description = mkOption {
          type = types.str;
          default = "";
          description = "What it is for.";
        };
        cron = mkOption {
          type = types.nullOr types.nonEmptyStr;
          default = null;
          example = "30 4 * * *";
          description = "When it runs, as five cron fields.";
        };
        timeZone = mkOption {
          type = types.str;
          default = "UTC";
          example = "Europe/Berlin";
          description = "Time zone of {option}`cron`.";
        };
        everySeconds = mkOption {
          type = types.nullOr (types.ints.between 60 2678400);
          default = null;
          example = 3600;
          description = "Time from one run to the next, instead of {option}`cron`.";
        };
        calls = mkOption {
          type = types.listOf call;
          example = lib.literalExpression ''[ { tool = "service_failed"; } ]'';
          description = "What it calls, one after the other. Writing it here is the owner's consent to exactly these calls.";
        };
        jitterSeconds = mkOption {
          type = types.ints.between 0 3600;
          default = 0;
          description = "Each run starts up to so many seconds late, by chance.";
        };
        catchUp = mkOption {
          type = types.enum [ "once" "skip" ];
          default = "skip";
          description = "Whether runs that were missed while the host was down are made up for, once.";
        };
        onFailure = mkOption {
          type = types.enum [ "stop" "continue" ];
          default = "stop";
          description = "Whether the calls after one that failed are still made.";
        };
      };
    });
    default = { };
    description = ''
      Calls that agentd makes by itself, by name. They replace a routine of the same name, cannot be removed by a tool, and go when they are
      taken out here. Routines that were made by tools are not touched. See docs/routines.md.
    '';
  };
}
