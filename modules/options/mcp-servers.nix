{ lib, ... }:
let
  inherit (lib) mkOption types;
  own = import ../lib/types.nix { inherit lib; };
in
{
  options.services.castellan.mcpServers = mkOption {
    type = types.attrsOf (types.submodule {
      options = {
        command = mkOption {
          type = types.listOf types.nonEmptyStr;
          example = lib.literalExpression ''[ "''${pkgs.nodejs}/bin/node" "/srv/mcp/weather.js" ]'';
          description = "Program and arguments, started as they are, without a shell. It speaks MCP on standard input and output.";
        };
        env = mkOption {
          type = types.attrsOf types.str;
          default = { };
          description = "Environment variables that are no secret.";
        };
        secrets = mkOption {
          type = types.attrsOf own.pathNotInStore;
          default = { };
          example = { WEATHER_KEY = "/run/keys/weather"; };
          description = "Environment variables whose value is the content of a file. The file is read at each start.";
        };
        domains = mkOption {
          type = types.listOf own.domain;
          default = [ ];
          example = [ "api.example.org" "*.example.net" ];
          description = "Domains that it may reach by HTTPS. None leaves it without any network.";
        };
        folders = mkOption {
          type = types.listOf (types.submodule {
            options = {
              path = mkOption { type = types.str; description = "A folder, by its absolute path."; };
              access = mkOption { type = types.enum [ "read" "write" ]; description = "What the server may do in it."; };
            };
          });
          default = [ ];
          description = "Folders that it sees beside the system's programs.";
        };
        autostart = mkOption {
          type = types.bool;
          default = true;
          description = "Whether it is started with agentd.";
        };
        effects = mkOption {
          type = types.attrsOf (types.enum [ "read" "change" "destroy" ]);
          default = { };
          example = { forecast = "read"; };
          description = "What its tools do, where the owner knows better than the server says.";
        };
      };
    });
    default = { };
    description = "Other MCP servers, by a name of lower-case letters and digits; their tools are offered as `name__tool` (docs/mcp.md).";
  };
}
