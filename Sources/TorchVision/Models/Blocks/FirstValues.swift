import TorchNN

/// Draws the weights of a network anew, module by module from the top, as the loops at the end of torchvision's constructors.
///
/// Biases of convolutions become 0, normalisations scale by 1 and shift by 0.
func drawWeights(
  of network: Module, convolution: (Conv2d) -> Void, linear: (Linear) -> Void = { _ in }
) {
  for module in network.modules() {
    switch module {
    case let module as Conv2d:
      convolution(module)
      if let bias = module.bias { Init.zeros_(bias) }
    case let module as BatchNorm2d:
      if let weight = module.weight { Init.ones_(weight) }
      if let bias = module.bias { Init.zeros_(bias) }
    case let module as GroupNorm:
      if let weight = module.weight { Init.ones_(weight) }
      if let bias = module.bias { Init.zeros_(bias) }
    case let module as Linear: linear(module)
    default: break
    }
  }
}

/// The weights of a linear layer from a narrow normal distribution, its bias 0.
func drawNarrow(_ linear: Linear) {
  Init.normal_(linear.weight, mean: 0, std: 0.01)
  if let bias = linear.bias { Init.zeros_(bias) }
}

/// The multiple of `divisor` next to a number of channels, but not more than a tenth below it.
func divisible(_ channels: Double, by divisor: Int = 8) -> Int {
  let near = max(divisor, Int(channels + Double(divisor) / 2) / divisor * divisor)
  return Double(near) < 0.9 * channels ? near + divisor : near
}
