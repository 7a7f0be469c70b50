import Torch
import TorchNN

extension Models {
  /// ViT-B of 16 x 16 patches, as `torchvision.models.vit_b_16`.
  /// - Parameter imageSize: the sides of the image; what the weights were trained with, 224 without, unless told.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vitB16(
    weights: ViTB16Weights? = nil, progress: Bool = true, numClasses: Int? = nil, imageSize: Int? = nil,
    dropout: Double = 0, attentionDropout: Double = 0, representationSize: Int? = nil
  ) throws -> VisionTransformer {
    try pretrained(weights, progress) {
      VisionTransformer(
        imageSize: side(weights, imageSize), patchSize: 16, numLayers: 12, numHeads: 12, hiddenDim: 768, mlpDim: 3072,
        dropout: dropout, attentionDropout: attentionDropout, numClasses: classes(weights, numClasses),
        representationSize: representationSize)
    }
  }

  /// ViT-B of 32 x 32 patches, as `torchvision.models.vit_b_32`.
  /// - Parameter imageSize: the sides of the image; what the weights were trained with, 224 without, unless told.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vitB32(
    weights: ViTB32Weights? = nil, progress: Bool = true, numClasses: Int? = nil, imageSize: Int? = nil,
    dropout: Double = 0, attentionDropout: Double = 0, representationSize: Int? = nil
  ) throws -> VisionTransformer {
    try pretrained(weights, progress) {
      VisionTransformer(
        imageSize: side(weights, imageSize), patchSize: 32, numLayers: 12, numHeads: 12, hiddenDim: 768, mlpDim: 3072,
        dropout: dropout, attentionDropout: attentionDropout, numClasses: classes(weights, numClasses),
        representationSize: representationSize)
    }
  }

  /// ViT-L of 16 x 16 patches, as `torchvision.models.vit_l_16`.
  /// - Parameter imageSize: the sides of the image; what the weights were trained with, 224 without, unless told.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vitL16(
    weights: ViTL16Weights? = nil, progress: Bool = true, numClasses: Int? = nil, imageSize: Int? = nil,
    dropout: Double = 0, attentionDropout: Double = 0, representationSize: Int? = nil
  ) throws -> VisionTransformer {
    try pretrained(weights, progress) {
      VisionTransformer(
        imageSize: side(weights, imageSize), patchSize: 16, numLayers: 24, numHeads: 16, hiddenDim: 1024, mlpDim: 4096,
        dropout: dropout, attentionDropout: attentionDropout, numClasses: classes(weights, numClasses),
        representationSize: representationSize)
    }
  }

  /// ViT-L of 32 x 32 patches, as `torchvision.models.vit_l_32`.
  /// - Parameter imageSize: the sides of the image; what the weights were trained with, 224 without, unless told.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vitL32(
    weights: ViTL32Weights? = nil, progress: Bool = true, numClasses: Int? = nil, imageSize: Int? = nil,
    dropout: Double = 0, attentionDropout: Double = 0, representationSize: Int? = nil
  ) throws -> VisionTransformer {
    try pretrained(weights, progress) {
      VisionTransformer(
        imageSize: side(weights, imageSize), patchSize: 32, numLayers: 24, numHeads: 16, hiddenDim: 1024, mlpDim: 4096,
        dropout: dropout, attentionDropout: attentionDropout, numClasses: classes(weights, numClasses),
        representationSize: representationSize)
    }
  }

  /// ViT-H of 14 x 14 patches, as `torchvision.models.vit_h_14`.
  /// - Parameter imageSize: the sides of the image; what the weights were trained with, 224 without, unless told.
  /// - Throws: `HubError` and the errors of loading, where there are `weights`.
  public static func vitH14(
    weights: ViTH14Weights? = nil, progress: Bool = true, numClasses: Int? = nil, imageSize: Int? = nil,
    dropout: Double = 0, attentionDropout: Double = 0, representationSize: Int? = nil
  ) throws -> VisionTransformer {
    try pretrained(weights, progress) {
      VisionTransformer(
        imageSize: side(weights, imageSize), patchSize: 14, numLayers: 32, numHeads: 16, hiddenDim: 1280, mlpDim: 5120,
        dropout: dropout, attentionDropout: attentionDropout, numClasses: classes(weights, numClasses),
        representationSize: representationSize)
    }
  }

  /// The sides of the images of a transformer.
  private static func side(_ weights: (some PretrainedWeights)?, _ imageSize: Int?) -> Int {
    guard let weights, let trained = weights.meta.minSize?.height else { return imageSize ?? 224 }
    guard let imageSize, imageSize != trained else { return trained }
    fault(
      "imageSize",
      "these weights are of images of \(trained) x \(trained), got \(imageSize); make the model without weights and load "
        + "their stateDict() through VisionTransformer.interpolateEmbeddings")
  }
}

extension VisionTransformer {
  /// A state whose places were stretched to another size of image, as
  /// `torchvision.models.vision_transformer.interpolate_embeddings`.
  /// - Parameters:
  ///   - imageSize: the sides of the image to come, `patchSize` those of a patch.
  ///   - modelState: the state of a ``VisionTransformer``.
  ///   - interpolationMode: how places between two are found.
  ///   - resetHeads: whether what belongs to the heads is left out, where the size is another one.
  /// - Precondition: the state has `encoder.pos_embedding`, of a square of places.
  public static func interpolateEmbeddings(
    imageSize: Int, patchSize: Int, modelState: StateDict, interpolationMode: InterpolateMode = .bicubic,
    resetHeads: Bool = false
  ) -> StateDict {
    let key = "encoder.pos_embedding", op = "interpolate_embeddings"
    guard let places = modelState[key], places.ndim == 3, places.size(0) == 1, places.size(1) > 1 else {
      fault(op, "the state wants a \(key) of [1, places, features]; got \(modelState[key]?.signature ?? "none")")
    }
    let count = places.size(1) - 1, features = places.size(2), newSide = imageSize / patchSize
    if newSide * newSide == count { return modelState }
    let side = Int(Double(count).squareRoot())
    guard side * side == count else { fault(op, "the places but the first are a square; got \(count)") }
    let image = places.narrow(dim: 1, start: 1, length: count).permute(0, 2, 1).reshape(1, features, side, side)
    let stretched = F.interpolate(image, size: newSide, mode: interpolationMode, alignCorners: true)
      .reshape(1, features, newSide * newSide).permute(0, 2, 1)
    var state = resetHeads ? Models.without(["heads"], modelState) : modelState
    state[key] = .cat([places.narrow(dim: 1, start: 0, length: 1), stretched], dim: 1)
    return state
  }
}
