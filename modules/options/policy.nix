{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.services.castellan.policy.files = mkOption {
    type = types.attrsOf (types.submodule {
      options = {
        text = mkOption {
          type = types.nullOr types.lines;
          default = null;
          description = "The rules themselves.";
        };
        source = mkOption {
          type = types.nullOr types.path;
          default = null;
          description = "A file with them, instead of {option}`text`.";
        };
      };
    });
    default = { };
    example = lib.literalExpression ''
      {
        "owner.cedar".text = '''
          @id("restart-web")
          permit (principal is Agent, action == Action::"service_restart", resource == Unit::"nginx.service");
        ''';
      }
    '';
    description = ''
      The owner's policy, by file name: rules (`*.cedar`) and their tests (`*.test.json`), as docs/policy.md describes them. When there is
      any, agentd reads them from {file}`/etc/castellan/policy`, and writes the rules that people make by "always" beside them, into {file}`always.cedar`.
      Files that are declared here are changed here: the page shows them, tries changes, and does not save them.
      When there is none, it reads {file}`/var/lib/castellan/policy`, which root may edit.
    '';
  };
}
