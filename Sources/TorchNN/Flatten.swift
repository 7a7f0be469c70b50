/// Joins dimensions into one, as `torch.nn.Flatten`; all but the batch where nothing else is said.
open class Flatten: Module, Layer {
  public let startDim: Int, endDim: Int

  public init(_ startDim: Int = 1, _ endDim: Int = -1) {
    self.startDim = startDim
    self.endDim = endDim
  }

  open func forward(_ x: Tensor) -> Tensor { x.flatten(startDim, endDim) }
  open override func copied(_ copy: ModuleCopier) -> Module { Flatten(startDim, endDim) }
  open override var extraRepr: String { "start_dim=\(startDim), end_dim=\(endDim)" }
}
