import TorchBackend

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How GPUs compute, as `backends.gpu`.
public struct GPUOptions: Sendable {
  /// Whether the processor computes what a device has no kernel for, on copies; false by default, so that nobody waits for copies
  /// unknowingly. The environment variable `TORCH_GPU_FALLBACK=1` says yes.
  @Switch public var fallsBackToCPU = getenv("TORCH_GPU_FALLBACK").map { String(cString: $0) == "1" } ?? false

  /// Whether products of matrices go by the device maker's library (cuBLAS) where it is installed; true at the start. Without it
  /// they go by kernels of this package.
  @Switch public var usesLibraries = true

  /// Whether random numbers on a device are the processor's, of the processor's generator: slower, and a run on the device draws
  /// what one on the processor does, dropout included. False by default, as in PyTorch, where devices have streams of their own.
  @Switch public var drawsOnCPU = false

  @Switch private var tilesAreChosen = false
  @Switch private var chosenTiles = false

  /// Whether products of matrices and convolutions go by tiles in memory that the threads of a group share; nil, the default, lets
  /// the kind of the device decide: yes on GPUs, no on processors.
  public var sharesTiles: Bool? {
    get { tilesAreChosen ? chosenTiles : nil }
    nonmutating set {
      chosenTiles = newValue ?? false
      tilesAreChosen = newValue != nil
    }
  }

  fileprivate static let shared = GPUOptions()
}

/// How CUDA's devices compute, as `backends.cuda`.
public struct CUDAOptions: Sendable {
  /// How they multiply matrices.
  public let matmul = CUDAMatmulOptions()

  fileprivate static let shared = CUDAOptions()
}

/// How CUDA's devices multiply matrices, as `backends.cuda.matmul`.
public struct CUDAMatmulOptions: Sendable {
  /// Whether cuBLAS may round factors of float32 to 10 bits behind the point, which newer cards multiply several times faster;
  /// false at the start. As `torch.backends.cuda.matmul.allow_tf32`.
  @Switch public var allowTF32 = false
}

extension BackendSettings {
  /// How GPUs compute.
  public var gpu: GPUOptions { .shared }

  /// How CUDA's devices compute.
  public var cuda: CUDAOptions { .shared }
}
