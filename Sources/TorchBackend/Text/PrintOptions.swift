/// How tensors are printed, as `torch.set_printoptions`.
package struct PrintOptions: Sendable, Equatable {
  /// Digits after the decimal point.
  package var precision: Int
  /// The number of elements above which only the edges of each dimension are shown.
  package var threshold: Int
  /// Elements shown at either end of a dimension that is summarised; none shows nothing but the size.
  package var edgeitems: Int
  /// Characters per line after which lines break.
  package var linewidth: Int
  /// Whether floats are printed in scientific notation; nil decides by their magnitudes.
  package var sciMode: Bool?

  /// Options that differ from PyTorch's defaults only where said.
  package init(
    precision: Int = 4, threshold: Int = 1000, edgeitems: Int = 3, linewidth: Int = 80, sciMode: Bool? = nil
  ) {
    self.precision = precision
    self.threshold = threshold
    self.edgeitems = edgeitems
    self.linewidth = linewidth
    self.sciMode = sciMode
  }

  /// The `default` profile.
  package static let `default` = PrintOptions()
  /// The `short` profile: two digits, two items at the edges.
  package static let short = PrintOptions(precision: 2, edgeitems: 2)
  /// The `full` profile: never summarises.
  package static let full = PrintOptions(threshold: .max)
}

/// One element of a tensor on its way to print. All float types widen to Double, all integers to Int64.
package enum PrintValue: Sendable, Equatable {
  case int(Int64)
  case float(Double)
  case bool(Bool)
}
