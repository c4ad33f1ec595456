# Virtual hosts as nginx's configuration, with what NixOS adds by itself: the map for upgrades.
{ lib }:
{ user, group, commonHttpConfig, virtualHosts, ... }:
let
  location = path: given: ''
    location ${path} {
      ${lib.optionalString (given.proxyPass != null) "proxy_pass ${given.proxyPass};"}
      ${lib.optionalString given.proxyWebsockets ''
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
      ''}
      ${given.extraConfig}
    }
  '';
  server = name: host: ''
    server {
      ${lib.optionalString host.addSSL "listen 80;"}
      listen 443 ssl http2;
      server_name ${name};
      ssl_certificate ${toString host.sslCertificate};
      ssl_certificate_key ${toString host.sslCertificateKey};
      ${host.extraConfig}
      ${lib.concatStrings (lib.mapAttrsToList location host.locations)}
    }
  '';
in
''
  user ${user} ${group};
  worker_processes 1;
  error_log /var/log/nginx/error.log;
  events { worker_connections 1024; }
  http {
    access_log /var/log/nginx/access.log combined;
    server_tokens off;
    ${commonHttpConfig}
    map $http_upgrade $connection_upgrade { default upgrade; ''' close; }
    ${lib.concatStrings (lib.mapAttrsToList server virtualHosts)}
  }
''
