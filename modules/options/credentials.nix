{ lib, ... }:
{
  options.services.castellan.credentials.seal = lib.mkOption {
    type = lib.types.bool;
    default = true;
    description = ''
      Whether the key that wraps all that the gateway keeps encrypted (credentials, conversations) is sealed to this host by systemd-creds, with
      the TPM where there is one, and handed to the gateway as a systemd credential from {file}`/etc/credstore.encrypted`. Otherwise it is a
      file in the gateway's own folder. A sealed key opens on no other host: keep its recovery phrase (`agentctl credential phrase`).
    '';
  };
}
