import TorchNN

/// Linear layers with an activation and dropout between them, as `torchvision.ops.MLP`.
///
/// - Shape: `[..., inChannels]` to `[..., the last of hiddenChannels]`.
open class MLP: Sequential {
  /// - Parameters:
  ///   - hiddenChannels: how many features each layer gives; at least one.
  ///   - normLayer: the normalisation between a layer and its activation; nil for none.
  ///   - inplace: whether activation and dropout write into their inputs.
  ///   - dropout: the probability of a 0 behind each layer.
  /// - Precondition: `hiddenChannels` is not empty.
  public init(
    _ inChannels: Int, _ hiddenChannels: [Int], normLayer: NormLayer? = nil,
    activationLayer: ActivationLayer = ReLU.init(inplace:), inplace: Bool = false, bias: Bool = true,
    dropout: Double = 0
  ) {
    guard let last = hiddenChannels.last else {
      fault("MLP", "hiddenChannels is empty; it wants a number for each layer")
    }
    var layers: [any Layer] = []
    var inputs = inChannels
    for outputs in hiddenChannels.dropLast() {
      layers.append(Linear(inputs, outputs, bias: bias))
      if let normLayer { layers.append(normLayer(outputs)) }
      layers.append(activationLayer(inplace))
      layers.append(Dropout(dropout, inplace: inplace))
      inputs = outputs
    }
    layers.append(Linear(inputs, last, bias: bias))
    layers.append(Dropout(dropout, inplace: inplace))
    super.init(layers)
  }

  /// The same layers, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: MLP, _ copy: ModuleCopier) { super.init(copying: other, copy) }

  open override func copied(_ copy: ModuleCopier) -> Module { MLP(copying: self, copy) }
}
