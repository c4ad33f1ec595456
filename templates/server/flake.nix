{
  description = "A server that Castellan keeps";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    # Where you have Castellan from: a folder or a repository.
    castellan.url = "path:/srv/castellan";
    castellan.inputs.nixpkgs.follows = "nixpkgs";
  };

  outputs = { nixpkgs, castellan, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [
        ./configuration.nix
        ./hardware-configuration.nix
        castellan.nixosModules.default
        # The options that agents set, each with your consent (docs/nixos-tools.md).
        (import "${castellan}/modules/overlay.nix" ./castellan/overlay.json)
      ];
    };
  };
}
