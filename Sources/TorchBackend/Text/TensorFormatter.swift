/// The text PyTorch prints for a tensor.
///
/// - Parameters:
///   - shape: the sizes, none for a scalar.
///   - dtype: the element type; it decides whether values are shown as floats, integers or truth values.
///   - suffixes: what follows the values, each already worded, such as `dtype=torch.float64`; see `tensorSuffixes`.
///   - prefix: what opens the text; continuation lines are indented by its length.
///   - element: the value at a full index. Only elements that are shown are asked for.
package func formatTensor(
  shape: [Int], dtype: DType, options: PrintOptions = .default, suffixes: [String] = [], prefix: String = "tensor(",
  element: ([Int]) -> PrintValue
) -> String {
  let indent = prefix.count
  let body: String
  if shape.contains(0) {
    body = "[]"
  } else {
    body = withoutActuallyEscaping(element) { element in
      let layout = TensorLayout(shape: shape, options: options, element: element)
      return layout.text(at: [], indent: indent, style: layout.style(isFloat: dtype.isFloatingPoint))
    }
  }
  return appendSuffixes(suffixes, to: prefix + body, indent: indent, linewidth: options.linewidth)
}

/// What PyTorch says of a tensor after its values, in its order: device, size, dtype, gradient.
///
/// The dtype is left out where a reader can tell it from the values: the default float type, int64 and bool. A
/// tensor without elements always tells its dtype unless it is the default float type, and its size unless it
/// is `(0,)`.
///
/// - Parameters:
///   - device: the device's name when it is not the CPU, such as `cuda:0`.
///   - gradFn: the name of the node that made the tensor, such as `AddBackward0`.
package func tensorSuffixes(
  shape: [Int], dtype: DType, options: PrintOptions = .default, defaultDType: DType = .float32,
  device: String? = nil, gradFn: String? = nil, requiresGrad: Bool = false
) -> [String] {
  var suffixes: [String] = []
  if let device { suffixes.append("device='\(device)'") }
  let isEmpty = shape.contains(0)
  if isEmpty ? shape.count != 1 : options.edgeitems == 0 { suffixes.append("size=" + pythonTuple(shape)) }
  if dtype != defaultDType, isEmpty || (dtype != .int64 && dtype != .bool) {
    suffixes.append("dtype=\(dtype.description)")
  }
  if let gradFn {
    suffixes.append("grad_fn=<\(gradFn)>")
  } else if requiresGrad {
    suffixes.append("requires_grad=True")
  }
  return suffixes
}

/// Adds the suffixes and the closing parenthesis; a suffix that does not fit on the line starts a new one.
private func appendSuffixes(_ suffixes: [String], to text: String, indent: Int, linewidth: Int) -> String {
  var result = text
  // PyTorch counts one or two characters more than the last line has; the break must fall where it falls there.
  let lineStart = text.utf8.lastIndex(of: UInt8(ascii: "\n"))
  var lineLength = lineStart.map { text.utf8.distance(from: $0, to: text.utf8.endIndex) + 1 } ?? text.utf8.count + 2
  for suffix in suffixes {
    let length = suffix.utf8.count
    if lineLength + length + 2 > linewidth {
      result += ",\n" + String(repeating: " ", count: indent) + suffix
      lineLength = indent + length
    } else {
      result += ", " + suffix
      lineLength += length + 2
    }
  }
  return result + ")"
}

/// How the values of one tensor are spelled; all share a width.
private enum ValueStyle {
  /// Integers and truth values, as they are.
  case plain(width: Int)
  /// Floats that all happen to be whole: `3.`
  case whole(width: Int)
  case fixed(precision: Int, width: Int)
  case scientific(precision: Int, width: Int)

  var width: Int {
    switch self {
    case .plain(let width), .whole(let width): width
    case .fixed(_, let width), .scientific(_, let width): width
    }
  }

