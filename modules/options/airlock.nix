{ lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  json = pkgs.formats.json { };
  own = import ../lib/types.nix { inherit lib; };

  actions = [ "allow" "redact" "ask" "block" ];
  action = among: description: mkOption {
    type = types.nullOr (types.enum among);
    default = null;
    inherit description;
  };
  guarded = [ "redact" "ask" "block" ];
  inspection = types.submodule {
    options = {
      credential = action actions "Keys, tokens and passwords, by their form.";
      secret = action guarded "Values of the credential store and of the airlock's own secrets.";
      canary = action guarded "Values that were planted to be seen.";
      personal = action actions "Numbers of cards, bank accounts and persons, by their check digits.";
      contact = action actions "E-mail addresses and phone numbers.";
      entropy = action actions "Strings drawn at random.";
      unreadable = action [ "allow" "ask" "block" ] "What unfolds to too much, or too deeply, to be looked at.";
    };
  };
  # A port of this host: what speaks to Tor crosses no network.
  local = types.strMatching "(127\\.[0-9.]+|localhost|\\[::1]):[0-9]+";

  destination = types.submodule {
    options = {
      host = mkOption {
        type = types.strMatching "(\\*\\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?";
        example = "api.example.org";
        description = "A host by its name, or `*.` and a domain for every name below it.";
      };
      scheme = mkOption {
        type = types.enum [ "https" "http" ];
        default = "https";
        description = "Plain `http` is for hosts of your own networks.";
      };
      port = mkOption {
        type = types.nullOr types.port;
        default = null;
        description = "When null, 443 or 80.";
      };
      methods = mkOption {
        type = types.nullOr (types.listOf (types.enum [ "GET" "HEAD" "POST" "PUT" "PATCH" "DELETE" "OPTIONS" ]));
        default = null;
        example = [ "GET" ];
        description = "Methods that are let through. When null, any.";
      };
      path = mkOption {
        type = types.strMatching "/.*";
        default = "/";
        example = "/v1";
        description = "This path and everything below it.";
      };
      reach = mkOption {
        type = types.enum [ "public" "private" "loopback" ];
        default = "public";
        description = "Where the host may be: on the internet, in your own networks, or on this machine. An address of another kind is refused, whatever the name resolves to.";
      };
      perMinute = mkOption {
        type = types.ints.between 1 100000;
        default = 600;
        description = "Requests a minute.";
      };
      inspect = mkOption {
        type = types.nullOr inspection;
        default = null;
        example = { credential = "redact"; };
        description = "What to do with what is found in what goes there. What is null is as {option}`services.castellan.airlock.inspect` says.";
      };
      auth = mkOption {
        type = types.nullOr (types.enum [ "own" "any" "none" ]);
        default = null;
        description = "Whose credentials its headers may carry: of its own provider or of no known one (`own`, when null), of any, or only those that the airlock puts in (`none`).";
      };
      note = mkOption {
        type = types.nullOr (types.strMatching ".{1,200}");
        default = null;
        description = "What it is for, for people.";
      };
    };
  };
in
{
  options.services.castellan.airlock = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether there is a way out at all. Without the airlock nothing of Castellan's but agentd reaches another machine.";
    };

    allow = mkOption {
      type = types.listOf destination;
      default = [ ];
      example = lib.literalExpression ''[ { host = "api.example.org"; methods = [ "POST" ]; path = "/v1"; } ]'';
      description = ''
        What may be reached. The operator can allow more with `agentctl`; what is named here can be taken away only here.
      '';
    };

    inspect = mkOption {
      type = inspection;
      default = { };
      example = { contact = "redact"; personal = "block"; };
      description = "What to do with what is found in what leaves. What is null is as docs/airlock.md says.";
    };

    search = mkOption {
      description = "The search engine that `search_web` asks: a SearXNG. Its host has to be in {option}`services.castellan.airlock.allow` as well.";
      default = null;
      type = types.nullOr (types.submodule {
        options = {
          url = mkOption {
            type = types.strMatching "https?://[^ ?#]+";
            example = "https://searx.example.org/";
            description = "Its address; it has to give answers as JSON (`search.formats` of its settings).";
          };
          tor = mkOption {
            description = "A Tor of this host to ask by. Nothing is sent unless Tor says that the connection goes by a circuit of its own.";
            default = null;
            type = types.nullOr (types.submodule {
              options = {
                socks = mkOption {
                  type = local;
                  default = "127.0.0.1:9050";
                  description = "Its SOCKS port.";
                };
                control = mkOption {
                  type = local;
                  default = "127.0.0.1:9051";
                  description = "Its control port.";
                };
                cookieFile = mkOption {
                  type = types.nullOr types.path;
                  default = null;
                  example = "/run/tor/control.authcookie";
                  description = "File of its `CookieAuthentication`. Either this or `passwordFile`.";
                };
                passwordFile = mkOption {
                  type = types.nullOr types.path;
                  default = null;
                  description = "File with the password of its `HashedControlPassword`, which the airlock's user can read.";
                };
                group = mkOption {
                  type = types.nullOr types.str;
                  default = null;
                  example = "tor";
                  description = "A group that may read that file; the airlock becomes a member.";
                };
              };
            });
          };
        };
      });
    };

    nameServers = mkOption {
      type = types.listOf (types.strMatching "[0-9.]+(:[0-9]+)?|\\[[0-9a-fA-F:]+](:[0-9]+)?");
      default = [ ];
      example = [ "9.9.9.9" "[2620:fe::fe]:53" ];
      description = "Name servers that the airlock asks instead of the host's.";
    };

    memoryMax = mkOption {
      type = own.memory;
      default = "512M";
      description = "Most memory that the airlock may use (systemd.resource-control(5)).";
    };

    settings = mkOption {
      type = types.submodule { freeformType = json.type; };
      default = { };
      description = "Further configuration of the airlock.";
    };
  };
}
