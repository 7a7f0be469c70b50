import Torch

extension ImageClassification: Transform {
  /// What a model takes of a picture.
  /// - Shape: `[3, cropSize, cropSize]` of a coloured one.
  public func callAsFunction(_ image: Image) throws -> Tensor { try steps(of: image.pixels.dtype)(image) }

  /// What a model takes of pictures that are tensors.
  /// - Shape: `[..., 3, height, width]` to `[..., 3, cropSize, cropSize]`.
  public func callAsFunction(_ image: Tensor) throws -> Tensor { try steps(of: nil)(image) }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    if case .image(let image) = value { return try steps(of: image.pixels.dtype).apply(value) }
    return try steps(of: nil).apply(value)
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try steps(of: kind == .image ? .uint8 : nil).kind(after: kind)
  }

  /// The steps for a picture with numbers of this type, or for a tensor.
  private func steps(of dtype: DType?) -> Compose {
    let frame: [any Transform] = [
      Resize(resizeSize, interpolation: interpolation, antialias: antialias), CenterCrop(cropSize),
    ]
    let numbers: [any Transform] =
      switch dtype {
      case nil: [ConvertImageDtype(.float32)]
      // Scales and normalises in one pass.
      case .some(.uint8): [ToTensor()]
      default: [PILToTensor(), ConvertImageDtype(.float32)]
      }
    return Compose(frame + numbers + [Normalize(mean: mean, std: std)])
  }
}
