import CTorchGPU
import TorchBackend

/// cuBLAS, CUDA's library of products, which is looked for at run time; where it is not there, our own kernels multiply.
///
/// `@unchecked Sendable`: the table never changes once it is filled.
struct CUDALibrary: @unchecked Sendable {
  static let found: CUDALibrary? = {
    var missing: UnsafePointer<CChar>?
    return tg_cublas_load(&missing).map(CUDALibrary.init)
  }()

  private let library: UnsafePointer<tg_cublas>

  private init(_ library: UnsafePointer<tg_cublas>) { self.library = library }

  var calls: tg_cublas { library.pointee }

  /// What the library keeps for a stream.
  struct Handle: @unchecked Sendable {
    let object: cu_object
  }

  /// A handle that works on a stream, with memory to work in of its own: so its results do not depend on what other streams do.
  func handle(_ device: CUDADevice, _ stream: cu_object) throws(GPUError) -> Handle {
    var object: cu_object?
    try check(calls.cublasCreate_v2(&object), "a handle")
    guard let object else { throw GPUError("cuBLAS gave no handle on \(device.facts.name)") }
    try check(calls.cublasSetStream_v2(object, stream), "the stream")
    // As much as NVIDIA advises for a capability; without it the library takes its own.
    let byteCount = device.capability >= 90 ? 32 << 20 : 8 << 20
    if let block = try? device.allocate(byteCount: byteCount) {
      try check(calls.cublasSetWorkspace_v2(object, block, byteCount), "memory to work in")
    }
    return Handle(object: object)
  }

  func check(_ code: cublas_result, _ doing: @autoclosure () -> String) throws(GPUError) {
    if code == 0 { return }
    let words: [cublas_result: String] = [
      1: "not initialised", 3: "out of memory", 7: "invalid value", 8: "the device is too old", 11: "a memory error",
      13: "execution failed", 14: "an internal error", 15: "not supported",
    ]
    throw GPUError(
      code == 3 ? .outOfMemory : .failed, "\(doing()): cuBLAS error \(code) (\(words[code] ?? "unknown"))")
  }
}

extension CUDADevice {
  var multipliesByLibrary: Bool { CUDALibrary.found != nil }

  func multiply(_ product: LibraryProduct, on queue: any GPUQueue) throws(GPUError) {
    guard let library = CUDALibrary.found else { throw GPUError("cuBLAS is not there") }
    let stream = try stream(queue), queue = queue as! CUDAQueue
    try queue.handle.withLock { kept throws(GPUError) in
      if kept == nil { kept = try library.handle(self, stream) }
      try run(product, library, kept!)
    }
  }

  private func run(_ product: LibraryProduct, _ library: CUDALibrary, _ handle: CUDALibrary.Handle) throws(GPUError) {
    let type: Int, itemSize = product.dtype.itemSize
    switch product.dtype {
    case .float64: type = TG_CUBLAS_F64
    case .float16: type = TG_CUBLAS_F16
    case .bfloat16: type = TG_CUBLAS_BF16
    default: type = TG_CUBLAS_F32
    }
    let compute =
      product.dtype == .float64
      ? TG_CUBLAS_COMPUTE_64F : product.allowsTF32 ? TG_CUBLAS_COMPUTE_32F_FAST_TF32 : TG_CUBLAS_COMPUTE_32F
    // Matrices by rows are the transposed ones by columns, whose product has the factors turned about.
    let factors = [product.right, product.left, product.out]
    let places = factors.map { UnsafeMutableRawPointer(bitPattern: UInt(address($0.block, at: $0.offset * itemSize))) }
    let turns = factors.map { Int32($0.isTurned ? TG_CUBLAS_TURNED : TG_CUBLAS_AS_IT_IS) }
    let leading = factors.map { Int32($0.leading) }, strides = factors.map { Int64($0.batchStride) }
    let m = Int32(product.n), n = Int32(product.m), k = Int32(product.k), kind = Int32(type)
    func multiply(_ one: UnsafeRawPointer, _ beta: UnsafeRawPointer) -> cublas_result {
      if product.count == 1 {
        return library.calls.cublasGemmEx(
          handle.object, turns[0], turns[1], m, n, k, one, places[0], kind, leading[0], places[1], kind, leading[1],
          beta,
          places[2], kind, leading[2], Int32(compute), Int32(TG_CUBLAS_GEMM_DEFAULT))
      }
      return library.calls.cublasGemmStridedBatchedEx(
        handle.object, turns[0], turns[1], m, n, k, one, places[0], kind, leading[0], strides[0], places[1], kind,
        leading[1], strides[1], beta, places[2], kind, leading[2], strides[2], Int32(product.count), Int32(compute),
        Int32(TG_CUBLAS_GEMM_DEFAULT))
    }
    // Scales are of the type that is computed with.
    let code: cublas_result
    if product.dtype == .float64 {
      var one = 1.0, beta = product.adds ? 1.0 : 0
      code = multiply(&one, &beta)
    } else {
      var one: Float = 1, beta: Float = product.adds ? 1 : 0
      code = multiply(&one, &beta)
    }
    try library.check(code, "a product of matrices on \(facts.name)")
  }
}
