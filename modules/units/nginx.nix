# nginx in front: TLS, the upgrade to WebSocket, the address that a request really comes from.
{ config, lib, ... }:
let
  cfg = config.services.castellan;
  inherit (cfg) nginx;
  places = import ../lib/places.nix { inherit cfg; };

  realAddress = lib.optionalString (nginx.trustedProxies != [ ]) ''
    ${lib.concatMapStrings (from: "set_real_ip_from ${from};\n") nginx.trustedProxies}real_ip_header X-Forwarded-For;
    real_ip_recursive on;
  '';
in
{
  config = lib.mkIf (cfg.enable && nginx.enable) {
    services.nginx = {
      enable = true;
      # What was asked for, without its query: that is where a token ends up that somebody put into an address, though none belongs there.
      commonHttpConfig = ''
        log_format castellan '$remote_addr - $remote_user [$time_local] "$request_method $uri $server_protocol" '
                             '$status $body_bytes_sent "$http_user_agent"';
        map $scheme $castellan_hsts { https "max-age=31536000"; default ""; }
      '';
      virtualHosts.${toString nginx.hostName} = {
        # And not forceSSL, whose server for plain HTTP is another one with a log of its own, which has the query.
        addSSL = true;
        enableACME = nginx.tls.acme;
        sslCertificate = lib.mkIf (nginx.tls.certificate != null) nginx.tls.certificate;
        sslCertificateKey = lib.mkIf (nginx.tls.key != null) nginx.tls.key;
        extraConfig = ''
          access_log /var/log/nginx/access.log castellan;
          # Its messages repeat whole request lines, queries and all, and have no format of their own; what is worse than a request is kept.
          error_log /var/log/nginx/error.log crit;
          client_max_body_size ${toString nginx.maxBodyBytes};
          client_header_timeout 15s;
          client_body_timeout 30s;
          ${lib.optionalString nginx.tls.hsts ''add_header Strict-Transport-Security $castellan_hsts always;''}
          ${realAddress}
        '';
        locations."/" = {
          proxyPass = "http://unix:${places.sockets.web}";
          proxyWebsockets = true;
          # Ours are below, and what a client sends under these names is never passed on.
          recommendedProxySettings = false;
          extraConfig = ''
            if ($scheme = http) { return 301 https://$host$request_uri; }
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host "";
            proxy_set_header X-Real-IP "";
            proxy_set_header Forwarded "";
            # Whether browsers are told is decided above.
            proxy_hide_header Strict-Transport-Security;
            proxy_connect_timeout 5s;
            proxy_read_timeout ${toString nginx.idleSeconds}s;
            proxy_send_timeout ${toString nginx.idleSeconds}s;
            # Answers stream: nothing is held back, and nothing is written to nginx's disk.
            proxy_buffering off;
            proxy_request_buffering off;
          '';
        };
      };
    };
    # A socket that only nginx may connect to, so that nobody else of this host can say in its name where a request comes from.
    systemd.tmpfiles.rules = [ "d ${places.run.web} 2750 castellan-gateway ${config.services.nginx.group} -" ];

    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ 80 443 ];
  };
}
