{
  description = "Castellan keeps a NixOS server for its owner: an agent whose every act is decided by policy, approved, recorded and reversible";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      forEachSystem = f: lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: f nixpkgs.legacyPackages.${system});
      virtualMachines = [ "boots" "chat-over-tls" "failed-switch" "reboot-in-probation" "killed-in-probation" ];
    in
    {
      nixosModules.default = ./modules;

      overlays.default = final: _: {
        castellan = final.callPackage ./nix/package.nix { };
        agentctl = final.callPackage ./nix/agentctl.nix { };
      };

      packages = forEachSystem (pkgs: rec {
        default = pkgs.callPackage ./nix/package.nix { };
        agentctl = pkgs.callPackage ./nix/agentctl.nix { castellan = default; };
      });

      # What `npm test` uses of a machine, beside npm itself.
      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = [ pkgs.nodejs_24 pkgs.bubblewrap pkgs.git pkgs.iproute2 pkgs.nftables pkgs.nginx pkgs.shellcheck pkgs.strace pkgs.util-linux ];
        };
      });

      checks = forEachSystem (pkgs: {
        evaluation = import ./nix/tests/evaluation.nix { inherit pkgs nixpkgs; module = self.nixosModules.default; };
      } // lib.genAttrs virtualMachines (name: pkgs.testers.runNixOSTest {
        imports = [ ./nix/tests/vm/${name}.nix ];
        _module.args.castellan = self.nixosModules.default;
      }));

      templates.default = {
        path = ./templates/server;
        description = "A server that Castellan keeps, reachable by TLS";
        welcomeText = ''
          Put your host's name, your mail address and your keys into configuration.nix, and the output of nixos-generate-config into
          hardware-configuration.nix. Then: nixos-rebuild switch --flake .#server
        '';
      };
    };
}
