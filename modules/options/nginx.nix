{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  own = import ../lib/types.nix { inherit lib; };
  cfg = config.services.castellan.nginx;
in
{
  options.services.castellan = {
    nginx = {
      enable = mkOption {
        type = types.bool;
        default = cfg.hostName != null;
        defaultText = lib.literalMD "whether {option}`services.castellan.nginx.hostName` is set";
        description = "Whether nginx makes the gateway reachable from other machines, with TLS. Without it only this host reaches it.";
      };

      hostName = mkOption {
        type = types.nullOr own.hostName;
        default = null;
        example = "castellan.example.org";
        description = "Name under which people open the page.";
      };

      tls = {
        acme = mkOption {
          type = types.bool;
          default = cfg.tls.certificate == null;
          defaultText = lib.literalMD "whether no certificate of your own is named";
          description = ''
            Whether the certificate comes by ACME (security.acme). {option}`security.acme.acceptTerms` and a mail address in
            {option}`security.acme.defaults.email` are yours to set.
          '';
        };
        certificate = mkOption {
          type = types.nullOr types.path;
          default = null;
          example = "/etc/ssl/castellan/fullchain.pem";
          description = "A certificate of your own with its chain, in PEM form.";
        };
        key = mkOption {
          type = types.nullOr own.pathNotInStore;
          default = null;
          example = "/etc/ssl/castellan/key.pem";
          description = "Its private key. nginx's master process reads it as root.";
        };
        hsts = mkOption {
          type = types.bool;
          default = true;
          description = "Whether browsers are told to come by TLS only, for a year (RFC 6797). Leave it off until the certificate is one that lasts.";
        };
      };

      maxBodyBytes = mkOption {
        type = types.ints.between 1024 1073741824;
        default = 1048576;
        description = "Largest body of a request that nginx passes on. The gateway has its own limits behind it.";
      };

      idleSeconds = mkOption {
        type = types.ints.between 60 86400;
        default = 900;
        description = ''
          How long a connection may be silent before nginx closes it. The gateway closes idle chats after ten minutes and says so; nginx has
          to be more patient than that.
        '';
      };

      trustedProxies = mkOption {
        type = types.listOf (types.strMatching "[0-9a-fA-F.:]+(/[0-9]{1,3})?");
        default = [ ];
        example = [ "192.0.2.0/24" ];
        description = ''
          Addresses or networks of proxies in front of nginx, whose `X-Forwarded-For` is believed. Everybody else's is replaced by the
          address that they come from.
        '';
      };
    };

    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = "Whether the firewall lets others in to nginx, on ports 80 and 443.";
    };
  };
}
