import TorchBackend

// What a device has no kernel for: a fault that names it, or, where the user allows, the processor's way on copies.

extension GPUBackend {
  /// Computes on the processor what is there of `reads` and `writes`, and brings what was written back.
  func onCPU(
    _ what: String, reads: [Strided], writes: [Strided],
    _ work: (_ cpu: CPUBackend, _ reads: [Strided], _ writes: [Strided]) -> Void
  ) {
    guard backends.gpu.fallsBackToCPU else {
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
