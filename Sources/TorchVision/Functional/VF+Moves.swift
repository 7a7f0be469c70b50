import Torch
import TorchNN

extension VF {
  /// Rows and columns after ``resize(_:size:interpolation:maxSize:antialias:)``.
  static func resizedSize(_ now: (height: Int, width: Int), _ size: [Int], _ maxSize: Int?) -> (height: Int, width: Int)
  {
    guard size.count == 1 else { return (size[0], size[1]) }
    let short = Swift.min(now.height, now.width), long = Swift.max(now.height, now.width)
    var newShort = size[0], newLong = Int(Double(size[0] * long) / Double(short))
    if let maxSize, newLong > maxSize {
      (newShort, newLong) = (Int(Double(maxSize * newShort) / Double(newLong)), maxSize)
    }
    return now.width <= now.height ? (newLong, newShort) : (newShort, newLong)
  }

  /// A picture in another size, as `torchvision.transforms.functional.resize`.
  ///
  /// On an ``Image`` it is Pillow's resize to the bit, which always filters what it shrinks.
  /// - Parameters:
  ///   - size: the length of the shorter side, or [height, width].
  ///   - interpolation: how colours between pixels are found; tensors know nearest, nearestExact, bilinear and bicubic.
  ///   - maxSize: what the longer side may be, where `size` is one number.
  ///   - antialias: whether a shrunk tensor is filtered.
  /// - Precondition: sizes are positive; `maxSize` is greater than `size`.
  public static func resize<P: Picture>(
    _ picture: P, size: some SpatialSize, interpolation: InterpolationMode = .bilinear, maxSize: Int? = nil,
    antialias: Bool = true
  ) -> P {
    checkResize(size.sizes, maxSize)
    let now = picture.pictureSize
    let (height, width) = resizedSize(now, size.sizes, maxSize)
    if (height, width) == now { return picture }
    guard height > 0, width > 0 else {
      fault("resize", "a picture of \(now.width) x \(now.height) would have the size \(width) x \(height)")
    }
    return picture.map(
      to: .size(height: height, width: width), image: { $0.resized(width, height, interpolation) },
      tensor: { $0.resizedPicture(height, width, interpolation, antialias: antialias) })
  }

  static func checkResize(_ size: [Int], _ maxSize: Int?) {
    guard size.count == 1 || size.count == 2, size.allSatisfy({ $0 > 0 }) else {
      fault("resize", "size wants one positive number or two, got \(size)")
    }
    guard let maxSize else { return }
    if size.count != 1 { fault("resize", "maxSize goes with one number as size; got size \(size)") }
    if maxSize <= size[0] {
      fault("resize", "maxSize must be greater than the shorter side's size; got \(maxSize) and \(size[0])")
    }
  }

  /// A rectangle of a picture, black beyond its borders, as `torchvision.transforms.functional.crop`.
  public static func crop<P: Picture>(_ picture: P, top: Int, left: Int, height: Int, width: Int) -> P {
    if height < 0 || width < 0 { fault("crop", "sizes cannot be negative, got \(height) x \(width)") }
    let part = PixelBox(left: left, top: top, width: width, height: height)
    return picture.map(
      to: .size(height: height, width: width), image: { $0.box == part ? $0 : $0.cropped(part) },
      tensor: {
        $0.requirePicture("crop")
        return $0.croppedPicture(part)
      })
  }

  /// The middle of a picture, black where the picture is smaller, as `torchvision.transforms.functional.center_crop`.
  public static func centerCrop<P: Picture>(_ picture: P, outputSize: some SpatialSize) -> P {
    let size = both(outputSize, "center_crop", "outputSize")
    var picture = picture, (height, width) = picture.pictureSize
    if size[1] > width || size[0] > height {
      let across = Swift.max(size[1] - width, 0), down = Swift.max(size[0] - height, 0)
      picture = pad(picture, padding: [across / 2, down / 2, (across + 1) / 2, (down + 1) / 2])
      (height, width) = picture.pictureSize
      if size[0] == height, size[1] == width { return picture }
    }
    let top = pythonRound(Double(height - size[0]) / 2), left = pythonRound(Double(width - size[1]) / 2)
    return crop(picture, top: top, left: left, height: size[0], width: size[1])
  }

  /// A rectangle of a picture in another size, as `torchvision.transforms.functional.resized_crop`.
  public static func resizedCrop<P: Picture>(
    _ picture: P, top: Int, left: Int, height: Int, width: Int, size: some SpatialSize,
    interpolation: InterpolationMode = .bilinear, antialias: Bool = true
  ) -> P {
    checkResize(size.sizes, nil)
    guard height > 0, width > 0 else {
      fault("resized_crop", "wants a part with rows and columns, got \(height) x \(width)")
    }
    let sizes = size.sizes
    let part = PixelBox(left: left, top: top, width: width, height: height)
    let (newHeight, newWidth) = resizedSize((height, width), sizes, nil)
    return picture.map(
      to: .size(height: newHeight, width: newWidth),
      image: { image in
        // A rectangle inside needs no copy of it.
        if image.box.contains(part) {
          return image.resized(newWidth, newHeight, interpolation, of: part)
        }
        return image.cropped(part).resized(newWidth, newHeight, interpolation)
      },
      tensor: {
        let part = crop($0, top: top, left: left, height: height, width: width)
        return resize(part, size: sizes, interpolation: interpolation, antialias: antialias)
      })
  }

