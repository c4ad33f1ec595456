{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  json = pkgs.formats.json { };
  own = import ../lib/types.nix { inherit lib; };
in
{
  options.services.castellan.engine = {
    enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether a model runs on this host. Without it agents need an engine elsewhere.";
    };

    model = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/srv/models/chat.gguf";
      description = ''
        GGUF file of a chat model. The engine writes to nothing; its user (`castellan-engine`) has to be
        allowed to read this file, and reads whatever else everybody may. When null, the built-in interpreter.
      '';
    };

    llamaServer = mkOption {
      type = types.nullOr (types.strMatching "unix:/.+\\.sock");
      default = null;
      example = "unix:/run/llama/llama.sock";
      description = ''
        A llama-server of this host's that answers in place of a model file, by the Unix socket it listens on (`--host /run/llama/llama.sock`).
        The engine has no network, so a port cannot be reached; the folder of the socket is shown to it, and its user
        (`castellan-engine`) has to be allowed to write to the socket. When null, the engine computes itself.
      '';
    };

    embeddingModel = mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/srv/models/embedding.gguf";
      description = ''
        GGUF file of a model that makes vectors of texts: memory is then found by meaning too, and `/v1/embeddings` answers. It is in
        memory only while somebody asks. When null, none are made.
      '';
    };

    gpus = mkOption {
      type = types.listOf (types.enum [ "nvidia" "dri" "amd" ]);
      default =
        lib.optional (builtins.elem "nvidia" (config.services.xserver.videoDrivers or [ ])) "nvidia"
        ++ lib.optional (config.hardware.graphics.enable or false) "dri";
      defaultText = lib.literalMD ''
        `nvidia` where {option}`services.xserver.videoDrivers` names it, `dri` where {option}`hardware.graphics.enable` is set
      '';
      description = ''
        Graphics processors that the engine may use: NVIDIA's devices, the render nodes in {file}`/dev/dri` (Vulkan), AMD's compute device.
        No other device is there for it.
      '';
    };

    memoryMax = mkOption {
      type = own.memory;
      default = "80%";
      example = "24G";
      description = "Most memory that the engine may use (systemd.resource-control(5)); the model's file counts while it is mapped.";
    };

    settings = mkOption {
      type = types.submodule {
        freeformType = json.type;
        options = {
          slots = mkOption {
            type = types.ints.between 1 16;
            default = 2;
            description = "Completions at once.";
          };
          contextTokens = mkOption {
            type = types.ints.between 512 1048576;
            default = 8192;
            description = "Largest context of a chat model.";
          };
          threads = mkOption {
            type = types.ints.between 0 512;
            default = 0;
            description = "Threads for a chat model; 0 for every core but one.";
          };
          idleUnloadSeconds = mkOption {
            type = types.ints.between 0 604800;
            default = 1800;
            description = "Seconds without a request after which a chat model leaves the memory; 0 for never. The built-in one stays.";
          };
        };
      };
      default = { };
      description = "Configuration of the engine (docs/engine.md).";
    };
  };
}
