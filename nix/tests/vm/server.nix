# The server of every VM test: Castellan behind nginx with a certificate of a test's own authority, and a system to switch to.
{ castellan }:
{ pkgs, lib, ... }:
let
  certificate = pkgs.runCommand "castellan-test-certificate" { nativeBuildInputs = [ pkgs.openssl ]; } ''
    mkdir $out && cd $out
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Test CA" -keyout ca.key -out ca.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=castellan.test" -keyout key.pem -out request.pem
    echo "subjectAltName=DNS:castellan.test" > names
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -extfile names -out cert.pem
  '';
in
{
  imports = [ castellan ];

  services.castellan = {
    enable = true;
    openFirewall = true;
    nginx = {
      hostName = "castellan.test";
      # A test's key may lie in the store; nobody else's can (pathNotInStore), so it is brought out of it.
      tls = { certificate = "/etc/castellan-test/cert.pem"; key = "/etc/castellan-test/key.pem"; };
    };
    switch.probationSeconds = 15;
    switch.checks = [ { kind = "unit"; name = "the page"; unit = "page.service"; expect = "healthy"; } ];
  };
  environment.etc."castellan-test/cert.pem".source = "${certificate}/cert.pem";
  environment.etc."castellan-test/key.pem".source = "${certificate}/key.pem";
  security.pki.certificateFiles = [ "${certificate}/ca.pem" ];
  networking.hosts."127.0.0.1" = [ "castellan.test" ];

  systemd.services.page = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig.ExecStart = lib.mkDefault "${pkgs.coreutils}/bin/sleep infinity";
  };

  # Another system that this one can switch to: the same, with a page that does not start.
  specialisation.broken.configuration.systemd.services.page.serviceConfig = {
    ExecStart = "${pkgs.coreutils}/bin/false";
    Restart = "no";
  };
  # And one that is as good as this one.
  specialisation.changed.configuration.environment.etc."changed".text = "yes";

  environment.systemPackages = [ pkgs.websocat pkgs.jq pkgs.curl ];
  virtualisation = { memorySize = 2048; useBootLoader = true; useEFIBoot = true; };
  boot.loader.systemd-boot.enable = true;
}
