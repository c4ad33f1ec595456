{ lib, ... }:
let
  inherit (lib) mkOption types;

  check = types.submodule {
    freeformType = types.attrsOf types.anything;
    options = {
      kind = mkOption {
        type = types.enum [ "unit" "tcp" "http" "command" "metric" ];
        description = "What is looked at. docs/safeswitch.md says what else each kind takes.";
      };
      name = mkOption {
        type = types.nonEmptyStr;
        example = "the shop answers";
        description = "Names the check where it fails.";
      };
      required = mkOption {
        type = types.bool;
        default = true;
        description = "Whether its failing rolls back. Otherwise it is told.";
      };
    };
  };
in
{
  options.services.castellan.switch = {
    confirm = mkOption {
      type = types.enum [ "health" "operator" "both" ];
      default = "health";
      example = "both";
      description = "Whose word commits a new system: the checks', a person's, or both. Without it the host goes back by itself.";
    };
    probationSeconds = mkOption {
      type = types.ints.between 1 86400;
      default = 60;
      description = "How long a new system is watched before it is committed.";
    };
    confirmSeconds = mkOption {
      type = types.ints.between 1 86400;
      default = 600;
      description = "How long a person has to confirm, where one is asked.";
    };
    checks = mkOption {
      type = types.listOf check;
      default = [ ];
      example = lib.literalExpression ''
        [
          { kind = "unit"; name = "nginx"; unit = "nginx.service"; }
          { kind = "http"; name = "the shop answers"; url = "http://127.0.0.1:8080/health"; contains = "ok"; }
        ]
      '';
      description = "What has to hold on a new system, beside that no unit newly fails and the network stays.";
    };
  };
}
