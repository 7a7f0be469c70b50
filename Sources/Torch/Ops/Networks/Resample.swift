// What makes the last dimensions anew by tables: resizing, pools, padding by copies. Linear, so that the gradient is the
// same with the tables turned about.

/// The last dimensions made anew, each by its table; nil for one that stays.
struct Resample: Op {
  let axes: [AxisTaps?]
  let name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let format = inputs[0].suggestedFormat, x = inputs[0].contiguous(memoryFormat: format)
    var sizes = Array(x.shape)
    let first = x.ndim - axes.count, old = Array(sizes[first...])
    for (i, axis) in axes.enumerated() { if let axis { sizes[first + i] = axis.to } }
    let out = Tensor(shape: Shape(sizes), dtype: x.dtype, device: x.device, format: format)
    // Channels last, they are the numbers of each place.
    let inner = format == .contiguousFormat ? 1 : x.shape[1]
    if out.numel() > 0 {
      CPUBackend.shared.resample(x.strided, sizes: old, axes: axes, inner: inner, into: out.strided)
    }
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [Resample(axes: axes.map { $0?.transposed }, name: name)(g)]
  }
}

extension Tensor {
  /// The last dimensions made anew, each by its table, nil for one that stays; nil where there is no quick way.
  /// - Parameters:
  ///   - sizes: what they become.
  ///   - tables: gives the tables.
  package func resampled(
    to sizes: [Int], named name: StaticString, _ tables: () -> [AxisTaps?]
  ) -> Tensor? {
    guard backends.cpu.tapTables, device == .cpu, numel() > 0,
      (shape + sizes).allSatisfy({ $0 > 0 && $0 < Int(Int32.max) })
    else { return nil }
    let axes = tables()
    if axes.allSatisfy({ $0 == nil }) { return nil }
    // Half types add up their gradients in steps of their own.
    let copies = axes.allSatisfy { $0?.copies != false } && !(dtype.isHalf && isRecording)
    guard copies || dtype == .float32 || dtype == .float64 else { return nil }
    return Resample(axes: axes, name: name)(self)
  }
}

/// The maximum of each window of windows of unequal sizes.
struct WindowMax: Op {
  let windows: [[Range<Int>]]
  let name: StaticString

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0].contiguous(), shape = Shape(Array(x.shape.prefix(2)) + windows.map(\.count))
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device)
    let places = Tensor(shape: shape, dtype: .int32, device: x.device)
    CPUBackend.shared.windowMax(x.strided, windows: windows, into: out.strided, places: places.strided)
    saving.constant(places)
    return [out.inFormat(of: inputs[0]), places.to(.int64).inFormat(of: inputs[0])]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let slope = MaxPoolGradient(spec: nil, shape: saved.shape(of: 0), format: .contiguousFormat)(g, saved[0])
    return [slope.inFormat(of: g)]
  }
}

extension Tensor {
  /// The maximum of each window over the last dimensions, and its place in its plane; nil where there is no quick way.
  package func windowMax(_ windows: [[Range<Int>]], named name: StaticString) -> (output: Tensor, indices: Tensor)? {
    guard backends.cpu.tapTables, device == .cpu, dtype == .float32 || dtype == .float64, numel() > 0,
      numel() < Int(Int32.max), windows.allSatisfy({ !$0.isEmpty })
    else { return nil }
    let batched = ndim == windows.count + 2
    let found = WindowMax(windows: windows, name: name).apply([batched ? self : unsqueeze(0)])
    return batched ? (found[0], found[1]) : (found[0].squeeze(0), found[1].squeeze(0))
  }
}
