{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.services.castellan.models = {
    sourceHosts = mkOption {
      type = types.listOf types.str;
      default = [ "huggingface.co" ];
      example = [ "huggingface.co" "*.models.example.org" ];
      description = "Hosts that a model may be said to come from. `*.example.org` is every name below it, not itself.";
    };
    trustedRootFile = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "/etc/castellan/trusted-root.json";
      description = "A Sigstore trusted root in its JSON form, against which signatures of models are checked. Nothing is fetched. When null, none by a certificate is trusted.";
    };
    identities = mkOption {
      type = types.listOf (types.submodule {
        options = {
          subject = mkOption {
            type = types.str;
            example = "release@example.org";
            description = "The address or workflow that the certificate names.";
          };
          issuer = mkOption {
            type = types.str;
            example = "https://accounts.example.org";
            description = "Who vouched for it.";
          };
        };
      });
      default = [ ];
      description = "Who may sign models with a certificate.";
    };
    keyFiles = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "/etc/castellan/models.pem" ];
      description = "Public keys in PEM files that may sign models by themselves.";
    };
    requireSignature = mkOption {
      type = types.bool;
      default = false;
      description = "Whether a model is refused that nobody signed who is trusted.";
    };
    keepRefusedDays = mkOption {
      type = types.ints.between 0 365;
      default = 7;
      description = "Days that what the quarantine refused is kept apart, for whoever looks into it.";
    };
  };
}
