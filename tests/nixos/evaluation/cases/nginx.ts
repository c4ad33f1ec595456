import { type Case, certificate, host } from './case.ts'

const virtualHost = 'config.services.nginx.virtualHosts."castellan.example.org"'

export const ofNginx: readonly Case[] = [
  { option: 'nginx.enable', set: `${host} nginx.enable = false;`, look: 'config.services.nginx.enable', is: false },
  {
    option: 'nginx.hostName',
    set: certificate,
    look: `{ proxy = ${virtualHost}.locations."/".proxyPass; inherit (gateway) publicOrigins; inherit (agentd.approvals) passkeys; }`,
    is: {
      proxy: 'http://unix:/run/castellan-web/gateway.sock',
      publicOrigins: ['https://castellan.example.org'],
      passkeys: { origins: ['https://castellan.example.org'] },
    },
  },
  {
    // nginx repeats whole request lines in what it complains of below this.
    option: 'nginx.hostName',
    set: certificate,
    look: `lib.hasInfix "error_log /var/log/nginx/error.log crit;" ${virtualHost}.extraConfig`,
    is: true,
  },
  { option: 'nginx.tls.acme', set: host, look: `${virtualHost}.enableACME`, is: true },
  ...['certificate', 'key'].map((name) => ({
    option: `nginx.tls.${name}`,
    set: certificate,
    look: `{ inherit (${virtualHost}) enableACME sslCertificate sslCertificateKey addSSL; }`,
    is: {
      enableACME: false,
      sslCertificate: '/etc/tls/cert.pem',
      sslCertificateKey: '/etc/tls/key.pem',
      addSSL: true,
    },
  })),
  {
    option: 'nginx.tls.hsts',
    set: `${certificate} nginx.tls.hsts = false;`,
    look: 'lib.hasInfix "add_header Strict-Transport-Security" config.rendered.nginx',
    is: false,
  },
  {
    option: 'nginx.maxBodyBytes',
    set: `${certificate} nginx.maxBodyBytes = 4096;`,
    look: 'lib.hasInfix "client_max_body_size 4096;" config.rendered.nginx',
    is: true,
  },
  {
    option: 'nginx.idleSeconds',
    set: `${certificate} nginx.idleSeconds = 1200;`,
    look: 'lib.hasInfix "proxy_read_timeout 1200s;" config.rendered.nginx',
    is: true,
  },
  {
    option: 'nginx.trustedProxies',
    set: `${certificate} nginx.trustedProxies = [ "192.0.2.0/24" ];`,
    look: 'lib.hasInfix "set_real_ip_from 192.0.2.0/24;\\nreal_ip_header X-Forwarded-For;" config.rendered.nginx',
    is: true,
  },
]
