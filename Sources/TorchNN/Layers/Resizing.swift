/// A signal, image or volume in another size, as `torch.nn.Upsample`.
open class Upsample: Module, Layer {
  public let size: (any SpatialSize)?
  public let scaleFactor: Double?
  public let mode: InterpolateMode
  public let alignCorners: Bool?
  public let recomputeScaleFactor: Bool?

  /// - Parameters: as ``F/interpolate(_:size:scaleFactor:mode:alignCorners:recomputeScaleFactor:antialias:)``.
  public init(
    size: (any SpatialSize)? = nil, scaleFactor: Double? = nil, mode: InterpolateMode = .nearest,
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
