import Synchronization
import TorchBackend

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// What a device has no kernel for: a fault that names it, or, where the user allows, the processor's way on copies.

/// How GPUs compute, as `backends.gpu`.
public struct GPUOptions: Sendable {
  private static let allowed = Atomic<Bool>(getenv("TORCH_GPU_FALLBACK").map { String(cString: $0) == "1" } ?? false)

  /// Whether the processor computes what a device has no kernel for, on copies; false by default, so that nobody waits for copies
  /// unknowingly. The environment variable `TORCH_GPU_FALLBACK=1` says yes.
  public var fallsBackToCPU: Bool {
    get { Self.allowed.load(ordering: .relaxed) }
    nonmutating set { Self.allowed.store(newValue, ordering: .relaxed) }
  }
}

extension BackendSettings {
  /// How GPUs compute.
  public var gpu: GPUOptions { GPUOptions() }
}

extension GPUBackend {
  /// Computes on the processor what is there of `reads` and `writes`, and brings what was written back.
  func onCPU(
    _ what: String, reads: [Strided], writes: [Strided],
    _ work: (_ cpu: CPUBackend, _ reads: [Strided], _ writes: [Strided]) -> Void
  ) {
    guard GPUOptions().fallsBackToCPU else {
      let dtype = (reads.first ?? writes.first).map { " of \($0.dtype.name)" } ?? ""
      fault(
        "gpu",
        "\(name) (\(device.facts.name)) has no kernel for \(what)\(dtype); compute it on the processor (x.cpu()), or allow that "
          + "by backends.gpu.fallsBackToCPU = true")
    }
    var mirrors: [ObjectIdentifier: Storage] = [:]
    func mirror(_ s: Strided) -> Strided {
      let key = ObjectIdentifier(s.storage)
      let storage = mirrors[key] ?? copyOnCPU(s.storage)
      mirrors[key] = storage
      return Strided(storage: storage, shared: s.shared, dtype: s.dtype)
    }
    work(.shared, reads.map(mirror), writes.map(mirror))
    for target in writes {
      guard let storage = mirrors.removeValue(forKey: ObjectIdentifier(target.storage)), storage.byteCount > 0 else {
        continue
      }
      done { () throws(GPUError) in
        try device.write(
          storage.base, byteCount: storage.byteCount, to: target.storage.base, at: 0, on: streams.current.queue,
          waits: true)
      }
    }
  }

  private func copyOnCPU(_ storage: Storage) -> Storage {
    let copy = Storage.cpu(byteCount: storage.byteCount)
    if storage.byteCount > 0 {
      done { () throws(GPUError) in
        try device.read(
          storage.base, at: 0, byteCount: storage.byteCount, into: copy.base, on: streams.current.queue, waits: true)
      }
      trouble.check()
    }
    return copy
  }
}
