/// Sets elements to 0 with a probability while training, and scales the others up, as `torch.nn.Dropout`.
open class Dropout: Module, Layer {
  public let p: Double
  public let inplace: Bool

  /// - Parameter p: the probability of a 0.
  /// - Precondition: `p` is between 0 and 1.
  public init(_ p: Double = 0.5, inplace: Bool = false) {
    guard p >= 0, p <= 1 else { fault("Dropout", "p is a probability between 0 and 1, got \(p)") }
    self.p = p
    self.inplace = inplace
  }

  open func forward(_ x: Tensor) -> Tensor { F.dropout(x, p: p, training: training, inplace: inplace) }
  open override func copied(_ copy: ModuleCopier) -> Module { Dropout(p, inplace: inplace) }
  open override var extraRepr: String { "p=\(pythonRepr(p)), inplace=\(pythonBool(inplace))" }
}