  func text(_ value: PrintValue) -> String {
    let bare =
      switch (value, self) {
      case (.int(let x), _): String(x)
      case (.bool(let x), _): x ? "True" : "False"
      case (.float(let x), .fixed(let precision, _)): pythonFixed(x, precision: precision)
      case (.float(let x), .scientific(let precision, _)): pythonScientific(x, precision: precision)
      case (.float(let x), _): pythonFixed(x, precision: 0) + (x.isFinite ? "." : "")
      }
    return String(repeating: " ", count: max(width - bare.utf8.count, 0)) + bare
  }
}

/// The nested lists of one tensor's values.
private struct TensorLayout {
  let shape: [Int]
  let options: PrintOptions
  let summarizes: Bool
  let element: ([Int]) -> PrintValue

  init(shape: [Int], options: PrintOptions, element: @escaping ([Int]) -> PrintValue) {
    self.shape = shape
    self.options = options
    self.element = element
    summarizes = shape.reduce(1, *) > options.threshold
  }

  /// The indices shown along a dimension: all of them, or those before and after the dots.
  func shown(_ dim: Int) -> (head: Range<Int>, tail: Range<Int>?) {
    let size = shape[dim]
    guard summarizes, size > 2 * options.edgeitems else { return (0..<size, nil) }
    return (0..<options.edgeitems, size - options.edgeitems..<size)
  }

  func forEachShown(_ index: [Int] = [], _ body: (PrintValue) -> Void) {
    guard index.count < shape.count else { return body(element(index)) }
    let (head, tail) = shown(index.count)
    for i in head { forEachShown(index + [i], body) }
    for i in tail ?? 0..<0 { forEachShown(index + [i], body) }
  }

  /// Chooses the notation and the common width from the values that are shown.
  func style(isFloat: Bool) -> ValueStyle {
    var width = 1
    guard isFloat else {
      forEachShown { width = max(width, ValueStyle.plain(width: 0).text($0).utf8.count) }
      return .plain(width: width)
    }
    // Only finite values other than zero have a say.
    var values: [Double] = []
    forEachShown {
      if case .float(let x) = $0, x.isFinite, x != 0 { values.append(x) }
    }
    guard !values.isEmpty else { return .whole(width: 1) }
    let smallest = values.reduce(.infinity) { min($0, $1.magnitude) }
    let largest = values.reduce(0) { max($0, $1.magnitude) }
    let isWide = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4
    let precision = options.precision
    if options.sciMode ?? isWide {
      for x in values { width = max(width, pythonScientific(x, precision: precision).utf8.count) }
      return .scientific(precision: precision, width: width)
    }
    if values.allSatisfy({ $0 == $0.rounded(.up) }) {
      for x in values { width = max(width, pythonFixed(x, precision: 0).utf8.count + 1) }
      return .whole(width: width)
    }
    for x in values { width = max(width, pythonFixed(x, precision: precision).utf8.count) }
    return .fixed(precision: precision, width: width)
  }

  func text(at index: [Int], indent: Int, style: ValueStyle) -> String {
    let dim = index.count
    if dim == shape.count { return style.text(element(index)) }
    let isRow = dim == shape.count - 1
    let (head, tail) = shown(dim)
    func items(_ range: Range<Int>) -> [String] {
      range.map { i in
        isRow ? style.text(element(index + [i])) : text(at: index + [i], indent: indent + 1, style: style)
      }
    }
    var parts = items(head)
    if let tail { parts += [isRow && options.edgeitems > 0 ? " ..." : "..."] + items(tail) }
    let margin = String(repeating: " ", count: indent + 1)
    guard isRow else {
      let blankLines = String(repeating: "\n", count: shape.count - dim - 1)
      return "[" + parts.joined(separator: "," + blankLines + margin) + "]"
    }
    let perLine = max((options.linewidth - indent) / (style.width + 2), 1)
    let lines = stride(from: 0, to: parts.count, by: perLine).map {
      parts[$0..<min($0 + perLine, parts.count)].joined(separator: ", ")
    }
    return "[" + lines.joined(separator: ",\n" + margin) + "]"
  }
}
