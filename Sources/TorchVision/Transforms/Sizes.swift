import Torch
import TorchNN

/// A picture in another size, as `torchvision.transforms.Resize`.
public struct Resize: PictureTransform {
  public let size: any SpatialSize
  public let interpolation: InterpolationMode
  public let maxSize: Int?
  public let antialias: Bool

  /// - Parameters:
  ///   - size: the length of the shorter side, or [height, width].
  ///   - interpolation: how colours between pixels are found.
  ///   - maxSize: what the longer side may be, where `size` is one number.
  ///   - antialias: whether a shrunk tensor is filtered; an ``Image`` always is.
  /// - Precondition: sizes are positive; `maxSize` is greater than `size`.
  public init(
    _ size: some SpatialSize, interpolation: InterpolationMode = .bilinear, maxSize: Int? = nil, antialias: Bool = true
  ) {
    VF.checkResize(size.sizes, maxSize)
    (self.size, self.interpolation, self.maxSize, self.antialias) = (size, interpolation, maxSize, antialias)
  }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    VF.resize(picture, size: size.sizes, interpolation: interpolation, maxSize: maxSize, antialias: antialias)
  }

  public var description: String {
    "Resize(size=\(sequenceText(size)), interpolation=\(interpolation.rawValue), "
      + "max_size=\(maxSize.map(String.init) ?? "None"), antialias=\(pythonBool(antialias)))"
  }
}

/// One number, or several as Python prints a list.
func sequenceText(_ size: any SpatialSize) -> String {
  size is Int ? size.sizeText : "[" + size.sizes.map(String.init).joined(separator: ", ") + "]"
}

/// Height and width of a crop, checked.
func cropSize(_ size: some SpatialSize, _ name: String) -> [Int] {
  guard size.sizes.count == 1 || size.sizes.count == 2, size.sizes.allSatisfy({ $0 > 0 }) else {
    fault(name, "size wants one positive number or two, height and width; got \(size.sizeText)")
  }
  return size.sizes.count == 1 ? [size.sizes[0], size.sizes[0]] : size.sizes
}

/// The middle of a picture, black where the picture is smaller, as `torchvision.transforms.CenterCrop`.
public struct CenterCrop: PictureTransform {
  /// Height and width.
  public let size: [Int]

  /// - Parameter size: one number, or [height, width].
  public init(_ size: some SpatialSize) { self.size = cropSize(size, "CenterCrop") }

  public func callAsFunction<P: Picture>(_ picture: P) -> P { VF.centerCrop(picture, outputSize: size) }

  public var description: String { "CenterCrop(size=\(pythonTuple(size)))" }
}

/// More room at the edges, as `torchvision.transforms.Pad`.
public struct Pad: PictureTransform {
  public let padding: any SpatialSize
  public let fill: any NumberList
  public let paddingMode: PicturePadding

  /// - Parameters:
  ///   - padding: for all sides, [left and right, top and bottom], or [left, top, right, bottom].
  ///   - fill: the colour of `.constant`: one number, or on an ``Image`` one for each channel.
  ///   - paddingMode: what stands there.
  public init(_ padding: some SpatialSize, fill: any NumberList = 0, paddingMode: PicturePadding = .constant) {
    _ = VF.sides(padding)
    (self.padding, self.fill, self.paddingMode) = (padding, fill, paddingMode)
  }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    VF.pad(picture, padding: padding.sizes, fill: fill, paddingMode: paddingMode)
  }

  public var description: String {
    "Pad(padding=\(sequenceText(padding)), fill=\(fill.numberText), padding_mode=\(paddingMode.rawValue))"
  }
}

/// Four corners and the middle, as `torchvision.transforms.FiveCrop`.
///
/// A ``Lambda`` after it makes a tensor of them.
public struct FiveCrop: Transform {
  /// Height and width.
  public let size: [Int]

  /// - Parameter size: one number, or [height, width].
  public init(_ size: some SpatialSize) { self.size = cropSize(size, "FiveCrop") }

  /// Top left, top right, bottom left, bottom right, centre.
  /// - Throws: ``TransformError`` where the picture is smaller.
  public func callAsFunction<P: Picture>(_ picture: P) throws -> [P] { try VF.fiveCrop(picture, size: size) }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    switch value {
    case .image(let image): .images(try self(image))
    case .tensor(let tensor): .tensors(try self(tensor))
    default: refuse(value)
    }
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try cropsKind(kind)
  }

  public var description: String { "FiveCrop(size=\(pythonTuple(size)))" }
}

private func cropsKind(_ kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
  if kind.isSeveral { throw severalRefused(kind) }
  return kind == .image ? .images : .tensors
}

/// The five crops of a picture and of its mirror image, as `torchvision.transforms.TenCrop`.
public struct TenCrop: Transform {
  /// Height and width.
  public let size: [Int]
  public let verticalFlip: Bool

  /// - Parameters:
  ///   - size: one number, or [height, width].
  ///   - verticalFlip: whether the mirror image is upside down.
  public init(_ size: some SpatialSize, verticalFlip: Bool = false) {
    self.size = cropSize(size, "TenCrop")
    self.verticalFlip = verticalFlip
  }

  /// Those of ``FiveCrop``, and again.
  /// - Throws: ``TransformError`` where the picture is smaller.
  public func callAsFunction<P: Picture>(_ picture: P) throws -> [P] {
    try VF.tenCrop(picture, size: size, verticalFlip: verticalFlip)
  }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    switch value {
    case .image(let image): .images(try self(image))
    case .tensor(let tensor): .tensors(try self(tensor))
    default: refuse(value)
    }
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try cropsKind(kind)
  }

  public var description: String { "TenCrop(size=\(pythonTuple(size)), vertical_flip=\(pythonBool(verticalFlip)))" }
}