  /// A picture mirrored left to right, as `torchvision.transforms.functional.hflip`.
  public static func hflip<P: Picture>(_ picture: P) -> P {
    picture.map(image: { $0.mirrored(columns: true, rows: false) }, tensor: { $0.flip(dims: [-1]) })
  }

  /// A picture upside down, mirrored, as `torchvision.transforms.functional.vflip`.
  public static func vflip<P: Picture>(_ picture: P) -> P {
    picture.map(image: { $0.mirrored(columns: false, rows: true) }, tensor: { $0.flip(dims: [-2]) })
  }

  /// More room at the edges, as `torchvision.transforms.functional.pad`.
  /// - Parameters:
  ///   - padding: one number for all sides, two for [left and right, top and bottom], or four for [left, top, right,
  ///     bottom]; negative ones cut off.
  ///   - fill: the colour of `.constant`: a number, or on an ``Image`` one for each channel.
  ///   - paddingMode: what stands there.
  public static func pad<P: Picture>(
    _ picture: P, padding: some SpatialSize, fill: any NumberList = 0, paddingMode: PicturePadding = .constant
  ) -> P {
    let p = sides(padding)
    return picture.map(
      to: .margins(left: p[0], top: p[1], right: p[2], bottom: p[3]),
      image: { image in
        paddingMode == .constant
          ? image.padded(p[0], p[1], p[2], p[3], fill: colour(fill, of: image, "pad"))
          : image.padded(p[0], p[1], p[2], p[3], paddingMode)
      },
      tensor: { x in
        x.requirePicture("pad")
        if paddingMode != .constant { return x.paddedPicture(p[0], p[1], p[2], p[3], paddingMode) }
        guard fill.isSingle else { fault("pad", "of tensors fills with one number; got \(fill.numberText)") }
        return x.paddedPicture(p[0], p[1], p[2], p[3], fill: fill.numbers[0])
      })
  }

  /// Left, top, right, bottom.
  static func sides(_ padding: some SpatialSize) -> [Int] {
    let p = padding.sizes
    switch p.count {
    case 1: return [p[0], p[0], p[0], p[0]]
    case 2: return [p[0], p[1], p[0], p[1]]
    case 4: return p
    default: fault("pad", "padding wants 1, 2 or 4 numbers, got \(p.count)")
    }
  }

  /// Height and width.
  static func both(_ size: some SpatialSize, _ op: String, _ label: String) -> [Int] {
    let sizes = size.sizes.count == 1 ? [size.sizes[0], size.sizes[0]] : size.sizes
    guard sizes.count == 2, sizes.allSatisfy({ $0 >= 0 }) else {
      fault(op, "\(label) wants one number or two, height and width; got \(size.sizeText)")
    }
    return sizes
  }

  /// One number for each channel; whole ones where pixels are whole.
  static func colour(_ fill: any NumberList, of image: Image, _ op: String) -> [Double] {
    let numbers = fill.numbers, channels = image.mode.channels
    guard numbers.count == 1 || numbers.count == channels else {
      fault(op, "fill wants one number or one for each of \(channels) channels; got \(numbers.count)")
    }
    let all = numbers.count == 1 ? [Double](repeating: numbers[0], count: channels) : numbers
    return image.mode == .f ? all : all.map { $0.rounded(.towardZero) }
  }

  /// Four corners and the middle, as `torchvision.transforms.functional.five_crop`: top left, top right, bottom left,
  /// bottom right, centre.
  /// - Throws: ``TransformError`` where the picture is smaller.
  public static func fiveCrop<P: Picture>(_ picture: P, size: some SpatialSize) throws(TransformError) -> [P] {
    let crop = both(size, "five_crop", "size"), (height, width) = picture.pictureSize
    if crop[1] > width || crop[0] > height {
      throw TransformError(
        "five_crop: a crop of \(crop[0]) x \(crop[1]) is larger than the picture of \(height) x \(width)")
    }
    func part(_ top: Int, _ left: Int) -> P {
      VF.crop(picture, top: top, left: left, height: crop[0], width: crop[1])
    }
    return [
      part(0, 0), part(0, width - crop[1]), part(height - crop[0], 0), part(height - crop[0], width - crop[1]),
      centerCrop(picture, outputSize: crop),
    ]
  }

  /// The five crops of a picture and of its mirror image, as `torchvision.transforms.functional.ten_crop`.
  /// - Parameter verticalFlip: whether the mirror image is upside down.
  /// - Throws: ``TransformError`` where the picture is smaller.
  public static func tenCrop<P: Picture>(
    _ picture: P, size: some SpatialSize, verticalFlip: Bool = false
  ) throws(TransformError) -> [P] {
    let first = try fiveCrop(picture, size: size)
    return first + (try fiveCrop(verticalFlip ? vflip(picture) : hflip(picture), size: size))
  }
}
