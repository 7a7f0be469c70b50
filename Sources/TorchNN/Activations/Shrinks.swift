// Activations that push small numbers to 0.

/// What the activations with a bound around 0 share.
open class Shrink: Module {
  /// Half of the width of the interval that becomes 0.
  public let lambd: Double

  /// - Parameter lambd: half of the width of the interval that becomes 0.
  public init(lambd: Double = 0.5) { self.lambd = lambd }

  open override var extraRepr: String { pythonRepr(lambd) }
}

/// Numbers within a bound become 0, as `torch.nn.Hardshrink`.
open class Hardshrink: Shrink, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.hardshrink(x, lambd: lambd) }
  open override func copied(_ copy: ModuleCopier) -> Module { Hardshrink(lambd: lambd) }
}

/// Numbers moved towards 0 by a bound, as `torch.nn.Softshrink`. A call wants a bound that is not negative.
open class Softshrink: Shrink, Layer {
  open func forward(_ x: Tensor) -> Tensor { F.softshrink(x, lambd: lambd) }
  open override func copied(_ copy: ModuleCopier) -> Module { Softshrink(lambd: lambd) }
}
