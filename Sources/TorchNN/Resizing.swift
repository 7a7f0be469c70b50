/// A signal, image or volume in another size, as `torch.nn.Upsample`.
open class Upsample: Module, Layer {
  public let size: (any SpatialSize)?
  public let scaleFactor: Double?
  public let mode: InterpolationMode
  public let alignCorners: Bool?
  public let recomputeScaleFactor: Bool?

  /// - Parameters: as ``F/interpolate(_:size:scaleFactor:mode:alignCorners:recomputeScaleFactor:antialias:)``.
  public init(
    size: (any SpatialSize)? = nil, scaleFactor: Double? = nil, mode: InterpolationMode = .nearest,
    alignCorners: Bool? = nil, recomputeScaleFactor: Bool? = nil
  ) {
    self.size = size
    self.scaleFactor = scaleFactor
    self.mode = mode
    self.alignCorners = alignCorners
    self.recomputeScaleFactor = recomputeScaleFactor
  }

  open func forward(_ x: Tensor) -> Tensor {
    F.interpolate(
      x, size: size, scaleFactor: scaleFactor, mode: mode, alignCorners: alignCorners,
      recomputeScaleFactor: recomputeScaleFactor)
  }
  open override func copied(_ copy: ModuleCopier) -> Module {
    Upsample(
      size: size, scaleFactor: scaleFactor, mode: mode, alignCorners: alignCorners,
      recomputeScaleFactor: recomputeScaleFactor)
  }
  open override var extraRepr: String {
    let amount = scaleFactor.map { "scale_factor=\(pythonRepr($0))" } ?? "size=\(size?.sizeText ?? "None")"
    return "\(amount), mode='\(mode.rawValue)'"
  }
}

/// Channels spread over the pixels of a larger image, as `torch.nn.PixelShuffle`.
open class PixelShuffle: Module, Layer {
  public let upscaleFactor: Int
  public init(_ upscaleFactor: Int) { self.upscaleFactor = upscaleFactor }
  open func forward(_ x: Tensor) -> Tensor { F.pixelShuffle(x, upscaleFactor: upscaleFactor) }
  open override func copied(_ copy: ModuleCopier) -> Module { PixelShuffle(upscaleFactor) }
  open override var extraRepr: String { "upscale_factor=\(upscaleFactor)" }
}

/// The pixels of squares put into channels, as `torch.nn.PixelUnshuffle`.
open class PixelUnshuffle: Module, Layer {
  public let downscaleFactor: Int
  public init(_ downscaleFactor: Int) { self.downscaleFactor = downscaleFactor }
  open func forward(_ x: Tensor) -> Tensor { F.pixelUnshuffle(x, downscaleFactor: downscaleFactor) }
  open override func copied(_ copy: ModuleCopier) -> Module { PixelUnshuffle(downscaleFactor) }
  open override var extraRepr: String { "downscale_factor=\(downscaleFactor)" }
}

/// Channels dealt out among groups, as `torch.nn.ChannelShuffle`.
open class ChannelShuffle: Module, Layer {
  public let groups: Int
  public init(_ groups: Int) { self.groups = groups }
  open func forward(_ x: Tensor) -> Tensor { F.channelShuffle(x, groups: groups) }
  open override func copied(_ copy: ModuleCopier) -> Module { ChannelShuffle(groups) }
  open override var extraRepr: String { "groups=\(groups)" }
}

/// The cosine of the angle between vectors along a dimension, as `torch.nn.CosineSimilarity`.
open class CosineSimilarity: Module, Layer2 {
  public let dim: Int
  public let eps: Double
  public init(dim: Int = 1, eps: Double = 1e-8) {
    self.dim = dim
    self.eps = eps
  }
  open func forward(_ x1: Tensor, _ x2: Tensor) -> Tensor { F.cosineSimilarity(x1, x2, dim: dim, eps: eps) }
  open override func copied(_ copy: ModuleCopier) -> Module { CosineSimilarity(dim: dim, eps: eps) }
}

/// The p-norm of the differences of vectors, as `torch.nn.PairwiseDistance`.
open class PairwiseDistance: Module, Layer2 {
  public let p: Double
  public let eps: Double
  public let keepdim: Bool
  public init(p: Double = 2, eps: Double = 1e-6, keepdim: Bool = false) {
    self.p = p
    self.eps = eps
    self.keepdim = keepdim
  }
  open func forward(_ x1: Tensor, _ x2: Tensor) -> Tensor {
    F.pairwiseDistance(x1, x2, p: p, eps: eps, keepdim: keepdim)
  }
  open override func copied(_ copy: ModuleCopier) -> Module { PairwiseDistance(p: p, eps: eps, keepdim: keepdim) }
}
