{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.services.castellan.operators = mkOption {
    type = types.attrsOf (types.submodule ({ name, ... }: {
      options = {
        publicKey = mkOption {
          type = types.strMatching "[A-Za-z0-9+/]{43}=";
          example = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
          description = "Raw Ed25519 public key in base64, as `agentctl operator key new` prints it.";
        };
        person = mkOption {
          type = types.nonEmptyStr;
          default = name;
          description = "Whose key it is. Two keys of one person count as one word.";
        };
      };
    }));
    default = { };
    example = lib.literalExpression ''{ ada.publicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="; }'';
    description = ''
      People who may approve calls, by the name of their key. A key that is taken out here is revoked at the next start of agentd. Keys that
      were enrolled in other ways (`agentctl operator`, a browser, a passkey) are not touched.
    '';
  };
}
