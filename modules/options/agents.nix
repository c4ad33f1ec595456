{ lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  json = pkgs.formats.json { };

  agent = types.submodule {
    options = {
      title = mkOption {
        type = types.nullOr types.nonEmptyStr;
        default = null;
        example = "Night watch";
        description = "What people read of it.";
      };
      prompt = mkOption {
        type = types.nullOr types.lines;
        default = null;
        example = lib.literalExpression "builtins.readFile ./prompts/night-watch.md";
        description = "What its model is told about its post. When null, the built-in words. It is no place for secrets: everybody on the host may read it.";
      };
      engine = mkOption {
        type = types.submodule {
          freeformType = json.type;
          options.engine = mkOption {
            type = types.enum [ "llama" "openai" "anthropic" "claude-code" "openclaw" ];
            default = "llama";
            description = "What it thinks with: `llama` is the model on this host, everything else leaves it through the airlock.";
          };
        };
        default = { };
        example = { engine = "anthropic"; model = "claude-sonnet-4-5"; provider = "anthropic"; };
        description = ''
          Its engine, and what that one takes beside its name: `model`, `base_url`, and a `credential` or `provider` of the credential
          store. Keys themselves are never here (docs/engines.md, docs/credential-store.md).
        '';
      };
      memory = {
        enabled = mkOption {
          type = types.bool;
          default = true;
          description = "Whether it is told what memory holds about the question.";
        };
        tokenBudget = mkOption {
          type = types.ints.between 64 8192;
          default = 600;
          description = "Most tokens of that in one turn.";
        };
      };
    };
  };
in
{
  options.services.castellan = {
    agents = mkOption {
      type = types.attrsOf agent;
      default = { };
      example = lib.literalExpression ''{ main = { }; night-watch = { engine = { engine = "openai"; model = "gpt-5"; provider = "openai"; }; }; }'';
      description = ''
        Who can be talked to, by name (docs/agents.md). When there is any, these are all, and they can be changed only here. When there is
        none, there is `main` with the model on this host, until somebody adds others by the API.
      '';
    };

    defaultAgent = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "main";
      description = "Whom a chat belongs to that names nobody. When null, `main`, or the first.";
    };
  };
}
