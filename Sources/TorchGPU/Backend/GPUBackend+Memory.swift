import TorchBackend

// Fills, copies on the device, and copies between it and the processor.

extension GPUBackend {
  package func fill(_ out: Strided, with value: Scalar) {
    if out.count == 0 { return }
    let views = KernelViews(out)
    guard views.fits else { return inOrder(out) { fill($0, with: value) } }
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    arguments.add(sizes: views)
    addNumber(value, as: out.dtype, to: &arguments)
    arguments.add(out)
    arguments.add(strides: views, of: 0)
    run("fill", of: program("memory", x: out.dtype), count: out.count, arguments)
  }

  /// A number as the kernels compute with it.
  func addNumber(_ value: Scalar, as dtype: DType, to arguments: inout GPUArguments) {
    switch dtype {
    case .float64: arguments.add(value.double)
    case .float32, .float16, .bfloat16: arguments.add(Float(value.double))
    case .bool: arguments.add(Int64(value.bool ? 1 : 0))
    default: arguments.add(value.int64)
    }
  }

  package func copy(_ x: Strided, into out: Strided) {
    if out.count == 0 { return }
    if x.dtype == out.dtype && x.isContiguous && out.isContiguous {
      let size = x.dtype.itemSize
      return done { () throws(GPUError) in
        try device.copy(
          x.storage.base, at: x.layout.offset * size, to: out.storage.base, at: out.layout.offset * size,
          byteCount: x.count * size, on: streams.current.queue)
      }
    }
    let views = KernelViews(out, x)
    guard views.fits else { return copyByParts(x, into: out) }
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    if views.isRow {
      arguments.add(x)
      arguments.add(out)
    } else {
      arguments.add(sizes: views)
      arguments.add(x)
      arguments.add(strides: views, of: 1)
      arguments.add(out)
      arguments.add(strides: views, of: 0)
    }
    run(
      views.isRow ? "copy_row" : "copy", of: program("memory", x: x.dtype, out: out.dtype), count: out.count, arguments)
  }

  /// Copies of more dimensions than kernels take: one index of the outermost after another.
  private func copyByParts(_ x: Strided, into out: Strided) {
    func part(_ s: Strided, _ index: Int) -> Strided {
      s.with(
        Layout(
          shape: Shape(s.shape.dropFirst()), strides: Shape(s.layout.strides.dropFirst()),
          offset: s.layout.offset + index * s.layout.strides[0]))
    }
    for index in 0..<out.shape[0] { copy(part(x, index), into: part(out, index)) }
  }

  package func select(_ condition: Strided, _ x: Strided, _ y: Strided, into out: Strided) {
    if out.count == 0 { return }
    let views = KernelViews(out, condition, x, y)
    guard views.fits else {
      return inOrder(out) { select(contiguous(condition), contiguous(x), contiguous(y), into: $0) }
    }
    var arguments = GPUArguments()
    arguments.add(Int64(out.count))
    arguments.add(sizes: views)
    for (operand, view) in [(condition, 1), (x, 2), (y, 3), (out, 0)] {
      arguments.add(operand)
      arguments.add(strides: views, of: view)
    }
    run("choose", of: program("memory", x: x.dtype), count: out.count, arguments)
  }
}

// MARK: the processor's memory

extension GPUBackend: Accelerator {
  package func pinned(byteCount: Int) -> Storage {
    Storage(
      base: pinnedMemory.allocate(byteCount: byteCount), byteCount: byteCount, device: .cpu,
      release: .allocator(pinnedMemory))
  }

  /// The pinned memory that a block of the processor's is from, where devices of this kind copy by themselves from there.
  private func pinning(_ storage: Storage) -> PinnedBlocks? {
    guard let memory = storage.allocator as? PinnedBlocks, memory.kind == name.kind else { return nil }
    return memory
  }

  package func upload(_ x: Strided, into out: Strided, inBackground: Bool) {
    if out.count == 0 { return }
    // A number goes along with a kernel, and nobody waits for it.
    if out.count == 1 && computes(out.dtype) {
      return fill(out, with: x.dtype.visit(LoadScalar(source: x.pointer)))
    }
    let target = out.isContiguous ? out : allocate(Layout(contiguous: out.shape), dtype: out.dtype)
    let size = out.dtype.itemSize, stream = streams.current, memory = inBackground ? pinning(x.storage) : nil
    done { () throws(GPUError) in
      try device.write(
        x.pointer, byteCount: x.count * size, to: target.storage.base, at: target.layout.offset * size,
        on: stream.queue,
        waits: memory == nil)
    }
    memory?.note(x.storage.base, stream)
    if !out.isContiguous { copy(target, into: out) }
  }

  package func download(_ x: Strided, into out: Strided, inBackground: Bool) {
    if x.count == 0 { return }
    let source = contiguous(x), size = x.dtype.itemSize, stream = streams.current
    let memory = inBackground ? pinning(out.storage) : nil
    done { () throws(GPUError) in
      try device.read(
        source.storage.base, at: source.layout.offset * size, byteCount: x.count * size, into: out.pointer,
        on: stream.queue, waits: memory == nil)
    }
    if let memory {
      memory.note(out.storage.base, stream)
    } else {
      stream.trouble.check()
    }
  }
}

/// Whether a block is pinned memory of the processor's.
package func isPinned(_ storage: Storage) -> Bool { storage.allocator is PinnedBlocks }
