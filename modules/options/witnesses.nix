{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.services.castellan.witnesses = {
    policy = mkOption {
      type = types.nullOr types.lines;
      default = null;
      example = ''
        log example.org/castellan+abcd0123+AQID…
        witness W1 witness.example.com+1234abcd+BAUG… https://witness.example.com
        group quorum all W1
        quorum quorum
      '';
      description = ''
        Witnesses that cosign the ledger, and how many of them suffice, in the C2SP tlog-policy format (docs/ledger.md). A copy of the ledger
        that was cut or set back is then told from outside.
      '';
    };
    everySeconds = mkOption {
      type = types.ints.between 1 2147483;
      default = 3600;
      description = "Time from one cosigning to the next.";
    };
  };
}
