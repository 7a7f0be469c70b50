import Torch
import TorchNN

// The same initialisers with torchvision's argument names all written out, or all left out.

extension Compose {
  /// - Precondition: each step takes what the one before gives.
  public init(transforms: [any Transform]) { self.init(transforms) }
}

extension Resize {
  public init(
    size: some SpatialSize, interpolation: InterpolationMode = .bilinear, maxSize: Int? = nil, antialias: Bool = true
  ) { self.init(size, interpolation: interpolation, maxSize: maxSize, antialias: antialias) }
}

extension CenterCrop {
  public init(size: some SpatialSize) { self.init(size) }
}

extension FiveCrop {
  public init(size: some SpatialSize) { self.init(size) }
}

extension TenCrop {
  public init(size: some SpatialSize, verticalFlip: Bool = false) { self.init(size, verticalFlip: verticalFlip) }
}

extension Pad {
  public init(padding: some SpatialSize, fill: any NumberList = 0, paddingMode: PicturePadding = .constant) {
    self.init(padding, fill: fill, paddingMode: paddingMode)
  }
}

extension RandomResizedCrop {
  public init(
    size: some SpatialSize, scale: any NumberList = [0.08, 1.0], ratio: any NumberList = [3.0 / 4.0, 4.0 / 3.0],
    interpolation: InterpolationMode = .bilinear, antialias: Bool = true
  ) { self.init(size, scale: scale, ratio: ratio, interpolation: interpolation, antialias: antialias) }
}

extension RandomCrop {
  public init(
    size: some SpatialSize, padding: (any SpatialSize)? = nil, padIfNeeded: Bool = false, fill: any NumberList = 0,
    paddingMode: PicturePadding = .constant
  ) { self.init(size, padding: padding, padIfNeeded: padIfNeeded, fill: fill, paddingMode: paddingMode) }
}

extension RandomRotation {
  public init(
    degrees: any NumberList, interpolation: InterpolationMode = .nearest, expand: Bool = false,
    center: [Double]? = nil, fill: any NumberList = 0
  ) { self.init(degrees, interpolation: interpolation, expand: expand, center: center, fill: fill) }
}

extension RandomAffine {
  public init(
    degrees: any NumberList, translate: [Double]? = nil, scale: (any NumberList)? = nil,
    shear: (any NumberList)? = nil, interpolation: InterpolationMode = .nearest, fill: any NumberList = 0,
    center: [Double]? = nil
  ) {
    self.init(
      degrees, translate: translate, scale: scale, shear: shear, interpolation: interpolation, fill: fill,
      center: center)
  }
}

extension ConvertImageDtype {
  public init(dtype: DType) { self.init(dtype) }
}

extension Normalize {
  /// - Precondition: as many deviations as means, or one; none is 0.
  public init(_ mean: [Double], _ std: [Double], inplace: Bool = false) {
    self.init(mean: mean, std: std, inplace: inplace)
  }
}

extension LinearTransformation {
  public init(_ transformationMatrix: Tensor, _ meanVector: Tensor) {
    self.init(transformationMatrix: transformationMatrix, meanVector: meanVector)
  }
}

extension RandomApply {
  public init(transforms: [any Transform], p: Double = 0.5) { self.init(transforms, p: p) }
}

extension RandomPosterize {
  public init(_ bits: Int, p: Double = 0.5) { self.init(bits: bits, p: p) }
}

extension RandomSolarize {
  public init(_ threshold: Double, p: Double = 0.5) { self.init(threshold: threshold, p: p) }
}

extension RandomAdjustSharpness {
  public init(_ sharpnessFactor: Double, p: Double = 0.5) { self.init(sharpnessFactor: sharpnessFactor, p: p) }
}
