{ pkgs, ... }:
{
  networking.hostName = "server";
  time.timeZone = "UTC";
  system.stateVersion = "26.05";

  nix.settings.experimental-features = [ "nix-command" "flakes" ];
  # Ten systems to go back to; Castellan never forgets the one that runs or the one that a switch came from.
  boot.loader.systemd-boot.configurationLimit = 10;

  # You, with a key; nobody with a password, and root not at all.
  users.users.ada = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA… ada@laptop" ];
  };
  services.openssh = {
    enable = true;
    settings = { PasswordAuthentication = false; PermitRootLogin = "no"; };
  };

  # The page's certificate.
  security.acme = { acceptTerms = true; defaults.email = "ada@example.org"; };

  services.castellan = {
    enable = true;

    # Ask before every change.
    mode = "assist";

    # https://castellan.example.org, with TLS by ACME. `agentctl sign-in` on the server prints a code for your browser.
    nginx.hostName = "castellan.example.org";
    openFirewall = true;

    # Keys that may approve beside the browsers and passkeys that you enrol: the output of `agentctl operator key new`.
    # operators.ada.publicKey = "…";

    agentd = {
      # What file tools may touch beside Castellan's own workspace.
      settings.files.roots = [ { path = "/var/www"; access = "write"; } ];
      # The health of disks.
      extraPackages = [ pkgs.smartmontools ];
    };

    # A new system has to keep these, or the host goes back by itself.
    switch = {
      confirm = "health";
      checks = [
        { kind = "unit"; name = "ssh"; unit = "sshd.service"; }
        { kind = "unit"; name = "nginx"; unit = "nginx.service"; }
      ];
    };

    # Best another disk.
    backups.folder = "/var/backup/castellan";

    watchers.root-disk = {
      description = "Room on the root file system.";
      check = { kind = "disk"; path = "/"; abovePercent = 90; };
    };

    routines.failed-services-daily = {
      description = "What failed, every morning.";
      cron = "0 6 * * *";
      calls = [ { tool = "service_failed"; } { tool = "journal_errors"; args.since = "24 hours"; } ];
    };

    policy.files."owner.cedar".text = ''
      // The web server may be restarted without asking.
      @id("owner-restart-nginx")
      permit (principal is Agent, action == Action::"service_restart", resource == Unit::"nginx.service");
    '';
  };
}
