import TorchHub
import TorchNN

/// The choice of pretrained weights of a model, as torchvision's `WeightsEnum`.
///
/// ```swift
/// let weights = MobileNetV2Weights.default
/// let model = try Models.mobilenetV2(weights: weights)
/// print(weights.meta.categories![best])
/// ```
public protocol PretrainedWeights: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
  /// The best ones.
  static var `default`: Self { get }
  /// Where they are and what is known of them.
  var value: Weights { get }
}

extension PretrainedWeights {
  /// Where the official file is; its name carries the beginning of its SHA-256.
  public var url: String { value.url }
  /// What is known of the weights.
  public var meta: Weights.Meta { value.meta }

  /// What is done to a picture before the model sees it.
  public func transforms() -> ImageClassification { value.transforms }

  /// The weights themselves, as torchvision's `get_state_dict`: fetched once into torch.hub's cache and checked.
  /// - Parameter progress: whether a download is shown.
  /// - Throws: `HubError` for what cannot be fetched, `CheckpointError` for a file that is no checkpoint.
  public func stateDict(progress: Bool = true) throws -> StateDict {
    try loadStateDictFromURL(url, progress: progress, checkHash: true).stateDict()
  }
}

/// A file of weights, as torchvision's `Weights`.
public struct Weights: Sendable, Hashable {
  public let url: String
  /// What is done to a picture before the model sees it.
  public let transforms: ImageClassification
  public let meta: Meta

  /// What is known of weights.
  public struct Meta: Sendable, Hashable {
    /// The names of the classes, in order; nil where the weights do not classify.
    public let categories: [String]?
    /// How many parameters the model has.
    public let numParams: Int
    /// The least size of the image; nil where torchvision does not say.
    public let minSize: Size?
    /// The share of ImageNet's validation pictures, in percent, that got their class; and that got it among the first five.
    public let acc1: Double?, acc5: Double?
    /// Billions of multiplications and additions for a picture.
    public let ops: Double
    /// The size of the file in MiB.
    public let fileSize: Double
    /// Where the training is described.
    public let recipe: String?
    /// Where the licence is, if torchvision names one of its own.
    public let license: String?
  }

  /// Height and width in pixels.
  public struct Size: Sendable, Hashable {
    public let height: Int, width: Int
  }

  init(
    _ url: String, crop: Int, resize: Int = 256, interpolation: InterpolationMode = .bilinear,
    mean: [Double] = ImageNet.mean, std: [Double] = ImageNet.std, classifies: Bool = true, params: Int,
    minSize: Int? = nil, acc1: Double? = nil, acc5: Double? = nil, ops: Double, size: Double, recipe: String? = nil,
    license: String? = nil
  ) {
    self.url = url
    transforms = ImageClassification(
      cropSize: crop, resizeSize: resize, mean: mean, std: std, interpolation: interpolation)
    meta = Meta(
      categories: classifies ? ImageNet.categories : nil, numParams: params,
      minSize: minSize.map { Size(height: $0, width: $0) }, acc1: acc1, acc5: acc5, ops: ops, fileSize: size,
      recipe: recipe, license: license)
  }
}
