# Types that nixpkgs has no name for in every release that this module works with.
{ lib }:
{
  # A file that holds a secret. A path literal would be copied to the store, where everybody may read it; so would anything below it.
  pathNotInStore = lib.mkOptionType {
    name = "pathNotInStore";
    description = "absolute path outside of the Nix store, as a string, without . and ..";
    check = value:
      builtins.isString value && lib.hasPrefix "/" value && !lib.hasPrefix builtins.storeDir value
      # Only the plain way to a file says where it is.
      && builtins.match ".*/\\.\\.?(/.*)?" value == null;
    merge = lib.mergeEqualOption;
  };

  # What MemoryMax takes (systemd.resource-control(5)).
  memory = lib.types.strMatching "[0-9]+[KMGT]?|[0-9]{1,3}%|infinity";

  # What a certificate and a browser know a host by (RFC 1123, section 2.1): labels of letters, digits and inner dashes between single dots.
  hostName = lib.types.strMatching "([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

  # As packages/contracts has them.
  domain = lib.types.strMatching "(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]";
}
