import Synchronization

// Printing: the same text as PyTorch's.

private let printOptions = Mutex(PrintOptions.default)

/// Which set of printing options to start from, as torch's `profile`.
public enum PrintProfile: Sendable { case standard, short, full }

/// Sets how tensors print, as `torch.set_printoptions`; what is left out stays,
/// but for `sciMode`.
/// - Parameters:
///   - precision: digits behind the point.
///   - threshold: the most elements printed without summarising.
///   - edgeitems: elements shown at each end of a summarised dimension.
///   - linewidth: characters per line.
///   - profile: the options to start from.
///   - sciMode: scientific notation always, never, or, as by default, as the values want.
public func setPrintOptions(
  precision: Int? = nil, threshold: Int? = nil, edgeitems: Int? = nil, linewidth: Int? = nil,
  profile: PrintProfile? = nil,
  sciMode: Bool? = nil
) {
  printOptions.withLock { options in
    switch profile {
    case .standard: options = .default
    case .short: options = .short
    case .full: options = .full
    case nil: break
    }
    if let precision { options.precision = precision }
    if let threshold { options.threshold = threshold }
    if let edgeitems { options.edgeitems = edgeitems }
    if let linewidth { options.linewidth = linewidth }
    options.sciMode = sciMode
  }
}

extension Tensor: CustomStringConvertible {
  /// The text that PyTorch prints: values, and dtype, device and gradient where they are not the usual ones.
  public var description: String {
    let options = printOptions.withLock { $0 }
    let body = detach().cpu().strided
    let suffixes = tensorSuffixes(
      shape: Array(shape), dtype: dtype, options: options, device: device == .cpu ? nil : device.description,
      gradFn: gradNode?.name, requiresGrad: requiresGrad)
    return formatTensor(shape: Array(shape), dtype: dtype, options: options, suffixes: suffixes) { index in
      var position = body.layout.offset
      for (i, at) in index.enumerated() { position += at * body.layout.strides[i] }
      switch body.dtype.visit(LoadScalar(source: body.storage.base + position * body.dtype.itemSize)) {
      case .bool(let value): return .bool(value)
      case .int(let value): return .int(value)
      case .double(let value): return .float(value)
      }
    }
  }
}
